"""The four files of Fashion-MNIST, and where they come from.

After the home folder and the places that the caller names: the operating system's `/usr/share/datasets/fashion-mnist`
(Debian's package dataset-fashion-mnist); then a download through torchvision; then Debian's package, unpacked without
root. Files are plain or gzipped, and the sha256 of every one's content is checked.
"""

from pathlib import Path

from gan_core.datasets import debian_package, torchvision_download
from gan_core.datasets.published_files import PublishedFiles
from gan_core.datasets.record import OnStep, SearchedPlace

SHA256 = {  # of the uncompressed files
    "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}
SYSTEM = Path("/usr/share/datasets/fashion-mnist")
PACKAGE = "dataset-fashion-mnist"


def files() -> PublishedFiles:
    """The files, their checksums and sources, as module settings say at the time of the call."""
    return PublishedFiles(
        title="Fashion-MNIST",
        layout="FashionMNIST/raw",
        checksums=SHA256,
        below=(".", "raw", "FashionMNIST/raw", "fashion-mnist"),
        fetching=(
            ("download through torchvision", torchvision_download.fashion_mnist),
            (
                f"Debian's package {PACKAGE}",
                lambda draft: debian_package.unpack(PACKAGE, draft) / SYSTEM.relative_to("/"),
            ),
        ),
        source=f"They are at https://github.com/zalandoresearch/fashion-mnist and in Debian's package {PACKAGE}",
        system=SYSTEM,
    )


def own_folder(home: Path) -> Path:
    """The folder for fetched files."""
    return files().own_folder(home)


def content(folder: Path, name: str) -> bytes:
    """See `PublishedFiles.content`."""
    return files().content(folder, name)


def ready_folder(home: Path, extra: tuple[Path, ...]) -> Path:
    """See `PublishedFiles.ready_folder`."""
    return files().ready_folder(home, extra)


def look(home: Path, extra: tuple[Path, ...]) -> SearchedPlace:
    """See `PublishedFiles.look`."""
    return files().look(home, extra)


def obtain(home: Path, extra: tuple[Path, ...], on_step: OnStep) -> tuple[SearchedPlace, ...]:
    """See `PublishedFiles.obtain`."""
    return files().obtain(home, extra, on_step)
