"""DiffAugment: D sees every image, real and fake, through random transforms that let gradients through.

D cannot learn the training images by heart, and since G is trained through the same transforms, it does not learn to
draw them. Zhao et al. 2020, "Differentiable Augmentation for Data-Efficient GAN Training" (arXiv:2006.10738),
section 3.3, with the ranges that its authors use: colour is brightness within [-0.5, 0.5], then saturation within
[0, 2] and contrast within [0.5, 1.5]; translation within an eighth of the image, padded with zeros; cutout masks a
random square of half the image's size, which may lie partly outside. Every image of every batch draws its own amounts.
Saturation leaves grey images as they are. On an image that is not square, the square is a rectangle of its proportions.
"""

from collections.abc import Callable
from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor

from gan_core.records import Record
from gan_core.tricks.image_transforms import brightened, cut_out, stretched, translated
from gan_core.tricks.policy import Policy
from gan_core.tricks.seats import Context, Parts
from gan_core.tricks.trick import Compatibility, Trick


def colour(x: Tensor, stream: torch.Generator) -> Tensor:
    """Random brightness, saturation and contrast."""
    x = brightened(x, _uniform(x, stream) - 0.5)
    if x.shape[1] > 1:
        x = stretched(x, x.mean(dim=1, keepdim=True), 2 * _uniform(x, stream))
    return stretched(x, x.mean(dim=(1, 2, 3), keepdim=True), 0.5 + _uniform(x, stream))


def translation(x: Tensor, stream: torch.Generator) -> Tensor:
    """A random shift of at most an eighth of the image's height and width."""
    down, right = (_whole(x, stream, -(size // 8), size // 8) for size in x.shape[2:])
    return translated(x, down, right, "zeros")


def cutout(x: Tensor, stream: torch.Generator) -> Tensor:
    """A rectangle of half the height and width, its centre anywhere in the image."""
    height, width = (size // 2 for size in x.shape[2:])
    # The authors' code draws one place more where the square's side is even, so that both edges are reached alike
    top = _whole(x, stream, 0, x.shape[2] - height % 2) - height // 2
    left = _whole(x, stream, 0, x.shape[3] - width % 2) - width // 2
    return cut_out(x, top, left, height, width)


TRANSFORMS: dict[str, Callable[[Tensor, torch.Generator], Tensor]] = {
    "colour": colour,
    "translation": translation,
    "cutout": cutout,
}


class Options(Record):
    """Which transforms."""

    policy: Annotated[str, Policy(TRANSFORMS)] = Field(
        ",".join(TRANSFORMS), description=f"transforms, separated by commas, from {', '.join(TRANSFORMS)}"
    )


class Augment:
    """All transforms of the policy, one after another."""

    def __init__(self, options: Options, stream: torch.Generator) -> None:
        self.transforms = [TRANSFORMS[name] for name in options.policy.split(",")]
        self.stream = stream
        self.last: tuple[Tensor, Tensor] | None = None  # images before and after, for the dose

    def __call__(self, x: Tensor) -> Tensor:
        seen = x
        for transform in self.transforms:
            seen = transform(seen, self.stream)
        self.last = x.detach(), seen.detach()
        return seen

    def dose(self) -> dict[str, float]:
        """The mean distance of a pixel from what it was, in the last batch."""
        if self.last is None:
            return {}
        before, after = self.last
        return {"mean_change": float((after - before).abs().mean())}


def build(options: Options, context: Context) -> Parts:
    """Augment all that D sees."""
    augment = Augment(options, context.stream)
    return Parts(view=(augment,), dose=(augment.dose,), eager=("diffaugment draws its transforms within the update",))


def _uniform(x: Tensor, stream: torch.Generator) -> Tensor:
    return torch.rand(len(x), generator=stream, device=x.device)


def _whole(x: Tensor, stream: torch.Generator, least: int, most: int) -> Tensor:
    return torch.randint(least, most + 1, (len(x),), generator=stream, device=x.device)


TRICK = Trick(
    name="diffaugment",
    summary="random colour, translation and cutout on what D sees, real and fake",
    paper="Zhao et al. 2020, arXiv:2006.10738",
    options=Options,
    build=build,
    excludes=(
        Compatibility(
            text="ada",
            holds=lambda c: c.trick("ada") is None,
            reason="two augmentations on top of each other; ADA's feedback can only take back its own "
            "(Karras et al. 2020, arXiv:2006.06676, section 3)",
            severity="warning",
        ),
    ),
)
