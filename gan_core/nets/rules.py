"""What an architecture cannot do: draw that size, normalise in that way."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gan_core.nets import ARCHITECTURES, NORMALISATIONS
from gan_core.problems import Problem

if TYPE_CHECKING:
    from gan_core.config import Config


def network_problems(config: "Config", settings: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with a configuration's networks. Each stands at a setting that was given, where one was."""
    architecture, problems = ARCHITECTURES[config.architecture], []
    try:
        architecture.check_size(*config.shape)
    except ValueError as error:
        problems.append(Problem(str(error), where=("image_size" if "image_size" in settings else "architecture",)))
    for where, norm in (("norm_g", config.norm_g), ("norm_d", config.norm_d)):
        if not architecture.has_maps and NORMALISATIONS[norm].vectors is None:
            message = f"{config.architecture} has no feature maps, and so nothing for {norm} to normalise over"
            problems.append(Problem(message, where=(where,)))
    return problems
