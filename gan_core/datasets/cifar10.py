"""CIFAR-10: 60,000 colour photographs of 32x32 px in ten classes (Krizhevsky 2009).

The files are Python pickles. Every checksum is verified before torchvision's own reader unpickles any of them.
"""

import hashlib
import tarfile
from functools import partial
from pathlib import Path

import numpy as np

from gan_core.datasets import torchvision_download
from gan_core.datasets.published import Published
from gan_core.datasets.published_files import Download, PublishedFiles, verify_md5
from gan_core.datasets.record import DataSet, Images, Labels, OnStep, SearchedPlace
from gan_core.datasets.resize import resize
from gan_core.schema.sizes import Size, shape_text

SIZE = 32  # px
LAYOUT = "cifar-10-batches-py"
ARCHIVE, ARCHIVE_MD5 = "cifar-10-python.tar.gz", "c58f30108f718f92721af3b95e74349a"
MD5 = {  # as torchvision.datasets.CIFAR10 publishes them
    "data_batch_1": "c99cafc152244af753f735de768cd75f",
    "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
    "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
    "data_batch_4": "634d18415352ddfa80567beed471001a",
    "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
    "test_batch": "40351d587109b95175f43aff81a1287e",
    "batches.meta": "5ff9c542aee3614f3951f8cda6e48888",
}


def files(home: Path, extra: tuple[Path, ...]) -> PublishedFiles:
    """The seven files; archives at hand are unpacked before anything is downloaded."""
    archives = [place / ARCHIVE for place in (home / "datasets", *extra)]
    unpacking: list[tuple[str, Download]] = [(str(archive), partial(_unpack, archive)) for archive in archives]
    return PublishedFiles(
        title="CIFAR-10",
        layout=LAYOUT,
        checksums=MD5,
        below=(".", LAYOUT),
        fetching=(*unpacking, ("download through torchvision", torchvision_download.cifar10)),
        source=f"or {ARCHIVE}, which holds them, into {home / 'datasets'}.\n"
        f"It is at https://www.cs.toronto.edu/~kriz/{ARCHIVE}",
    )


def identity(split: str) -> str:
    """The published archive's checksum, which identifies the content before it is read."""
    return hashlib.sha256(f"{ARCHIVE_MD5} {split}".encode()).hexdigest()[:16]


def obtain(home: Path, extra: tuple[Path, ...], on_step: OnStep) -> tuple[SearchedPlace, ...]:
    """See `PublishedFiles.obtain`."""
    return files(home, extra).obtain(home, extra, on_step)


def look(home: Path, extra: tuple[Path, ...]) -> SearchedPlace:
    """See `PublishedFiles.look`."""
    return files(home, extra).look(home, extra)


def read(split: str, home: Path, extra: tuple[Path, ...]) -> tuple[Images, Labels]:
    """Images as published [N 3 32 32] and labels [N], fetched if need be."""
    from torchvision.datasets import CIFAR10 as Reader  # noqa: N811  slow to import

    published = files(home, extra)
    folder = published.ready_folder(home, extra)
    published.verify(folder)
    loaded = Reader(str(folder.parent), train=split == "train")
    images = np.ascontiguousarray(np.moveaxis(loaded.data, -1, 1))  # [N 32 32 3] -> [N 3 32 32]
    return images, np.asarray(loaded.targets, dtype=np.int64)


def rule(size: Size) -> str:
    """What `resize` does to the published images, in words."""
    return "32x32 as published" if size == SIZE else f"32x32, resized to {shape_text(size)} bilinearly with antialias"


def _unpack(archive: Path, draft: Path) -> Path:
    if not archive.is_file():
        raise OSError("no such file")
    verify_md5(archive, ARCHIVE_MD5)
    try:
        with tarfile.open(archive, "r:gz") as opened:
            opened.extractall(draft, filter="data")
    except tarfile.TarError as error:
        raise OSError(str(error)) from error
    return draft / LAYOUT


CIFAR10 = DataSet(
    name="cifar-10",
    description="colour photographs in ten classes, 32x32",
    source="https://www.cs.toronto.edu/~kriz/cifar.html",
    paper="Krizhevsky 2009, Learning multiple layers of features from tiny images",
    channels=3,
    classes=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    splits={"train": 50_000, "test": 10_000},
    identity=identity,
    obtain=obtain,
    look=look,
    prepare=Published("cifar-10", identity, read, rule, resize).prepare,
)
