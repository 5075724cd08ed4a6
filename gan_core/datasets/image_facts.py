"""What an image file is, besides its pixels: grey or not, transparent, 16 bits deep, saved with loss."""

from dataclasses import dataclass

import numpy as np
import PIL.Image

from gan_core.datasets.decode import ALPHA_MODES, DEEP_GREY, GREY_MODES, BrokenImageError, opened, reason

OPAQUE = 255
LOSSY = ("AVIF", "BLP", "DDS", "FTEX", "HEIF", "JPEG", "JPEG2000", "MPO")  # PIL's names of formats
FEW_COLOURS = "GIF"  # 256 of them: a loss for pictures in colour
WEBP_LOSSLESS = b"VP8L"


@dataclass(frozen=True)
class ImageFacts:
    """The facts about one image file.

    `lossy`: the format where it does not keep every pixel as it was, else ''. `brightest`: the largest value of a file
    with 16 bits a pixel, in [0, 65535]; None for other files.
    """

    grey: bool
    transparent: bool
    lossy: str
    brightest: int | None


def facts_of(content: bytes) -> ImageFacts:
    """Read the facts from a file's bytes; pixels are decoded only where a fact needs them. Raises BrokenImageError."""
    image = opened(content)
    grey = image.mode in GREY_MODES or image.mode.startswith(DEEP_GREY)
    try:
        return ImageFacts(grey, _is_transparent(image), _lossy(image, content), _brightest(image))
    except Exception as error:  # PIL's readers raise whatever a damaged file leads them to
        raise BrokenImageError(reason(error)) from error


def _is_transparent(image: PIL.Image.Image) -> bool:
    """Whether any pixel is not opaque: many files have an alpha channel that says nothing."""
    if image.mode not in ALPHA_MODES and "transparency" not in image.info:
        return False
    alpha = np.asarray(image.convert("RGBA").getchannel("A"))
    return bool((alpha < OPAQUE).any())


def _lossy(image: PIL.Image.Image, content: bytes) -> str:
    kind = image.format or ""
    if kind == "WEBP":
        return "" if WEBP_LOSSLESS in content[:64] else kind
    if kind == "TIFF":
        return "TIFF with JPEG" if image.info.get("compression") in ("jpeg", "tiff_jpeg") else ""
    return kind if kind in LOSSY or (kind == FEW_COLOURS and _has_colour(image)) else ""


def _has_colour(image: PIL.Image.Image) -> bool:
    red, green, blue = (np.asarray(channel) for channel in image.convert("RGB").split())
    return bool((red != green).any() or (green != blue).any())


def _brightest(image: PIL.Image.Image) -> int | None:
    if not image.mode.startswith(DEEP_GREY):
        return None
    return int(np.asarray(image).max())
