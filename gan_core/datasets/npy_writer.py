"""An .npy file that grows row by row, for arrays that need not fit into memory and whose length is not known before."""

from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray


class NpyWriter:
    """Appends rows of uint8; when it is closed the file is a plain .npy [rows *shape]."""

    def __init__(self, path: Path, shape: tuple[int, ...]) -> None:
        self._file = open(path, "wb")  # noqa: SIM115  closed by __exit__
        self._shape = shape
        self.rows = 0
        self._start = self._write_header()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._file.seek(0)
            if self._write_header() != self._start:
                raise ValueError("the header does not fit into its place")
        finally:
            self._file.close()

    def append(self, row: NDArray[np.uint8]) -> None:
        """Add one row."""
        if row.shape != self._shape or row.dtype != np.uint8:
            raise ValueError(f"a row of {row.dtype} {row.shape}, expected uint8 {self._shape}")
        self._file.write(np.ascontiguousarray(row).data)
        self.rows += 1

    def _write_header(self) -> int:
        """Write the header for the rows so far, and return where it ends. numpy leaves room for more digits."""
        described: dict[str, Any] = {"descr": "|u1", "fortran_order": False, "shape": (self.rows, *self._shape)}
        np.lib.format.write_array_header_1_0(self._file, described)
        return self._file.tell()
