"""What an image file is, besides its pixels: grey or not, transparent, 16 bits deep, saved with loss."""

from dataclasses import dataclass

import numpy as np
import PIL.Image

from gan_core.datasets.decode import ALPHA_MODES, DEEP_GREY, GREY_MODES, BrokenImageError, opened, reason

OPAQUE = 255
LOSSY = ("AVIF", "BLP", "DDS", "FTEX", "HEIF", "JPEG", "MPO")  # PIL's names of formats
LOSSY_TIFF = {"jpeg": "JPEG", "tiff_jpeg": "JPEG", "webp": "WebP", "jpeg2000": "JPEG 2000"}  # by its compression
FEW_COLOURS = "GIF"  # 256 of them: a loss for pictures in colour
BITS_PER_SAMPLE = 258  # TIFF's tag


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
        return ImageFacts(grey, _is_transparent(image), _lossy(image, content), _brightest(image, content))
    except Exception as error:  # PIL's readers raise whatever a damaged file leads them to
        raise BrokenImageError(reason(error)) from error


def _is_transparent(image: PIL.Image.Image) -> bool:
    """Whether any pixel is not opaque: many files have an alpha channel that says nothing."""
    key = image.info.get("transparency")
    if image.mode.startswith(DEEP_GREY):
        return key is not None and bool((np.asarray(image) == key).any())
    if image.mode not in ALPHA_MODES and key is None:
        return False
    alpha = np.asarray(image.convert("RGBA").getchannel("A"))
    return bool((alpha < OPAQUE).any())


def _lossy(image: PIL.Image.Image, content: bytes) -> str:
    kind = image.format or ""
    if kind == "WEBP":
        return "" if b"VP8L" in _chunks(content) else kind
    if kind == "TIFF":
        compression = image.info.get("compression", "")
        return f"TIFF with {LOSSY_TIFF[compression]}" if compression in LOSSY_TIFF else ""
    if kind == "JPEG2000":
        return "" if _is_reversible(content) else kind
    return kind if kind in LOSSY or (kind == FEW_COLOURS and _has_colour(image)) else ""


def _chunks(content: bytes) -> set[bytes]:
    """The names of the chunks of a RIFF file, which WebP is."""
    names, at = set(), 12  # behind 'RIFF', the size, and 'WEBP'
    while at + 8 <= len(content):
        names.add(content[at : at + 4])
        size = int.from_bytes(content[at + 4 : at + 8], "little")
        at += 8 + size + size % 2
    return names


def _is_reversible(content: bytes) -> bool:
    """Whether a JPEG 2000 codestream uses the reversible 5-3 wavelet (ISO 15444-1, A.6.1: the last byte of COD)."""
    at = content.find(b"\xff\x52")  # the marker COD: length 2, style 1, progression 1, layers 2, transform 1, ...
    return at >= 0 and len(content) > at + 13 and content[at + 13] == 1


def _has_colour(image: PIL.Image.Image) -> bool:
    red, green, blue = (np.asarray(channel) for channel in image.convert("RGB").split())
    return bool((red != green).any() or (green != blue).any())


def _brightest(image: PIL.Image.Image, content: bytes) -> int | None:
    if image.mode.startswith(DEEP_GREY):
        return int(np.asarray(image).max())
    if _bits(image, content) <= 8:
        return None
    # PIL reads other files of 16 bits as the upper eight of each value
    colours = np.asarray(image.convert("RGBA"))[..., :3]
    return int(colours.max()) * 257


def _bits(image: PIL.Image.Image, content: bytes) -> int:
    """Bits of one value in the file, whatever PIL makes of them."""
    if image.format == "PNG":
        return content[24]  # of the header chunk IHDR
    if image.format == "TIFF":
        return int(max(image.tag_v2.get(BITS_PER_SAMPLE, (8,))))  # type: ignore[attr-defined]
    return 8
