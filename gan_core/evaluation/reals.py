"""What metrics know of the real images: each part computed when it is first needed, and restored on every later run."""

from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from gan_core.datasets.record import ImageSet
from gan_core.datasets.subset import Rows
from gan_core.evaluation import cache
from gan_core.evaluation.cache import Tensors
from gan_core.evaluation.extractors import EXTRACTORS
from gan_core.evaluation.extractors.record import Extractor
from gan_core.evaluation.features import batches_of, extract
from gan_core.evaluation.moments import Moments, moments_of, root_of
from gan_core.evaluation.neighbours import nearest
from gan_core.evaluation.own_code import own_code
from gan_core.evaluation.versions import versions

FEATURES = "features"
SEED = 0  # of the order in which real images are taken where not all are
Keep = Callable[[str, Callable[[], Tensors]], Tensors]  # (what it is, how it is made) -> the tensors, perhaps restored


class Reals:
    """Features and predicted classes of the real images, and what follows from them.

    `see()` gives 'features' [N d] float32 and 'classes' [N] int64, those that the extractor takes them for; `keep`
    restores or makes each part.
    """

    def __init__(
        self,
        n: int,
        classes: int,
        device: torch.device,
        see: Callable[[], Tensors],
        keep: Keep,
        labels: Tensor | None = None,
    ) -> None:
        self.n = n
        self.labels = labels  # [N] int64, what the data say that the images are; on the CPU
        self._number_of_classes = classes
        self._device = device
        self._see, self._keep = see, keep

    @cached_property
    def _seen(self) -> Tensors:
        return self._keep(FEATURES, self._see)

    @property
    def features(self) -> Tensor:
        """[N d] float32, of all images in their order, on the CPU."""
        return self._seen["features"]

    @cached_property
    def moments(self) -> Moments:
        """On the device."""
        return Moments(**self._moments).to(self._device)

    @cached_property
    def root(self) -> Tensor:
        """R [d d] float64, with R R^T the covariance; on the device."""
        make = partial(_root, self._moments)
        return self._keep("root of the covariance", make)["root"].to(self._device)

    @cached_property
    def class_counts(self) -> Tensor:
        """[classes] float64: how many images the extractor takes for each class; on the device."""

        def make() -> Tensors:
            return {"counts": torch.bincount(self._seen["classes"], minlength=self._number_of_classes)}

        return self._keep("class counts", make)["counts"].double().to(self._device)

    def part(self, rows: Rows, digest: str) -> "Reals":
        """What is known of some of the images, without seeing them again. `digest` names them in the cache."""
        return self._of(torch.from_numpy(rows), f"of the part {digest}")

    def of_label(self, label: int) -> "Reals":
        """What is known of the images with this label, in the same way."""
        assert self.labels is not None
        return self._of((self.labels == label).nonzero().flatten(), f"of the images with label {label}")

    def _of(self, rows: Tensor, which: str) -> "Reals":
        def see() -> Tensors:
            return {name: tensor[rows] for name, tensor in self._seen.items()}

        def keep(what: str, make: Callable[[], Tensors]) -> Tensors:
            return make() if what == FEATURES else self._keep(f"{what}, {which}", make)

        labels = None if self.labels is None else self.labels[rows]
        return Reals(len(rows), self._number_of_classes, self._device, see, keep, labels)

    def some(self, count: int) -> Tensor:
        """[count d] float64 features of images drawn once and for all, on the device."""
        return self.features[self.drawn(count)].double().to(self._device)

    def radii(self, count: int, k: int) -> Tensor:
        """[count k] float64: distances of the images of `some(count)` to their k nearest others among them."""

        def make() -> Tensors:
            some = self.some(count)
            return {"distances": nearest(some, some, k, others=True).distances}

        return self._keep(f"distances to {k} neighbours among {count}", make)["distances"].to(self._device)

    def drawn(self, count: int) -> Tensor:
        """[count] int64: places of the images of `some(count)`."""
        return torch.randperm(self.n, generator=torch.Generator().manual_seed(SEED))[:count]

    @cached_property
    def _moments(self) -> Tensors:
        def make() -> Tensors:
            moments = moments_of(self.features, self._device)
            return {"n": moments.n, "total": moments.total, "outer": moments.outer}

        return self._keep("moments", make)


def reals_of(extractor: Extractor, network: nn.Module, reference: ImageSet, home: Path, device: torch.device) -> Reals:
    """Of a data set, seen by an extractor whose network is on `device`; all parts are kept in `home`."""
    key = key_of(extractor, reference, device)
    title = f"{reference.name}-{reference.split}-{extractor.name}"

    def keep(what: str, make: Callable[[], Tensors]) -> Tensors:
        return cache.restore_or_make(home, title, {**key, "what": what}, make, mapped=what == FEATURES)

    def make() -> Tensors:
        return see(extractor, network, reference, device)

    labels = torch.from_numpy(np.array(reference.labels))
    return Reals(len(reference), extractor.classes, device, make, keep, labels)


def key_of(extractor: Extractor, reference: ImageSet, device: torch.device) -> dict[str, str]:
    """All that the features depend on."""
    return {
        "data": f"{reference.name} {reference.split} {reference.digest} {len(reference)}",
        "transform": reference.transform,
        "extractor": f"{extractor.name} {extractor.sha256}",
        "layer": extractor.layer,
        "resize": extractor.resizing(reference.size),
        "scaling": extractor.scaling,
        "dtype": f"{extractor.dtype}, sums in float64",
        "batch": str(extractor.batch),
        "device": device.type,
        **versions(extractor.libraries),
        **own_code(EXTRACTORS.owner(extractor.name)),
    }


def see(extractor: Extractor, network: nn.Module, reference: ImageSet, device: torch.device) -> Tensors:
    """One pass over the reference, in its order."""
    features = torch.empty(len(reference), extractor.num_features)
    classes = torch.empty(len(reference), dtype=torch.int64)
    start = 0
    for images in batches_of(reference.images, device, extractor.batch):
        outputs = extract(network, images)
        part = slice(start, start + len(images))
        features[part], classes[part] = outputs.features, outputs.logits.argmax(dim=1)
        start += len(images)
    return {"features": features, "classes": classes}


def _root(moments: Tensors) -> Tensors:
    return {"root": root_of(Moments(**moments).covariance)}
