"""A trick tried with one loss: a run with it, the same run without it, and the run with it again from a checkpoint."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gan_core.contract.finding import told
from gan_core.contract.global_random import drawn_from, global_random_state
from gan_core.contract.tiny import STEPS, Baselines, Ran, begun, configured, stepped
from gan_core.contract.watch import Watch
from gan_core.problems import UserError
from gan_core.training import checkpoint
from gan_core.tricks import Trick

COMPANY: tuple[Mapping[str, Any], ...] = ({}, {"norm_d": "none"}, {"norm_d": "none", "norm_g": "none"})


@dataclass(frozen=True)
class Trial:
    """What was seen of a trick with one loss."""

    loss: str
    on: Ran
    off: Ran
    again: Ran  # from the checkpoint on
    dose: Mapping[str, float]
    dose_again: Mapping[str, float]
    drew: list[str]  # global generators that the run with the trick drew from


@dataclass(frozen=True)
class Refused:
    """Its rules, or those of its company, allow no run with this loss."""

    loss: str
    reason: str


def settings_on(trick: Trick, settings: Mapping[str, Any], loss: str) -> dict[str, Any] | Refused:
    """A tiny run with the trick on and this loss, in the first company that its rules allow."""
    reason = ""
    for company in COMPANY:
        wanted = {trick.name: True, **company, **settings, "loss": loss}
        try:
            configured(wanted)
        except UserError as error:
            reason = reason or str(error.problems[0])
            continue
        return wanted
    return Refused(loss, reason)


def without(trick: Trick, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The same run without it."""
    return {name: value for name, value in settings.items() if name != trick.name}


def tried(trick: Trick, settings: Mapping[str, Any], baselines: Baselines, watch: Watch) -> Trial:
    """The runs with these settings, in which the trick is on. Raises `Stopped` where its code raises."""
    loss = str(settings["loss"])
    off = baselines.of(without(trick, settings))
    generators = global_random_state()
    with tempfile.TemporaryDirectory() as folder, told("runs", f"a run with loss: {loss}", _RUNS):
        path = Path(folder) / checkpoint.NAME
        state = begun(settings)
        state.parts = watch.around(state.parts)

        def save() -> None:
            with told("resumed", f"saving a checkpoint with loss: {loss}", _PLAIN):
                checkpoint.save(path, state, {})

        on = stepped(state, STEPS, save)
        dose = _dose(trick, state.doses)
        drew = drawn_from(generators)
        other = begun(settings)
        with told("resumed", f"going on from a checkpoint with loss: {loss}", _PLAIN):
            checkpoint.load(path, other)
        again = stepped(other)
        return Trial(loss, on, off, again, dose, _dose(trick, other.doses), drew)


_RUNS = "look at what its parts give back (shapes, types) and at what they change in place"
_PLAIN = "state_dict has to give plain data and tensors, and load_state_dict has to take them back"


def _dose(trick: Trick, doses: Mapping[str, Any]) -> dict[str, float]:
    return {name: value for measure in doses[trick.name] for name, value in measure().items()}
