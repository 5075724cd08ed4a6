"""One image file's bytes -> uint8 pixels of the wanted size.

As torchvision's Resize and CenterCrop do on PIL images: bilinear with antialias. A camera's orientation is applied,
transparent pixels are laid on white, as a page shows them, and of several frames the first is taken.
"""

import io

import numpy as np
import PIL.Image
import PIL.ImageOps
from numpy.typing import NDArray

from gan_core.datasets.record import Fit
from gan_core.datasets.resize import centre, covering
from gan_core.schema.sizes import Shape, Size, shape_of, shape_text

GREY_MODES = ("1", "L", "LA", "La")
ALPHA_MODES = ("LA", "La", "PA", "RGBA", "RGBa")
WHITE = (255, 255, 255, 255)
DEEP_GREY = "I;16"  # 16 bits, in several byte orders
NO_RANGE = ("I", "F")  # 32 bits: nothing says what white is
Pixels = NDArray[np.uint8]  # [C H W]


class BrokenImageError(Exception):
    """Bytes that are no image; says why."""


def rule(size: Size, fit: Fit) -> str:
    """What `decode` does, in words."""
    resized = (
        f"to cover {shape_text(size)}, centre {shape_text(size)} cut out" if fit == "crop" else f"to {shape_text(size)}"
    )
    return f"decoded by PIL, resized {resized}, bilinearly with antialias"


def decode(content: bytes, size: Size, fit: Fit, channels: int) -> Pixels:
    """The image [C H W] in [0, 255]. Raises BrokenImageError."""
    image = opened(content)
    try:
        image = PIL.ImageOps.exif_transpose(image)
        image = _plain(image, channels)
        image = _fitted(image, shape_of(size), fit)
    except Exception as error:  # PIL's readers raise whatever a damaged file leads them to
        raise BrokenImageError(reason(error)) from error
    pixels = np.asarray(image, dtype=np.uint8)
    return pixels[None] if channels == 1 else np.moveaxis(pixels, -1, 0)  # [H W 3] -> [3 H W]


def opened(content: bytes) -> PIL.Image.Image:
    """The image as PIL opens it, its pixels not read yet. Raises BrokenImageError."""
    if not content:
        raise BrokenImageError("zero bytes")
    try:
        image = PIL.Image.open(io.BytesIO(content))
    except PIL.UnidentifiedImageError:
        raise BrokenImageError("no image that PIL can read") from None
    except Exception as error:  # as above
        raise BrokenImageError(reason(error)) from error
    if image.mode in NO_RANGE:
        raise BrokenImageError("32 bits a pixel: nothing says what is white")
    return image


def _plain(image: PIL.Image.Image, channels: int) -> PIL.Image.Image:
    """The image in mode L or RGB, on white where it is transparent."""
    if image.mode.startswith(DEEP_GREY):
        image = _eight_bits(image)
    if image.mode in ALPHA_MODES or "transparency" in image.info:
        image = image.convert("RGBA")
        image = PIL.Image.alpha_composite(PIL.Image.new("RGBA", image.size, WHITE), image)
    return image.convert("L" if channels == 1 else "RGB")


def _eight_bits(image: PIL.Image.Image) -> PIL.Image.Image:
    """Grey values of 16 bits as 8, with an alpha channel where a key colour says which are transparent."""
    deep = np.asarray(image).astype(np.uint32)
    grey = PIL.Image.fromarray(((deep * 255 + 32767) // 65535).astype(np.uint8))
    key = image.info.get("transparency")
    if key is None:
        return grey
    alpha = PIL.Image.fromarray(np.where(deep == key, 0, 255).astype(np.uint8))
    return PIL.Image.merge("LA", (grey, alpha))


def _fitted(image: PIL.Image.Image, wanted: Shape, fit: Fit) -> PIL.Image.Image:
    native = (image.height, image.width)
    height, width = covering(native, wanted) if fit == "crop" else wanted
    if native != (height, width):
        image = image.resize((width, height), PIL.Image.Resampling.BILINEAR)
    top, left = centre((height, width), wanted)
    return image.crop((left, top, left + wanted[1], top + wanted[0]))


def reason(error: Exception) -> str:
    """The first line of an error of PIL's, or its type where it has no text."""
    return str(error).splitlines()[0] if str(error) else type(error).__name__
