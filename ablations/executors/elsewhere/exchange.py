"""Where files travel between machines: a folder that all of them reach, or an object store by its URI."""

import errno
import re
import socket
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

from ablations.executors.elsewhere.object_store import DRIVERS, ObjectStore
from ablations.executors.elsewhere.shared_folder import SharedFolder
from ablations.executors.elsewhere.trial_files import travelling
from gan_core.machine.files import replacing
from gan_core.machine.trouble import BROKEN, FULL
from gan_core.problems import Problem, UserError, nearest_name

ALLOWED = "a folder that all machines reach, or file:///FOLDER, s3://BUCKET/FOLDER, gs://BUCKET/FOLDER"
URI = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.DOTALL)
CHECKED = "checked"
NOT_WRITABLE = {errno.EACCES: "no rights to write there", errno.EPERM: "no rights to write there"}
NOT_WRITABLE |= {errno.EROFS: "it is mounted for reading only", errno.ENOTDIR: "a part of its path is a file"}
LASTING = {**NOT_WRITABLE, **FULL}
WORDS = {**LASTING, **BROKEN}


class ExchangeError(UserError):
    """The exchange can't be read or written. `lasting`: whether another try in a moment would be of no use."""

    def __init__(self, problem: Problem, lasting: bool = False) -> None:
        super().__init__(problem)
        self.lasting = lasting


class Exchange:
    """Files by names: a name is a path of folders below the exchange, such as 'trials/ARM-seed0-HASH/ATTEMPT'.

    Every file appears whole. All methods raise ExchangeError, in words, where the exchange does not do as asked.
    """

    def __init__(self, uri: str) -> None:
        """`uri`: a folder or a URI. Nothing is read or made yet. Raises UserError for what can be no exchange."""
        self.uri = uri
        self._place = _place(uri)

    def put(self, directory: Path, name: str, paths: Iterable[str] | None = None) -> None:
        """Send files of `directory`, by their paths within; None: all that travel. They lie below `name` then."""
        for path in travelling(directory) if paths is None else paths:
            with self._in_words(f"{name}/{path} can't be written"):
                self._place.put(directory / _inside(path), f"{name}/{path}")

    def get(self, name: str, directory: Path, paths: Iterable[str] | None = None) -> None:
        """Copy files below `name` into `directory`, by their paths within; None: all."""
        for path in self.files(name) if paths is None else paths:
            target = directory / _inside(path)
            with self._in_words(f"{name}/{path} can't be read"):
                target.parent.mkdir(parents=True, exist_ok=True)
                with replacing(target) as temporary:
                    self._place.get(f"{name}/{path}", temporary)

    def put_bytes(self, path: str, content: bytes) -> None:
        """Make this the content of the file at this path."""
        with self._in_words(f"{path} can't be written"):
            self._place.write(path, content)

    def put_new(self, path: str, content: bytes) -> bool:
        """Make this the content of a new file at this path; False where there is one already, which stays as it is."""
        with self._in_words(f"{path} can't be written"):
            try:
                self._place.write_new(path, content)
            except FileExistsError:
                return False
        return True

    def get_bytes(self, path: str) -> bytes:
        """The content of the file at this path."""
        with self._in_words(f"{path} can't be read"):
            return self._place.read(path)

    def exists(self, path: str) -> bool:
        """Whether there is a file at this path."""
        with self._in_words(f"{path} can't be looked for"):
            return self._place.exists(path)

    def files(self, name: str) -> tuple[str, ...]:
        """The files below `name`, as paths within, in order; () where there is nothing."""
        with self._in_words(f"{name} can't be listed"):
            return tuple(sorted(_inside(path) for path in self._place.files(name)))

    def names(self, under: str = "trials") -> tuple[str, ...]:
        """The names of the folders directly below `under`, in order."""
        with self._in_words(f"{under} can't be listed"):
            return tuple(sorted(self._place.folders(under)))

    def remove(self, name: str) -> None:
        """Remove everything below `name`, or the file of that name; nothing there is no error."""
        with self._in_words(f"{name} can't be removed"):
            self._place.remove(name)

    def check(self) -> None:
        """Write a small file, read it back and remove it. Raises ExchangeError where one of them does not work."""
        content = uuid.uuid4().hex.encode()
        path = f"{CHECKED}/{socket.gethostname()}-{content.decode()}"
        self.put_bytes(path, content)
        if self.get_bytes(path) != content:
            raise ExchangeError(Problem("what was written is not what is read back", source=self.uri, allowed=ALLOWED))
        self.remove(path)

    @contextmanager
    def _in_words(self, doing: str) -> Iterator[None]:
        try:
            yield
        except UserError:
            raise
        except Exception as error:  # each driver has errors of its own, and none of them is a bug of ours
            raise ExchangeError(Problem(f"{doing}: {_why(error)}", source=self.uri), _is_lasting(error)) from error


def _place(uri: str) -> SharedFolder | ObjectStore:
    found = URI.fullmatch(uri)
    protocol = found[1].lower() if found else "file"
    if protocol == "file":
        folder = Path(unquote(found[2]) if found else uri).expanduser()
        if not folder.is_absolute():
            raise UserError(Problem("is no full path, and machines may start elsewhere", source=uri, allowed=ALLOWED))
        return SharedFolder(folder)
    if protocol not in DRIVERS:
        known = ["file", *(name for name in DRIVERS if name != "memory")]
        raise UserError(
            Problem(
                f"{protocol}:// is no place for files",
                source=uri,
                allowed=ALLOWED,
                nearest=nearest_name(protocol, known),
            )
        )
    return ObjectStore(uri, protocol)


def _inside(path: str) -> str:
    """The path, which stays where it is joined to."""
    if path.startswith("/") or "\\" in path or not all(part.strip(". ") for part in path.split("/")):
        raise ExchangeError(Problem(f"{path!a} is no path within a trial's folder"), lasting=True)
    return path


def _why(error: BaseException) -> str:
    if isinstance(error, OSError) and (words := WORDS.get(error.errno or 0)):
        return words
    if isinstance(error, PermissionError):
        return f"no rights to do so ({_text(error)})"
    return _text(error)


def _text(error: BaseException) -> str:
    text = (isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__
    return " ".join(text.split())[:300]


def _is_lasting(error: BaseException) -> bool:
    if isinstance(error, PermissionError):
        return True
    return type(error).__name__ == "NoCredentialsError" or (isinstance(error, OSError) and error.errno in LASTING)
