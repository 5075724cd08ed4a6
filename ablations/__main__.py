"""`python -m ablations`, and the console script."""

import signal
import sys
from types import FrameType
from typing import NoReturn


def main() -> None:
    """Run the command line. Mistakes that the user can put right end with exit code 2, without a traceback.

    What the operating system does not permit this user is one of them.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # not under nohup
            signal.signal(number, _end)
    try:
        _run()
    except KeyboardInterrupt:  # where no command grants it: while it imports, or after it has done its work
        sys.exit(1)


def _end(number: int, frame: FrameType | None) -> NoReturn:
    """End as after Ctrl-C, tidily. Who trains grants the request after a step instead."""
    raise KeyboardInterrupt


def _run() -> None:
    from ablations.cli.app import app
    from ablations.terminal.console import show_error
    from gan_core.machine.permission import is_refused, refusal
    from gan_core.problems import UserError

    try:
        app()
    except UserError as error:
        show_error(error)
        sys.exit(2)
    except BrokenPipeError:
        sys.exit(1)  # whoever read our output has gone
    except OSError as error:
        if not is_refused(error):
            raise
        show_error(refusal(error))
        sys.exit(2)


if __name__ == "__main__":
    main()
