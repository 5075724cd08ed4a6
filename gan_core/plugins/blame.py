"""Where in a user's code something went wrong."""

import traceback

from gan_core.plugins.loaded import loaded


def line_of(error: BaseException, path: str) -> int | None:
    """The innermost line of this file that the error passed; None where it passed none."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == path]
    return lines[-1] if lines else None


def place_in(error: BaseException) -> str:
    """'my_trick.py:12', the innermost line of a plug-in that the error passed; '' where it passed none."""
    paths = {plugin.source.path for plugin in loaded()}
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename in paths]
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""
