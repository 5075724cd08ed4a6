"""Fashion-MNIST: 70,000 grey pictures of clothing in ten classes (Xiao, Rasul, Vollgraf 2017, arXiv:1708.07747)."""

import hashlib
from pathlib import Path

import numpy as np

from gan_core.datasets import fashion_mnist_files as files
from gan_core.datasets.idx import parse
from gan_core.datasets.published import Published
from gan_core.datasets.record import DataSet, Images, Labels
from gan_core.datasets.resize import pad, resize
from gan_core.schema.sizes import Size, shape_text

PUBLISHED = 28  # px
MARGIN = 2  # px on each side: 28 -> 32
PADDED = 32  # px
PREFIX = {"train": "train", "test": "t10k"}


def identity(split: str) -> str:
    """The published files' checksums, which identify the content before it is read."""
    return hashlib.sha256("".join(files.SHA256[name] for name in _names(split)).encode()).hexdigest()[:16]


def read(split: str, home: Path, extra: tuple[Path, ...]) -> tuple[Images, Labels]:
    """Images as published [N 1 28 28] and labels [N], fetched if need be."""
    images_name, labels_name = _names(split)
    folder = files.ready_folder(home, extra)
    images = parse(files.content(folder, images_name))[:, None]
    return images, parse(files.content(folder, labels_name)).astype(np.int64)


def rule(size: Size) -> str:
    """What `transform` does, in words."""
    if size == PUBLISHED:
        return "28x28, as published"
    padded = f"28x28, zero-padded by {MARGIN} px on each side to {PADDED}x{PADDED}"
    return padded if size == PADDED else f"{padded}, resized to {shape_text(size)} bilinearly with antialias"


def transform(images: Images, size: Size) -> Images:
    """[N 1 28 28] -> [N 1 *size]: as published at 28, padded at 32, resized from the padded at any other size."""
    return images if size == PUBLISHED else resize(pad(images, MARGIN), size)


def _names(split: str) -> tuple[str, str]:
    return f"{PREFIX[split]}-images-idx3-ubyte", f"{PREFIX[split]}-labels-idx1-ubyte"


FASHION_MNIST = DataSet(
    name="fashion-mnist",
    description="grey pictures of clothing in ten classes, 28x28, padded to 32x32 unless the size is 28",
    source="https://github.com/zalandoresearch/fashion-mnist",
    paper="Xiao, Rasul, Vollgraf 2017, arXiv:1708.07747",
    channels=1,
    classes=(
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
    splits={"train": 60_000, "test": 10_000},
    identity=identity,
    obtain=files.obtain,
    look=files.look,
    one_way="shoes",
    prepare=Published("fashion-mnist", identity, read, rule, transform).prepare,
)
