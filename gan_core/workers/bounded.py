"""A file that may be compressed, read within a bound: a few kilobytes can unpack to more than any memory holds."""

import bz2
import gzip
import io
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, cast

from gan_core.problems import Problem, UserError

_BY_MAGIC: tuple[tuple[bytes, Callable[[BinaryIO], BinaryIO]], ...] = (
    (b"\x1f\x8b", lambda packed: cast("BinaryIO", gzip.GzipFile(fileobj=packed))),
    (b"BZh", lambda packed: cast("BinaryIO", bz2.BZ2File(packed))),
    (b"\xfd7zXZ\x00", lambda packed: cast("BinaryIO", lzma.LZMAFile(packed))),  # noqa: SIM115
)


class Bounded(io.RawIOBase):
    """The file's content, unpacked while it is read. A read of more than `most_at_once` bytes, or beyond byte `most`,
    raises UserError.
    """

    def __init__(self, path: Path, most: int, most_at_once: int, allowed: str) -> None:
        self.path, self.most, self.most_at_once, self.allowed = path, most, most_at_once, allowed
        self._packed = open(path, "rb")  # noqa: SIM115  closed by `close`
        magic = self._packed.read(6)
        self._packed.seek(0)
        unpack = next((unpack for start, unpack in _BY_MAGIC if magic.startswith(start)), None)
        self._file = self._packed if unpack is None else unpack(self._packed)

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= self.most_at_once:
            raise self._too_large()
        self._check(self._file.tell() + size)
        return self._file.read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_SET:
            self._check(offset)
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def close(self) -> None:
        self._file.close()
        self._packed.close()
        super().close()

    def _check(self, until: int) -> None:
        if until > self.most:
            raise self._too_large()

    def _too_large(self) -> UserError:
        return UserError(Problem("unpacks to more than it may hold", source=str(self.path), allowed=self.allowed))
