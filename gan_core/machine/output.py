"""Standard output and error that outlast whoever reads them: what can't be written there ends no work."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO, cast


class LastingOutput:
    """A text stream that is given up, not raised from, where it can't be written: closed, full, or its terminal gone.

    Letters that its encoding lacks are written as escapes. `lost`: why it was given up.
    """

    def __init__(self, stream: TextIO | None) -> None:
        """`stream`: None where the program was started with it closed."""
        self.lost: OSError | None = None
        self._stream = open(os.devnull, "w", encoding="utf-8") if stream is None else stream  # noqa: SIM115
        if hasattr(self._stream, "reconfigure"):
            self._stream.reconfigure(errors="backslashreplace")

    def write(self, text: str) -> int:
        """Write the text, or nothing any more."""
        if self.lost is None:
            try:
                self._stream.write(text)
            except OSError as error:
                self._give_up(error)
            except ValueError as error:  # closed by somebody in this process
                self._give_up(OSError(errno.EBADF, str(error)))
        return len(text)

    def flush(self) -> None:
        """Hand on what was written."""
        if self.lost is None:
            try:
                self._stream.flush()
            except OSError as error:
                self._give_up(error)
            except ValueError as error:
                self._give_up(OSError(errno.EBADF, str(error)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _give_up(self, error: OSError) -> None:
        self.lost = error
        with suppress(OSError, ValueError):  # what is still in its buffer would be tried again at the very end
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)


@contextmanager
def lasting_output() -> Iterator[LastingOutput]:
    """Standard output and error are lasting while the body runs; gives the former."""
    former = sys.stdout, sys.stderr
    out, err = LastingOutput(sys.stdout), LastingOutput(sys.stderr)
    sys.stdout, sys.stderr = cast(TextIO, out), cast(TextIO, err)
    try:
        yield out
    finally:
        out.flush()
        err.flush()
        sys.stdout, sys.stderr = former


def is_missed(lost: OSError | None) -> bool:
    """Whether somebody misses what was not written: on a full disk, not in a pipe whose reader has what it wants."""
    return lost is not None and lost.errno not in (errno.EPIPE, errno.EIO, errno.EBADF)
