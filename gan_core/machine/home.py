"""Where data sets, caches and weights of this machine lie; a user whom this machine does not know."""

import getpass
import os
from pathlib import Path

from gan_core.problems import Problem, UserError

HOME_VARIABLE = "GAN_ABLATIONS_HOME"
WEIGHTS_VARIABLE = "GAN_ABLATIONS_INCEPTION_WEIGHTS"


def machine_home() -> Path:
    """The folder where data sets and caches of this machine lie: $GAN_ABLATIONS_HOME, or ~/.cache/gan-ablations.

    Raises UserError where neither is known: a folder that goes away would have everything prepared again each time.
    """
    return expanded(Path(os.environ.get(HOME_VARIABLE) or "~/.cache/gan-ablations"))


def given_weights() -> Path | None:
    """The file of Inception's weights that the environment names, if it names one."""
    named = os.environ.get(WEIGHTS_VARIABLE)
    return expanded(Path(named)) if named else None


def expanded(path: Path) -> Path:
    """The path with ~ and ~name replaced by home folders. Raises UserError where nothing says which."""
    try:
        return path.expanduser()
    except RuntimeError as error:
        whose = "the home folder of this user" if path.parts[0] == "~" else "that home folder"
        message = f"{path}: {whose} is unknown: neither $HOME nor this machine's list of users (passwd) has it"
        allowed = f"${HOME_VARIABLE} set to a folder that stays, or $HOME" if path.parts[0] == "~" else "a full path"
        raise UserError(Problem(message, allowed=allowed)) from error


def settle_user() -> None:
    """Give a user whom this machine does not know, as in a container, its number as name ('uid-1000') and a home.

    The home is $GAN_ABLATIONS_HOME, if set. MLflow and torch ask for both and end where there is none. Holds for this
    process and its children.
    """
    try:
        getpass.getuser()
    except (KeyError, OSError):  # OSError since Python 3.13
        os.environ["LOGNAME"] = f"uid-{os.getuid()}"
    try:
        Path.home()
    except RuntimeError:
        if (named := os.environ.get(HOME_VARIABLE, "~"))[:1] not in ("", "~"):
            os.environ["HOME"] = os.path.abspath(named)
