"""Which class an extractor takes each picture for."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from gan_core.evaluation.features import extract


def classes_of(network: nn.Module, batches: Iterable[Tensor]) -> Tensor:
    """The most probable class of each picture: batches of uint8 [N C H W] in [0, 255] -> [all N] int64, on the CPU.

    `network`: what `Extractor.load` gives; the batches are on its device. The classes are those that the extractor was
    trained on, in its order: `Extractor.class_names`. Raises ValueError without any batch.
    """
    found = [extract(network, images).logits.argmax(dim=1).cpu() for images in batches]
    if not found:
        raise ValueError("no pictures to classify")
    return torch.cat(found)
