"""A search's space as a whole: tricks that are on or off, then settings; and the arm that a choice makes."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from ablations.study.arm import Arm
from ablations.study.designs.arm_names import arm_name
from ablations.study.factors import StudyFactor, clashes, merged, named_by
from ablations.study.space.dimension import Choices, Params, Range, holds
from gan_core.config import resolve
from gan_core.problems import UserError
from gan_core.schema.ramp import is_ramp
from gan_core.tricks import TRICKS

MOST_COUNTED = 256  # combinations


class Forbidden(NamedTuple):
    """Why a choice makes no arm, in words."""

    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Space:
    """`tricks`: the study's factors. `dimensions`: options of a trick (SETTING.OPTION) after all other settings.

    An option exists only where its trick is on, whether the baseline, a factor or a choice switched it on.
    """

    baseline: Arm
    tricks: Mapping[str, StudyFactor]
    dimensions: tuple[Choices | Range, ...]

    @property
    def all_dimensions(self) -> tuple[Choices | Range, ...]:
        """The tricks as choices of off and on, then the settings: the order of choosing."""
        return (*(Choices(name, (False, True)) for name in self.tricks), *self.dimensions)

    def is_there(self, dimension: Choices | Range, params: Params) -> bool:
        """Whether there is anything to choose for this dimension, after the earlier choices."""
        if not holds(dimension.when, params):
            return False
        setting, _, option = dimension.name.partition(".")
        return not option or self.settings(params).get(setting) not in (None, False)

    def settings(self, params: Params) -> dict[str, Any]:
        """The user's words for the chosen settings, including the baseline's."""
        on = [name for name in self.tricks if params.get(name) is True]
        settings = merged(self.baseline.settings, on, self.tricks)
        for dimension in self.dimensions:
            if dimension.name in params:
                _put(settings, dimension.name, dimension.value(params[dimension.name]))
        return settings

    def arm(self, params: Params) -> Arm | Forbidden:
        """The arm of a choice. A choice with the baseline's configuration is the baseline."""
        on = [name for name in self.tricks if params.get(name) is True]
        if found := clashes(on, self.tricks):
            return Forbidden(tuple(found))
        settings = self.settings(params)
        try:
            config = resolve(settings, {*named_by(on, self.tricks), *params})
        except UserError as error:
            reasons = (f"{'.'.join(map(str, problem.where))} {problem.message}" for problem in error.problems)
            return Forbidden(tuple(dict.fromkeys(reasons)))
        if config == self.baseline.config:
            return self.baseline
        factors = {name: name in on for name in self.tricks}
        arm = replace(self.baseline, name=self._name(on, config.fingerprint()), factors=factors)
        return replace(arm, settings=settings, config=config)

    def draw(self, stream: random.Random) -> Params:
        """A choice drawn at random."""
        params: Params = {}
        for dimension in self.all_dimensions:
            if self.is_there(dimension, params):
                params[dimension.name] = dimension.draw(stream)
        return params

    def everything(self) -> list[Params] | None:
        """All possible choices; None where they can't be counted, or are more than MOST_COUNTED."""
        found: list[Params] = []
        for params in self._combinations({}, 0):
            if params is None or len(found) == MOST_COUNTED:
                return None
            found.append(params)
        return found

    def arms_there_are(self) -> int | None:
        """The number of different arms that no rule forbids; None where they were not counted."""
        everything = self.everything()
        if everything is None:
            return None
        arms = (self.arm(params) for params in everything)
        return len({arm.config.fingerprint() for arm in arms if isinstance(arm, Arm)})

    def _combinations(self, params: Params, position: int) -> Iterator[Params | None]:
        dimensions = self.all_dimensions
        while position < len(dimensions) and not self.is_there(dimensions[position], params):
            position += 1
        if position == len(dimensions):
            yield params
            return
        levels = dimensions[position].levels()
        if levels is None:
            yield None
            return
        for level in levels:
            yield from self._combinations({**params, dimensions[position].name: level}, position + 1)

    def _name(self, on: list[str], fingerprint: str) -> str:
        if not self.dimensions:
            return arm_name(on, self.tricks)
        return f"{arm_name(on, self.tricks) if on else 'plain'}-{fingerprint[:6]}"


def _put(settings: dict[str, Any], name: str, value: Any) -> None:
    """Set a setting, or an option of a trick that is on, keeping its other options in the words they were given."""
    setting, _, option = name.partition(".")
    if not option:
        settings[setting] = value
        return
    words = settings[setting]
    if not isinstance(words, dict) or is_ramp(words):
        words = {} if words is True else {TRICKS[setting].main_option: words}
    settings[setting] = {**words, option: value}
