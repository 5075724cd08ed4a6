"""Standard output and error that never end the work, whatever they lead to.

A terminal or pipe may be closed, full, or gone, and may not know the characters that are printed. A study that trained
for days must not end for that: what can't be written is left out, what can't be encoded is spelled out.
"""

import codecs
import errno
import io
import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO, cast

ERRORS = "spelled-out"  # how the streams treat what their encoding lacks
# Whoever read has gone, by choice or not: nobody is left to be told that something is missing.
GONE = {errno.EPIPE, errno.EIO, errno.ENXIO, errno.ECONNRESET}
PLAIN = str.maketrans("–—\u2212…\u00d7·↑↓→", "---~x.^v>", "") | {ord("±"): "+-"}


def spelled_out(error: UnicodeError) -> tuple[str | bytes, int]:
    """Codecs' error handler: a plain look-alike, or the escape sequence '\\xb1'."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end].translate(PLAIN)
    return text.encode("ascii", "backslashreplace").decode(), error.end


class SteadyFile(io.FileIO):
    """An open descriptor whose writes always succeed. `lost`: why some did not arrive; '' if all did."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self.lost = ""

    def write(self, data: bytes | memoryview, /) -> int:  # type: ignore[override]
        """The number of bytes that are done with."""
        try:
            while (written := super().write(data)) is None:  # the reader made the pipe a non-blocking one
                select.select((), (self,), ())
        except OSError as error:
            if error.errno not in GONE:
                self.lost = error.strerror or str(error)
            return len(data)
        return written


@contextmanager
def steady_output() -> Iterator[None]:
    """Make standard output and error steady, for this process and for good.

    Closed ones lead to the null device, so that no file which is opened later gets their number, and with it what is
    printed. At the end, a command that did well but whose output did not all arrive (a full disk) says so, and its
    exit code is 1; where the reader has gone, the exit code is the command's own.

    Streams that something else has put in the place of the standard ones (a test, a notebook) are left as they are.
    """
    codecs.register_error(ERRORS, spelled_out)
    _fill_descriptors()
    if sys.stdin is None:
        sys.stdin = open(0, closefd=False)  # noqa: SIM115, as long as the process
    file = SteadyFile(1)
    if sys.stdout is sys.__stdout__:
        sys.stdout = _stream(file, sys.stdout)
    if sys.stderr is sys.__stderr__:
        sys.stderr = _stream(SteadyFile(2), sys.stderr, line_buffering=True)
    try:
        yield
    except SystemExit as end:
        if not end.code:
            _end(file)
        raise
    else:
        _end(file)


def _fill_descriptors() -> None:
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # gets the lowest free number: this one


def _stream(file: SteadyFile, before: TextIO | None, line_buffering: bool = False) -> TextIO:
    """A text stream to the file, in the encoding of the one it replaces."""
    if isinstance(before, io.TextIOWrapper):
        before.flush()
    encoding = before.encoding if before else "utf-8"
    return io.TextIOWrapper(
        io.BufferedWriter(cast(io.RawIOBase, file)), encoding, ERRORS, line_buffering=line_buffering or file.isatty()
    )


def _end(file: SteadyFile) -> None:
    sys.stdout.flush()
    if file.lost:
        print(f"error: not all that was to be printed was: {file.lost}; the work itself is done", file=sys.stderr)
        sys.exit(1)
