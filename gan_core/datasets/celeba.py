"""CelebA: 202,599 photographs of faces, aligned and cut to 178x218 (Liu, Luo, Wang, Tang 2015, arXiv:1411.7766).

Checksums and download are torchvision's. Its reader would need 200,000 unpacked files and four lists that no GAN uses:
here images are decoded straight from the archive, whose checksum covers every one of them. There are no labels: all
images are of one class.
"""

import hashlib
import zipfile
from pathlib import Path

from gan_core.datasets import decode, prepared, torchvision_download
from gan_core.datasets.decode_files import Decoding, write_decoded
from gan_core.datasets.published_files import PublishedFiles
from gan_core.datasets.record import DataRequest, DataSet, ImageSet
from gan_core.problems import Problem, UserError

NAME = "celeba"
ARCHIVE, PARTITION = "img_align_celeba.zip", "list_eval_partition.txt"
PARTS = {"train": "0", "valid": "1", "test": "2"}
FILES = PublishedFiles(
    title="CelebA",
    layout="celeba",
    checksums={  # md5, as torchvision.datasets.CelebA publishes them
        ARCHIVE: "00d2c5bc6d35e252742224ab0c1e8fcb",
        PARTITION: "d32c9cbf5e040fd4025c592c306e6668",
    },
    below=(".", "celeba"),
    fetching=(("download through torchvision, from Google Drive", torchvision_download.celeba),),
    source="They are at https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html (Align&Cropped Images, Img; Eval)",
)


def identity(split: str) -> str:
    """The published files' checksums, which identify the content before it is read."""
    return hashlib.sha256(f"{' '.join(FILES.checksums.values())} {split}".encode()).hexdigest()[:16]


def prepare(request: DataRequest) -> ImageSet:
    """The split's images, decoded the first time, in the order of their names."""
    rule = f"178x218 (width x height), {decode.rule(request.size, request.options.fit)}"
    target = prepared.folder_of(request.home, NAME, request.split, identity(request.split), rule)

    def fill(draft: Path) -> prepared.Notes:
        folder = FILES.ready_folder(request.home, request.extra)
        FILES.verify(folder)
        names = _names(folder / PARTITION, request.split)
        with zipfile.ZipFile(folder / ARCHIVE) as archive:
            how = Decoding(archive.read, request.size, request.options.fit, 3)
            paths = draft / prepared.IMAGES, draft / prepared.LABELS
            broken = write_decoded(how, names, [0] * len(names), *paths, request.on_progress)
        if broken:
            raise UserError(Problem(f"{folder / ARCHIVE} holds broken images: {', '.join(map(str, broken))}"))
        return prepared.Notes()

    return prepared.open_or_fill(
        target, NAME, request.split, rule, fill, request.on_progress, may_make=request.may_make
    )


def _names(partition: Path, split: str) -> list[str]:
    """The members of the archive that belong to the split, from lines such as '000001.jpg 0'."""
    lines = (line.split() for line in partition.read_text(encoding="utf-8").splitlines() if line.strip())
    return sorted(f"img_align_celeba/{name}" for name, part in lines if part == PARTS[split])


CELEBA = DataSet(
    name=NAME,
    description="photographs of faces, aligned, 178x218; resized, then cut (fit: crop) or stretched (fit: stretch)",
    source="https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html",
    paper="Liu, Luo, Wang, Tang 2015, arXiv:1411.7766",
    channels=3,
    classes=("face",),
    splits={"train": 162_770, "valid": 19_867, "test": 19_962},
    identity=identity,
    obtain=FILES.obtain,
    look=FILES.look,
    prepare=prepare,
)
