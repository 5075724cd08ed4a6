"""Shapes: synthetic grey pictures, one filled shape each. No photographs, no download: made from a fixed seed.

For tests and quick looks. Scores on it say nothing about any published number.
"""

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gan_core.datasets.published import Published
from gan_core.datasets.record import DataSet, Images, Labels, OnStep, SearchedPlace
from gan_core.datasets.resize import resize
from gan_core.schema.sizes import Size, shape_text

SIZE = 32  # px
SPLITS = {"train": 4096, "test": 1024}
SEEDS = {"train": 20_240_101, "test": 20_240_102}
CLASSES = ("square", "disc", "triangle", "cross", "ring")
RULE = "drawn at 32x32 with soft edges, version 1"
Plane = NDArray[np.float64]  # [N H W]


def identity(split: str) -> str:
    """The recipe identifies the content: its text, seed and number of pictures."""
    return hashlib.sha256(f"{RULE} {CLASSES} {SEEDS[split]} {SPLITS[split]}".encode()).hexdigest()[:16]


def draw(seed: int, n: int) -> tuple[Images, Labels]:
    """Shapes of random class, centre, radius (6 to 11 px) and brightness on a dark ground: [n 1 32 32] and [n]."""
    rng = np.random.Generator(np.random.PCG64(seed))
    labels = rng.integers(0, len(CLASSES), n)
    radius = rng.uniform(6, 11, (n, 1, 1))
    centre_x, centre_y = rng.uniform(radius, SIZE - radius), rng.uniform(radius, SIZE - radius)
    bright, ground = rng.uniform(140, 255, (n, 1, 1)), rng.uniform(0, 60, (n, 1, 1))
    y, x = np.mgrid[0:SIZE, 0:SIZE] + 0.5  # centres of the pixels
    outside = np.choose(labels[:, None, None], _distances(x - centre_x, y - centre_y, radius))
    cover = np.clip(0.5 - outside, 0, 1)  # share of the pixel that the shape covers
    pictures = np.rint(ground + (bright - ground) * cover).astype(np.uint8)
    return pictures[:, None], labels.astype(np.int64)


def _distances(x: Plane, y: Plane, radius: Plane) -> list[Plane]:
    """How far outside each shape a pixel is, in pixels, negative inside, in the order of CLASSES."""
    far, near = np.maximum(abs(x), abs(y)), np.minimum(abs(x), abs(y))
    distance = np.hypot(x, y)
    slopes = abs(x) * np.sqrt(3) / 2 - y / 2  # the triangle's two upper sides; it stands on its base
    return [
        far - 0.8 * radius,
        distance - radius,
        np.maximum(slopes, y) - radius / 2,
        np.maximum(far - radius, near - 0.3 * radius),
        abs(distance - 0.75 * radius) - 0.25 * radius,
    ]


def obtain(home: Path, extra: tuple[Path, ...], on_step: OnStep) -> tuple[SearchedPlace, ...]:
    """The pictures are computed: nothing has to be fetched."""
    return (look(home, extra),)


def look(home: Path, extra: tuple[Path, ...]) -> SearchedPlace:
    """The pictures are computed: they are always available."""
    return SearchedPlace("drawn on this machine", "synthetic, needs no files", True)


def read(split: str, home: Path, extra: tuple[Path, ...]) -> tuple[Images, Labels]:
    """The pictures [N 1 32 32] and the index of each one's shape [N]."""
    return draw(SEEDS[split], SPLITS[split])


def rule(size: Size) -> str:
    """What `resize` does to the drawn pictures, in words."""
    return RULE if size == SIZE else f"{RULE}, resized to {shape_text(size)} bilinearly with antialias"


SHAPES = DataSet(
    name="shapes",
    description="synthetic: one filled shape a picture, of five kinds; drawn from a fixed seed, no download",
    source="drawn by gan_core/datasets/shapes.py",
    paper="none: synthetic",
    channels=1,
    classes=CLASSES,
    splits=SPLITS,
    identity=identity,
    obtain=obtain,
    look=look,
    prepare=Published("shapes", identity, read, rule, resize).prepare,
)
