"""The time that the parent's loop goes by."""

import time


class Clock:
    """This machine's; a test may have one of its own."""

    def now(self) -> float:
        """Seconds since some moment."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Let the time pass."""
        time.sleep(seconds)
