"""How much each trick acted: asked once a tick, and remembered as far as to say which never did."""

from collections.abc import Mapping
from typing import Any

from gan_core.problems import Problem, UserError
from gan_core.schema.configuration import Config
from gan_core.tricks import tricks_of
from gan_core.tricks.seats import Dose


class Doses:
    """The tricks' measures, by trick. `inert` is what a run says about itself at its end."""

    def __init__(self, config: Config, measures: Mapping[str, tuple[Dose, ...]]) -> None:
        self._tricks = {trick.name: trick for trick, _ in tricks_of(config)}
        self._measures = measures
        self._asked = False
        self._acted: set[str] = set()

    def take(self) -> dict[str, float]:
        """All doses now, by '<trick>/<quantity>'."""
        doses: dict[str, float] = {}
        for name, trick in self._tricks.items():
            dose = {key: value for measure in self._measures[name] for key, value in _given(name, measure).items()}
            if trick.acts(dose):
                self._acted.add(name)
            doses |= {f"{name}/{key}": value for key, value in dose.items()}
        self._asked = True
        return doses

    @property
    def inert(self) -> tuple[str, ...] | None:
        """The tricks that are on and acted at no tick, in canonical order; None before the first tick."""
        return tuple(name for name in self._tricks if name not in self._acted) if self._asked else None

    def state_dict(self) -> dict[str, Any]:
        return {"asked": self._asked, "acted": sorted(self._acted)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self._asked, self._acted = state["asked"], set(state["acted"])


def _given(trick: str, measure: Dose) -> dict[str, float]:
    """What a measure gives. Raises UserError for anything but numbers by name: a plug-in's may give what it likes."""
    given: Any = measure()
    if not isinstance(given, dict):
        what = f"the dose of the trick {trick!r} gives {type(given).__name__}"
        raise UserError(Problem(what, allowed="{name: how much it acted}"))
    return given
