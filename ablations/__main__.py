"""`python -m ablations`, and the console script."""

import sys
from contextlib import suppress

from gan_core.machine.home import settle_user
from gan_core.machine.output import steady_output
from gan_core.workers.interrupt import Interrupt, let_go


def main() -> None:
    """Run the command line. Mistakes that the user can put right end with exit code 2, without a traceback.

    What the operating system does not permit this user is one of them. A signal ends a command tidily with exit code 1,
    a second one at once. Where what is printed can't go anywhere, the command goes on.
    """
    settle_user()
    with steady_output():
        try:
            with Interrupt(grants=False, kill_children=_kill_children):
                _run()
        except KeyboardInterrupt:
            sys.exit(1)


def _kill_children() -> None:
    """Trials, their fork server, MLflow's UI."""
    import psutil

    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            child.kill()


def _run() -> None:
    from ablations.cli.app import app
    from ablations.terminal.console import show_error
    from gan_core.machine.home import machine_home
    from gan_core.machine.permission import is_refused, refusal
    from gan_core.machine.trouble import trouble_of
    from gan_core.problems import UserError

    try:
        machine_home()  # where there is none, MLflow can't even be imported
        app()
    except UserError as error:
        show_error(error)
        sys.exit(2)
    except Exception as error:
        refused = refusal(error) if isinstance(error, OSError) and is_refused(error) else trouble_of(error)
        if refused is None:
            raise
        show_error(refused)
        sys.exit(2)


def program() -> None:
    """`main`, as the whole of a process: a signal while it goes ends it, with nothing left to lose and no word."""
    try:
        main()
    finally:
        let_go()


if __name__ == "__main__":
    program()
