"""What a file is besides its pixels, over the formats and modes that PIL writes."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from gan_core import datasets
from gan_core.datasets import Options
from gan_core.datasets.decode import decode
from gan_core.datasets.image_facts import facts_of
from gan_core.problems import UserError
from tests.gan_core.datasets.pictures import encoded, fill, noise


def saved(image: PIL.Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("kind", "options", "lossy"),
    [
        ("PNG", {}, ""),
        ("BMP", {}, ""),
        ("PPM", {}, ""),
        ("TIFF", {}, ""),
        ("TIFF", {"compression": "tiff_lzw"}, ""),
        ("TIFF", {"compression": "jpeg"}, "TIFF with JPEG"),
        ("WEBP", {"lossless": True}, ""),
        ("WEBP", {"quality": 80}, "WEBP"),
        ("JPEG", {"quality": 95}, "JPEG"),
        ("JPEG2000", {"irreversible": True}, "JPEG2000"),
        ("JPEG2000", {"irreversible": False}, ""),
        ("WEBP", {"lossless": True, "icc_profile": bytes(500)}, ""),
        ("WEBP", {"quality": 80, "icc_profile": bytes(500)}, "WEBP"),
        ("GIF", {}, "GIF"),
    ],
)
def test_formats_that_lose_pixels(kind: str, options: dict[str, object], lossy: str) -> None:
    """Those called lossless give back the pixels that were saved."""
    pixels = noise((16, 16, 3))
    content = saved(PIL.Image.fromarray(pixels), kind, **options)
    assert facts_of(content).lossy == lossy
    if not lossy:
        np.testing.assert_array_equal(decode(content, 16, "crop", 3), np.moveaxis(pixels, -1, 0))


def test_a_grey_gif_loses_nothing() -> None:
    pixels = noise((16, 16))
    content = saved(PIL.Image.fromarray(pixels), "GIF")
    assert facts_of(content).lossy == ""
    np.testing.assert_array_equal(decode(content, 16, "crop", 1)[0], pixels)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA", "P"])
@pytest.mark.parametrize("alpha", [0, 128, 255])
def test_transparent_pixels_are_laid_on_white(mode: str, alpha: int) -> None:
    """Against the formula of Porter and Duff 1984, "over": alpha * colour + (1 - alpha) * white."""
    if mode == "P":
        image = PIL.Image.new("P", (4, 4), 1)
        image.putpalette([9, 9, 9, 40, 40, 40])
        content = saved(image, "PNG", transparency=bytes([255, alpha]))
    elif mode == "PA":
        image = PIL.Image.new("L", (4, 4), 40).convert("P").convert("PA")
        image.putalpha(alpha)
        content = saved(image.convert("RGBA"), "PNG")
    else:
        grey = PIL.Image.new("L", (4, 4), 40)
        layers = (grey, grey, grey) if mode == "RGBA" else (grey,)
        content = saved(PIL.Image.merge(mode, (*layers, PIL.Image.new("L", (4, 4), alpha))), "PNG")
    expected = alpha / 255 * 40 + (1 - alpha / 255) * 255
    assert facts_of(content).transparent == (alpha < 255)
    assert np.abs(decode(content, 4, "crop", 3).astype(float) - expected).max() <= 1


def test_a_folder_says_how_many_are_transparent(tmp_path: Path) -> None:
    folder = fill(tmp_path / "pictures", 3, (8, 8, 3))
    plain = datasets.load("folder", "train", 8, tmp_path / "home", options=Options(folder=folder))
    assert plain.notes == ()
    (folder / "3.png").write_bytes(encoded(noise((8, 8, 4))))
    mixed = datasets.load("folder", "train", 8, tmp_path / "home", options=Options(folder=folder))
    assert mixed.notes == ("1 of 4 images have transparent pixels: these are laid on white",)
    assert "on white" in mixed.transform
    assert "on white" not in plain.transform


@pytest.mark.parametrize("bits", [8, 12, 14])
def test_sixteen_bits_that_hold_fewer_are_refused(bits: int, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for i in range(3):
        deep = np.random.default_rng(i).integers(0, 2**bits, (8, 8), dtype=np.uint16)
        (tmp_path / "deep" / f"{i}.png").write_bytes(encoded(deep))
    with pytest.raises(UserError, match=rf"3 image\(s\) of 16 bits a pixel.* they hold {bits} bits"):
        datasets.load("folder", "train", 8, tmp_path / "home", options=Options(folder=tmp_path / "deep"))


def test_sixteen_bits_to_white_are_read_and_said(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for i in range(3):
        deep = np.full((8, 8), 65535 - i, dtype=np.uint16)
        (tmp_path / "deep" / f"{i}.png").write_bytes(encoded(deep))
    images = datasets.load("folder", "train", 8, tmp_path / "home", options=Options(folder=tmp_path / "deep"))
    assert int(images.images.min()) == 255
    assert images.notes == ("3 of 3 images have 16 bits a pixel: 65535 is taken for white",)


@pytest.mark.parametrize("channels", [2, 3, 4])
def test_colour_of_sixteen_bits_that_holds_twelve_is_refused_too(channels: int, tmp_path: Path) -> None:
    """PIL opens these PNGs as 8 bits: the upper byte of each value, which is all but 0 here."""
    (tmp_path / "deep").mkdir()
    for i in range(3):
        values = np.random.default_rng(i).integers(0, 2**12, (8, 8, channels), dtype=np.uint16)
        (tmp_path / "deep" / f"{i}.png").write_bytes(png16(values))
    with pytest.raises(UserError, match=r"3 image\(s\) of 16 bits a pixel"):
        datasets.load("folder", "train", 8, tmp_path / "home", options=Options(folder=tmp_path / "deep"))


def test_a_key_colour_of_sixteen_bits_is_transparent_and_the_rest_is_scaled() -> None:
    deep = np.array([[0, 257, 32896, 65535]], dtype=np.uint16).repeat(4, axis=0)
    content = png16(deep[:, :, None], key=257)
    assert facts_of(content).transparent
    assert decode(content, 4, "crop", 1)[0, 0].tolist() == [0, 255, 128, 255]


def png16(values: np.ndarray, key: int | None = None) -> bytes:
    """A PNG of 16 bits a value [H W C], which PIL does not write in colour: by its specification."""
    height, width, channels = values.shape
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0))]
    chunks += [(b"tRNS", struct.pack(">H", key))] if key is not None else []
    chunks += [(b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    packed = (struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)
