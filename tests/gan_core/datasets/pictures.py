"""Small image files for tests."""

import io
from pathlib import Path

import numpy as np
import PIL.Image


def noise(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    """Random pixels, uint8."""
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def encoded(pixels: np.ndarray, kind: str = "PNG", **options: object) -> bytes:
    """The bytes of an image file with these pixels [H W] or [H W C]."""
    buffer = io.BytesIO()
    PIL.Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()


def fill(folder: Path, count: int, shape: tuple[int, ...] = (12, 10, 3), first: int = 0) -> Path:
    """Random PNGs 000.png, 001.png, ... in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(first, first + count):
        (folder / f"{i:03}.png").write_bytes(encoded(noise(shape, i)))
    return folder
