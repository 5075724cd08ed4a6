"""The weights of extractors that don't ship with the package: files in `home`/weights, each named by its sha256.

What a configuration names is a digest, so nothing here can put one file in another's place. A file appears under its
name at once, after its content was checked; processes that train read it from here and fetch nothing.
"""

import hashlib
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from gan_core.machine.files import replacing
from gan_core.problems import Problem, UserError

OnProgress = Callable[[str, int, int], None]  # what is being fetched, bytes done, of how many
SUFFIX = ".pth"
CHUNK = 1 << 20
SOCKET_TIMEOUT_S = 15
WHERE = ("extractor",)


@dataclass(frozen=True)
class Download:
    """Where a file is published, and how large it is."""

    url: str
    size: int  # bytes


def locate(home: Path, digest: str, suffix: str = SUFFIX) -> Path | None:
    """The file whose sha256 begins with `digest`, or None. Raises UserError where two do."""
    found = sorted((home / "weights").glob(f"{digest}*{suffix}"))
    if len(found) > 1:
        names = ", ".join(path.stem for path in found)
        raise UserError(Problem(f"{digest} is the beginning of several files' sha256", WHERE, allowed=names))
    return found[0] if found else None


def sha256_of(path: Path) -> str:
    """Raises UserError where the file can't be read."""
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UserError(Problem(f"{path} cannot be read: {error.strerror or error}", ("inception_weights",))) from error


def keep(home: Path, path: Path, suffix: str = SUFFIX) -> Path:
    """A copy of the file in the store, under its sha256."""
    with open(path, "rb") as file:
        return _put(home, iter(lambda: file.read(CHUNK), b""), sha256_of(path), suffix)


def keep_content(home: Path, content: bytes, suffix: str) -> Path:
    """Put the bytes into the store, under their sha256. Raises UserError where they can't be written."""
    try:
        return _put(home, [content], hashlib.sha256(content).hexdigest(), suffix)
    except OSError as error:
        message = f"{home / 'weights'} can't be written: {error.strerror or error}"
        raise UserError(
            Problem(message, allowed="room and rights; $GAN_ABLATIONS_HOME names another folder")
        ) from error


def fetch(home: Path, download: Download, sha256: str, on_progress: OnProgress) -> Path:
    """Download a file into the store. Raises OSError with the reason where that fails."""
    what = download.url.rpartition("/")[2]
    try:
        with urllib.request.urlopen(download.url, timeout=SOCKET_TIMEOUT_S) as answer:
            return _put(home, _told(iter(lambda: answer.read(CHUNK), b""), what, download.size, on_progress), sha256)
    except urllib.error.URLError as error:
        raise OSError(str(error.reason)) from error


def _told(chunks: Iterator[bytes], what: str, size: int, on_progress: OnProgress) -> Iterator[bytes]:
    done = 0
    for chunk in chunks:
        done += len(chunk)
        on_progress(what, done, size)
        yield chunk


def _put(home: Path, chunks: Iterable[bytes], sha256: str, suffix: str = SUFFIX) -> Path:
    """Write to a temporary file, check, rename. Raises OSError where the content is not the one that is named."""
    folder = home / "weights"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{sha256}{suffix}"
    digest, size = hashlib.sha256(), 0
    with replacing(path, shared=True) as temporary:
        with open(temporary, "wb") as file:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                file.write(chunk)
        if digest.hexdigest() != sha256:
            raise OSError(f"brought {size:,} bytes of sha256 {digest.hexdigest()}, expected {sha256}")
    return path
