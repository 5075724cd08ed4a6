"""Decoding one file, against torchvision's transforms and against arrays by hand."""

import io
import struct
import zlib

import numpy as np
import PIL.Image
import pytest
from torchvision.transforms import v2

from gan_core.datasets.decode import BrokenImageError, decode, rule
from gan_core.datasets.image_facts import facts_of
from gan_core.datasets.record import Fit
from gan_core.datasets.resize import covering
from tests.gan_core.datasets.pictures import encoded, noise


@pytest.mark.parametrize("shape", [(218, 178, 3), (30, 47, 3), (47, 30, 3), (9, 9, 3), (65, 64, 3)])
def test_crop_is_torchvisions_resize_and_centre_crop(shape: tuple[int, ...]) -> None:
    pixels = noise(shape)
    theirs = v2.Compose([v2.Resize(16), v2.CenterCrop(16)])(PIL.Image.fromarray(pixels))
    np.testing.assert_array_equal(decode(encoded(pixels), 16, "crop", 3), np.moveaxis(np.asarray(theirs), -1, 0))


def test_stretch_is_torchvisions_resize_to_exactly_that_size() -> None:
    pixels = noise((218, 178, 3))
    theirs = v2.Resize((157, 128))(PIL.Image.fromarray(pixels))
    ours = decode(encoded(pixels), (157, 128), "stretch", 3)
    assert ours.shape == (3, 157, 128)
    np.testing.assert_array_equal(ours, np.moveaxis(np.asarray(theirs), -1, 0))


@pytest.mark.parametrize("native", [(218, 178), (10, 100), (100, 10), (64, 64)])
@pytest.mark.parametrize("wanted", [(64, 64), (157, 128), (16, 40)])
def test_covering_just_covers(native: tuple[int, int], wanted: tuple[int, int]) -> None:
    height, width = covering(native, wanted)
    assert height >= wanted[0]
    assert width >= wanted[1]
    assert height == wanted[0] or width == wanted[1]
    assert abs(height * native[1] - width * native[0]) < max(native)  # the aspect, to within a pixel


def test_of_the_right_size_nothing_is_changed() -> None:
    pixels = noise((8, 6, 3))
    for fit in ("crop", "stretch"):
        np.testing.assert_array_equal(decode(encoded(pixels), (8, 6), fit, 3), np.moveaxis(pixels, -1, 0))  # type: ignore[arg-type]


def test_grey_and_colour_come_to_either_number_of_channels() -> None:
    grey = noise((8, 8))
    assert decode(encoded(grey), 8, "crop", 1).shape == (1, 8, 8)
    np.testing.assert_array_equal(decode(encoded(grey), 8, "crop", 3), np.broadcast_to(grey, (3, 8, 8)))
    assert facts_of(encoded(grey)).grey
    assert not facts_of(encoded(noise((8, 8, 3)))).grey


def test_sixteen_bits_are_scaled_and_not_clipped() -> None:
    deep = np.array([[0, 128, 257, 32896, 65535]], dtype=np.uint16).repeat(5, axis=0)
    content = encoded(deep)
    assert facts_of(content).grey
    assert decode(content, 5, "crop", 1)[0, 0].tolist() == [0, 0, 1, 128, 255]


def test_palettes_transparency_and_one_bit_are_read() -> None:
    red = PIL.Image.new("RGB", (4, 4), (255, 0, 0))
    for image in (red.convert("P"), red.convert("RGBA"), red.convert("CMYK")):
        buffer = io.BytesIO()
        image.save(buffer, "TIFF")
        pixels = decode(buffer.getvalue(), 4, "crop", 3).astype(int)
        assert abs(pixels - np.array([255, 0, 0])[:, None, None]).max() <= 1
    assert set(decode(encoded(noise((8, 8)) > 127), 8, "crop", 1).flatten().tolist()) == {0, 255}


def test_a_cameras_orientation_is_applied() -> None:
    pixels = noise((4, 8, 3))
    exif = PIL.Image.Exif()
    exif[0x0112] = 6  # to be shown turned by 90 degrees, clockwise
    turned = decode(encoded(pixels, exif=exif), (8, 4), "crop", 3)
    np.testing.assert_array_equal(turned, np.moveaxis(np.rot90(pixels, -1), -1, 0))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "zero bytes"),
        (b"just some text", "no image that PIL can read"),
        (encoded(noise((64, 64, 3)), "JPEG")[:-400], "truncated"),
        (encoded(noise((64, 64, 3)))[:-4000], "truncated|broken"),
        (encoded(np.zeros((4, 4), dtype=np.int32), "TIFF"), "32 bits a pixel"),
        (encoded(np.zeros((4, 4), dtype=np.float32), "TIFF"), "32 bits a pixel"),
    ],
)
def test_what_is_no_image_says_why(content: bytes, why: str) -> None:
    with pytest.raises(BrokenImageError, match=why):
        decode(content, 8, "crop", 3)


@pytest.mark.parametrize(
    ("fit", "text"), [("crop", "cover 157x128, centre 157x128 cut out"), ("stretch", "to 157x128")]
)
def test_the_rule_says_what_was_done(fit: Fit, text: str) -> None:
    assert text in rule((157, 128), fit)


def test_a_picture_of_a_thousand_million_pixels_is_broken_and_none_of_them_is_made() -> None:
    header = b"IHDR" + struct.pack(">IIBBBBB", 40_000, 25_000, 8, 2, 0, 0, 0)
    content = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    content += bytes(4) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))
    with pytest.raises(BrokenImageError, match="1000000000 pixels"):
        decode(content, 16, "crop", 3)
    with pytest.raises(BrokenImageError, match="1000000000 pixels"):
        facts_of(content)
