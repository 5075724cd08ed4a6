"""The parts of a run's tricks, built; and what a plug-in's code gets wrong there, told before anything trains."""

from collections.abc import Callable
from typing import Any

import torch

from gan_core.datasets import DATASETS
from gan_core.game.player import Clock
from gan_core.nets import ARCHITECTURES
from gan_core.plugins.blame import place_in
from gan_core.plugins.loaded import plugin_of
from gan_core.problems import Problem, UserError
from gan_core.schema.configuration import Config
from gan_core.streams import Streams
from gan_core.training.networks import Networks
from gan_core.tricks import TRICKS, Trick, tricks_of
from gan_core.tricks.seats import Context, Parts

WAY = "build(options, context) -> Parts(SEAT=(..., ), ...)"
MADE_UP = 2  # classes, of labels that are not there yet


def parts_by_trick(config: Config, context_of: Callable[[str], Context]) -> dict[str, Parts]:
    """What each trick that is on puts into the seats. Raises UserError, with file and line, where a plug-in's can't."""
    return {trick.name: _built(trick, options, context_of(trick.name)) for trick, options in tricks_of(config)}


def own_code_problem(config: Config) -> Problem | None:
    """What is wrong with code of the user's own as far as building a run shows it. Nothing is trained; on the CPU."""
    if not config.use:
        return None
    clock, random, device = Clock(), Streams(config.seed), torch.device("cpu")
    channels = ARCHITECTURES[config.architecture].channels or DATASETS[config.data].channels or 1
    shape = (channels, *config.shape)

    def draw_labels(count: int, stream: torch.Generator) -> torch.Tensor:
        return torch.randint(MADE_UP, (count,), generator=stream)

    def context_of(name: str) -> Context:
        draw = draw_labels if config.conditional else None
        return Context(config, clock, random.get(f"trick:{name}", device), device, shape, draw)

    try:
        by_trick = parts_by_trick(config, context_of)
        networks = Networks(config, shape, MADE_UP if config.conditional else 0, by_trick, device)
        networks.G(), networks.D()
    except UserError as error:
        return error.problems[0]
    except Exception as error:
        if not (place := place_in(error)):
            raise
        return _raised("building the networks", error, place)
    return None


def _built(trick: Trick, options: Any, context: Context) -> Parts:
    owner = plugin_of(TRICKS.owner(trick.name))
    if owner is None:
        return trick.build(options, context)
    doing = f"build of the trick {trick.name!r}"
    try:
        parts = trick.build(options, context)
    except UserError:
        raise
    except Exception as error:
        raise UserError(_raised(doing, error, place_in(error) or owner.source.path)) from error
    if not isinstance(parts, Parts):
        raise UserError(Problem(f"{doing} gives {type(parts).__name__}, not Parts", (), WAY, source=owner.source.path))
    if wrong := parts.wrong():
        raise UserError(Problem(f"{doing}: {wrong}", (), WAY, source=owner.source.path))
    return parts


def _raised(doing: str, error: Exception, place: str) -> Problem:
    return Problem(f"{doing} raised {type(error).__name__}: {error}", source=place)
