"""An object store (S3, Google Cloud Storage), as a place for files: paths in, whole files out. The only fsspec."""

from pathlib import Path, PurePosixPath
from typing import Any

from gan_core.problems import Problem, UserError

DRIVERS = {"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "memory": "fsspec"}  # protocol -> package


class ObjectStore:
    """Files by their paths below a URI. An object appears whole by itself. Raises OSError and what drivers raise."""

    def __init__(self, uri: str, protocol: str) -> None:
        """Nothing is asked of the store yet. Raises UserError where its driver is not installed."""
        try:
            from fsspec.core import url_to_fs

            # Listings of a moment ago are of no use: other machines write here
            self._fs: Any
            self._fs, root = url_to_fs(uri, use_listings_cache=False)
        except ImportError as error:
            package = DRIVERS[protocol]
            message = f"{protocol}:// takes the package {package}, which can't be imported here ({error})"
            raise UserError(Problem(message, source=uri, allowed=f"pip install {package}")) from None
        self.root = root.rstrip("/")

    def put(self, source: Path, path: str) -> None:
        """Copy a file of this machine to this path."""
        self._fs.put_file(str(source), self._at(path))

    def get(self, path: str, target: Path) -> None:
        """Copy the object at this path to `target`, which is overwritten."""
        self._fs.get_file(self._at(path), str(target))

    def write(self, path: str, content: bytes) -> None:
        """Make this the content of the object at this path."""
        self._fs.pipe_file(self._at(path), content)

    def write_new(self, path: str, content: bytes) -> None:
        """The same for a path where nothing is. Raises FileExistsError where something is."""
        self._fs.pipe_file(self._at(path), content, mode="create")

    def read(self, path: str) -> bytes:
        """The content of the object at this path."""
        content: bytes = self._fs.cat_file(self._at(path))
        return content

    def exists(self, path: str) -> bool:
        """Whether there is an object at this path. An answer that is none is an error, not a no."""
        self._fs.invalidate_cache()
        try:
            self._fs.info(self._at(path))
        except FileNotFoundError:
            return False
        return True

    def files(self, folder: str) -> list[str]:
        """The objects below `folder`, as paths within it."""
        self._fs.invalidate_cache()
        top = self._at(folder).lstrip("/")
        return [path.lstrip("/").removeprefix(top).lstrip("/") for path in self._fs.find(self._at(folder))]

    def folders(self, folder: str) -> list[str]:
        """The names of the folders in `folder`."""
        self._fs.invalidate_cache()
        try:
            found = self._fs.ls(self._at(folder), detail=True)
        except FileNotFoundError:
            return []
        return [PurePosixPath(one["name"]).name for one in found if one["type"] == "directory"]

    def remove(self, path: str) -> None:
        """Remove the object at this path, or all below it."""
        self._fs.invalidate_cache()
        try:
            self._fs.rm(self._at(path), recursive=True)
        except FileNotFoundError:
            return

    def _at(self, path: str) -> str:
        return f"{self.root}/{path}"
