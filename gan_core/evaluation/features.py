"""Running an extractor over pictures."""

from collections.abc import Iterable, Iterator

import numpy as np
import torch
from torch import Tensor, nn

from gan_core.datasets.record import Images
from gan_core.evaluation.extractors.record import ExtractorOutputs
from gan_core.machine.arithmetic import arithmetic

BATCH = 250  # images a forward pass


@torch.inference_mode()
def extract(network: nn.Module, images: Tensor) -> ExtractorOutputs:
    """One forward pass: uint8 [N C H W], on the network's device -> ExtractorOutputs. In full float32 on a GPU too."""
    with arithmetic():
        outputs: ExtractorOutputs = network(images)
    return outputs


def batches_of(images: Images, device: torch.device, batch: int = BATCH) -> Iterator[Tensor]:
    """The pictures in order, uint8 [<=batch C H W], copied from a memory map one batch at a time."""
    for start in range(0, len(images), batch):
        yield torch.from_numpy(np.array(images[start : start + batch])).to(device)


def take(batches: Iterable[Tensor], n: int) -> Iterator[Tensor]:
    """Exactly the first n pictures of the batches; asks for no batch beyond. Raises ValueError when there are fewer."""
    left = n
    if left <= 0:
        raise ValueError(f"{n} images requested")
    for batch in batches:
        yield batch[:left]
        left -= len(batch)
        if left <= 0:
            return
    raise ValueError(f"{n} images requested, the batches hold {n - left}")
