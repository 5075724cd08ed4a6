"""MNIST: 70,000 grey handwritten digits (LeCun, Bottou, Bengio, Haffner 1998). Prepared as Fashion-MNIST is."""

import hashlib
from pathlib import Path

import numpy as np

from gan_core.datasets import torchvision_download
from gan_core.datasets.fashion_mnist import PREFIX, rule, transform
from gan_core.datasets.idx import parse
from gan_core.datasets.published import Published
from gan_core.datasets.published_files import PublishedFiles
from gan_core.datasets.record import DataSet, Images, Labels

FILES = PublishedFiles(
    title="MNIST",
    layout="MNIST/raw",
    checksums={  # sha256 of the uncompressed files
        "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    },
    below=(".", "raw", "MNIST/raw", "mnist"),
    fetching=(("download through torchvision", torchvision_download.mnist),),
    source="They are at https://ossci-datasets.s3.amazonaws.com/mnist/ and http://yann.lecun.com/exdb/mnist/",
)


def identity(split: str) -> str:
    """The published files' checksums, which identify the content before it is read."""
    return hashlib.sha256("".join(FILES.checksums[name] for name in _names(split)).encode()).hexdigest()[:16]


def read(split: str, home: Path, extra: tuple[Path, ...]) -> tuple[Images, Labels]:
    """Images as published [N 1 28 28] and labels [N], fetched if need be."""
    images_name, labels_name = _names(split)
    folder = FILES.ready_folder(home, extra)
    images = parse(FILES.content(folder, images_name))[:, None]
    return images, parse(FILES.content(folder, labels_name)).astype(np.int64)


def _names(split: str) -> tuple[str, str]:
    return f"{PREFIX[split]}-images-idx3-ubyte", f"{PREFIX[split]}-labels-idx1-ubyte"


MNIST = DataSet(
    name="mnist",
    description="grey handwritten digits, 28x28, padded to 32x32 unless the size is 28",
    source="http://yann.lecun.com/exdb/mnist/",
    paper="LeCun, Bottou, Bengio, Haffner 1998, Proc. IEEE 86(11)",
    channels=1,
    classes=tuple("0123456789"),
    splits={"train": 60_000, "test": 10_000},
    identity=identity,
    obtain=FILES.obtain,
    look=FILES.look,
    one_way="digits",
    prepare=Published("mnist", identity, read, rule, transform).prepare,
)
