"""Where the four files of Fashion-MNIST are found, or come from.

In this order: torchvision's layout under the home folder, `datasets/FashionMNIST/raw`; the extra places that the
caller names, from which they are copied to the home folder; the operating system's `/usr/share/datasets/fashion-mnist`
(Debian's package dataset-fashion-mnist), where they stay; then a download through torchvision; then Debian's package,
unpacked without root. Files are plain or gzipped, and every one is checked by the sha256 of its content.
"""

import os
import shutil
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from gan_core.datasets import debian_package, torchvision_download
from gan_core.datasets.idx import locate, read_verified
from gan_core.datasets.record import OnStep, Place
from gan_core.problems import Problem, UserError

SHA256 = {  # of the uncompressed files
    "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}
SYSTEM = Path("/usr/share/datasets/fashion-mnist")
PACKAGE = "dataset-fashion-mnist"
Download = Callable[[Path], Path]  # an empty folder -> the folder below it that holds the files; OSError if it fails


def own_folder(home: Path) -> Path:
    """Where downloads are put, in torchvision's layout, so that torchvision finds them too."""
    return home / "datasets" / "FashionMNIST" / "raw"


def extra_folders(extra: tuple[Path, ...]) -> tuple[Path, ...]:
    """The folders to look into in the places that the caller names: themselves and the customary ones below."""
    return tuple(place / part for place in extra for part in (".", "raw", "FashionMNIST/raw", "fashion-mnist"))


def folder_with_all(home: Path, extra: tuple[Path, ...]) -> Path | None:
    """The first folder that holds all four files, unread; None when there is none."""
    folders = (own_folder(home), *extra_folders(extra), SYSTEM)
    return next((folder for folder in folders if not _missing(folder)), None)


def content(folder: Path, name: str) -> bytes:
    """One file's uncompressed content. Raises UserError that names a file with a wrong checksum."""
    path = locate(folder, name)
    if path is None:
        raise UserError(Problem(f"{folder / name} has disappeared, also as .gz"))
    return read_verified(path, SHA256[name])


def ready_folder(home: Path, extra: tuple[Path, ...]) -> Path:
    """A folder that holds all four files, which are got first where need be. Raises what `obtain` does."""
    obtain(home, extra, lambda _: None)
    return SYSTEM if _missing(own_folder(home)) else own_folder(home)


def look(home: Path, extra: tuple[Path, ...]) -> Place:
    """Whether the files lie somewhere already, and are right. Raises UserError on a wrong checksum."""
    folder = folder_with_all(home, extra)
    if folder is None:
        return Place(str(own_folder(home)), "not here yet", False)
    for name in SHA256:
        content(folder, name)
    return Place(str(folder), "all four files, checksums right", True)


def obtain(home: Path, extra: tuple[Path, ...], on_step: OnStep) -> tuple[Place, ...]:
    """Find the files or get them; the last place is where they are now.

    Raises UserError that names every place tried, and where to put the files by hand, when nothing works; and on a
    file with a wrong checksum.
    """
    tried: list[Place] = []
    for folder in (own_folder(home), *extra_folders(extra), SYSTEM):
        on_step(f"looking in {folder}")
        missing = _missing(folder)
        tried.append(Place(str(folder), f"lacks {', '.join(missing)}" if missing else "all four files", not missing))
        if not missing:
            if folder in extra_folders(extra):  # so that whoever isn't told of the place finds them too
                failure = _adopt(partial(_copy, folder), own_folder(home))
                if failure:
                    raise UserError(Problem(f"{folder} cannot be copied to {own_folder(home)}: {failure}"))
            return tuple(tried)
    downloads: tuple[tuple[str, Download], ...] = (
        ("download through torchvision", torchvision_download.fashion_mnist),
        (f"Debian's package {PACKAGE}", lambda draft: debian_package.unpack(PACKAGE, draft) / SYSTEM.relative_to("/")),
    )
    for where, download in downloads:
        on_step(where)
        outcome = _adopt(download, own_folder(home))
        tried.append(Place(where, outcome or f"put into {own_folder(home)}", not outcome))
        if not outcome:
            return tuple(tried)
    raise _nothing_worked(tried, home)


def _missing(folder: Path) -> list[str]:
    return [name for name in SHA256 if locate(folder, name) is None]


def _adopt(download: Download, destination: Path) -> str:
    """Download into a temporary folder, check, and move each file into place; the reason where that fails, else ''."""
    destination.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=destination) as draft:
        try:
            folder = download(Path(draft))
        except OSError as error:
            return str(error)
        if missing := _missing(folder):
            return f"brought no {', '.join(missing)}"
        for name in SHA256:
            content(folder, name)
        for path in [locate(folder, name) for name in SHA256]:
            if path is not None:
                os.replace(path, destination / path.name)  # a reader sees the whole file or none
    return ""


def _copy(source: Path, draft: Path) -> Path:
    for path in [locate(source, name) for name in SHA256]:
        if path is not None:
            shutil.copyfile(path, draft / path.name)
    return draft


def _nothing_worked(tried: list[Place], home: Path) -> UserError:
    where = "".join(f"\n  {place.where}: {place.outcome}" for place in tried)
    names = "".join(f"\n  {name}.gz (or without .gz)" for name in SHA256)
    return UserError(
        Problem(
            f"Fashion-MNIST was not found and could not be fetched. Tried:{where}\n"
            f"Put these four files into {own_folder(home)}:{names}\n"
            "They are at https://github.com/zalandoresearch/fashion-mnist and in Debian's package " + PACKAGE
        )
    )
