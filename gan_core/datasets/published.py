"""Published data sets of square images that fit into memory: read whole, brought to the size, kept."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gan_core.datasets import prepared
from gan_core.datasets.record import DataRequest, Images, ImageSet, Labels
from gan_core.datasets.resize import centre
from gan_core.schema.sizes import Shape, Size, shape_of, shape_text


@dataclass(frozen=True)
class Published:
    """How such a data set is prepared.

    `read(split, home, extra)` returns the images as published, and obtains them first. `rule(size)` states in words
    what `transform(images, size)` does to square images.
    """

    name: str
    identity: Callable[[str], str]
    read: Callable[[str, Path, tuple[Path, ...]], tuple[Images, Labels]]
    rule: Callable[[Size], str]
    transform: Callable[[Images, Size], Images]

    def prepare(self, request: DataRequest) -> ImageSet:
        """The prepared images of this request; made, and kept under its home, the first time."""
        split, size, home = request.split, request.size, request.home
        height, width = shape_of(size)
        if height == width or request.options.fit == "stretch":
            rule, cut = self.rule(size), None
        else:
            size = max(height, width)
            rule = f"{self.rule(size)}, centre {shape_text((height, width))} cut out"
            cut = (height, width)

        def make() -> prepared.Arrays:
            images, labels = self.read(split, home, request.extra)
            images = self.transform(images, size)
            return (images if cut is None else _centre_of(images, cut)), labels

        folder = prepared.folder_of(home, self.name, split, self.identity(split), rule)
        return prepared.open_or_make(folder, self.name, split, rule, make, may_make=request.may_make)


def _centre_of(images: Images, size: Shape) -> Images:
    top, left = centre(images.shape[-2:], size)
    return images[:, :, top : top + size[0], left : left + size[1]]
