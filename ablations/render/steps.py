"""What is being done, for commands that take a while and have no display of their own."""

from ablations.render.console import say


class Steps:
    """A line for each thing that is done; of what takes long, a line each tenth."""

    def __init__(self) -> None:
        self._said = ("", -1)

    def __call__(self, text: str, share: float | None = None) -> None:
        """See `ablations.preparation.OnStep`."""
        now = ("", int(share * 10)) if share is not None else (text, -1)
        if now != self._said:
            self._said = now
            say(text)
