"""A folder that several machines reach, as a place for files: paths in, whole files out."""

import os
import shutil
import uuid
from contextlib import suppress
from pathlib import Path

from gan_core.machine.files import replacing


class SharedFolder:
    """Files by their paths below `root`. Each appears whole. Raises OSError."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, source: Path, path: str) -> None:
        """Copy a file of this machine to this path."""
        with replacing(self._made(path), shared=True) as temporary:
            shutil.copyfile(source, temporary)

    def get(self, path: str, target: Path) -> None:
        """Copy the file at this path to `target`, which is overwritten."""
        shutil.copyfile(self.root / path, target)

    def write(self, path: str, content: bytes) -> None:
        """Make this the content of the file at this path."""
        with replacing(self._made(path), shared=True) as temporary:
            temporary.write_bytes(content)

    def write_new(self, path: str, content: bytes) -> None:
        """The same for a path where nothing is. Raises FileExistsError where something is."""
        draft = self._made(path).with_name(f".{uuid.uuid4().hex}.tmp")
        draft.write_bytes(content)
        try:
            os.link(draft, self.root / path)  # in one step, on network file systems too
        finally:
            draft.unlink()

    def read(self, path: str) -> bytes:
        """The content of the file at this path."""
        return (self.root / path).read_bytes()

    def exists(self, path: str) -> bool:
        """Whether there is a file at this path."""
        try:
            (self.root / path).lstat()
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True

    def files(self, folder: str) -> list[str]:
        """The plain files below `folder`, as paths within it; no drafts, and nothing behind links."""
        top = self.root / folder
        found = []
        for where, _, names in os.walk(top, onerror=_raise_unless_gone):
            found += [Path(where, name) for name in names if not name.startswith(".")]
        return [str(path.relative_to(top)) for path in found if path.is_file() and not path.is_symlink()]

    def folders(self, folder: str) -> list[str]:
        """The names of the folders in `folder`."""
        try:
            with os.scandir(self.root / folder) as entries:
                return [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
        except FileNotFoundError:
            return []

    def remove(self, path: str) -> None:
        """Remove the file or folder at this path, and folders above it that are empty then."""
        top = self.root / path
        if top.is_dir() and not top.is_symlink():
            shutil.rmtree(top, ignore_errors=True)  # whoever still writes there leaves what nobody reads
        else:
            top.unlink(missing_ok=True)
        with suppress(OSError, ValueError):
            for folder in list(top.relative_to(self.root).parents)[:-1]:
                (self.root / folder).rmdir()

    def _made(self, path: str) -> Path:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        return target


def _raise_unless_gone(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error
