"""Where data sets, caches and weights of this machine lie."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass

HOME_VARIABLE = "GAN_ABLATIONS_HOME"
WEIGHTS_VARIABLE = "GAN_ABLATIONS_INCEPTION_WEIGHTS"


def machine_home() -> Path:
    """The folder where data sets and caches of this machine lie: $GAN_ABLATIONS_HOME, or ~/.cache/gan-ablations."""
    return Path(os.environ.get(HOME_VARIABLE) or Path.home() / ".cache" / "gan-ablations").expanduser()


def given_weights() -> Path | None:
    """The file of Inception's weights that the environment names, if it names one."""
    named = os.environ.get(WEIGHTS_VARIABLE)
    return Path(named).expanduser() if named else None
