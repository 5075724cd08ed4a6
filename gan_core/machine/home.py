"""Where data sets, caches and weights of this machine lie."""

import os
from pathlib import Path

from gan_core.problems import Problem, UserError

HOME_VARIABLE = "GAN_ABLATIONS_HOME"
WEIGHTS_VARIABLE = "GAN_ABLATIONS_INCEPTION_WEIGHTS"


def machine_home() -> Path:
    """The folder where data sets and caches of this machine lie: $GAN_ABLATIONS_HOME, or ~/.cache/gan-ablations.

    Raises UserError where there is neither.
    """
    try:
        return Path(os.environ.get(HOME_VARIABLE) or Path.home() / ".cache" / "gan-ablations").expanduser()
    except RuntimeError:  # no HOME, and a user that the system does not know, as in some containers
        message = "there is no home folder for data sets and caches"
        raise UserError(Problem(message, (HOME_VARIABLE,), "a folder that can be written to")) from None


def given_weights() -> Path | None:
    """The file of Inception's weights that the environment names, if it names one."""
    named = os.environ.get(WEIGHTS_VARIABLE)
    return Path(named).expanduser() if named else None
