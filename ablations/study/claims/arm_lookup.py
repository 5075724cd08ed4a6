"""The arms that a comparison names: by their names, or by the tricks that are on in them."""

from collections.abc import Iterator, Mapping, Sequence

from ablations.study.arm import Arm, LeftOut
from ablations.study.designs import BASELINE
from gan_core.problems import Problem, UserError, nearest_name

On = frozenset[str]
Where = tuple[str | int, ...]


class ArmsByName:
    """A study's arms, looked up. `find` and `tricks` raise UserError, with the place of the claim.

    `trained`: the arms as they are trained, in each block of several; None: just these.
    """

    def __init__(self, arms: Sequence[Arm], left_out: Sequence[LeftOut], trained: Sequence[Arm] | None = None) -> None:
        self.trained = arms if trained is None else trained
        self.arms = {arm.name: arm for arm in arms}
        self.left_out = left_out
        self.factors = tuple(dict.fromkeys(factor for arm in arms for factor in arm.factors))
        self.by_tricks: dict[On, str] = {}
        for arm in arms:
            self.by_tricks.setdefault(_on(arm), arm.name)
        self._meanings: dict[str, set[On]] = {factor: {frozenset({factor})} for factor in self.factors}
        for arm in arms:
            self._meanings.setdefault(arm.name, set()).add(_on(arm))
        self._meanings.setdefault(BASELINE, {frozenset()})

    def find(self, text: str, where: Where) -> str:
        """The name of the arm with this name, or in which exactly these tricks are on."""
        return self.with_tricks(self.tricks(text, where), where)

    def with_tricks(self, on: On, where: Where) -> str:
        """The name of the arm in which exactly these tricks are on."""
        if on in self.by_tricks:
            return self.by_tricks[on]
        for left in self.left_out:
            if frozenset(left.on) == on:
                message = f"the design leaves {left.arm} out: {'; '.join(left.reasons)}"
                raise UserError(Problem(message, where, "an arm that can be"))
        words = f"{' + '.join(f for f in self.factors if f in on)} and nothing else" if on else "no trick"
        raise UserError(Problem(f"the design has no arm with {words} on", where, ", ".join(self.arms)))

    def tricks(self, text: str, where: Where) -> On:
        """The tricks that a text names: those of an arm, or names of arms and tricks joined by +."""
        whole, parts = text.replace(" ", ""), [part.strip() for part in text.split("+")]
        if whole not in self.arms:
            return frozenset().union(*(self._meaning(part, where) for part in parts))
        on = self._meaning(whole, where)
        if len(parts) > 1 and all(part in self._meanings for part in parts):
            apart = frozenset[str]().union(*(self._meaning(part, where) for part in parts))
            if apart != on:
                self._refuse_two(text, where, [apart, on])
        return on

    def unmeasured(self, names: Sequence[str], metric: str) -> Iterator[str]:
        """The arms with these names whose runs have scores, but not this one, wherever they are trained."""
        for name in dict.fromkeys(names):
            same = {arm.name: arm for arm in self.trained if arm.alone == name}
            yield from measured_in(same, list(same), metric)

    def factor(self, text: str, where: Where) -> str:
        """The name of the factor in the text."""
        if text not in self.factors:
            message = f"no trick is called {text!r}"
            raise UserError(Problem(message, where, ", ".join(self.factors), nearest_name(text, self.factors)))
        return text

    def _meaning(self, name: str, where: Where) -> On:
        meanings = self._meanings.get(name)
        if meanings is None:
            known = ", ".join(self._meanings)
            message = f"no arm and no trick is called {name!r}"
            raise UserError(Problem(message, where, known, nearest_name(name, self._meanings)))
        if len(meanings) > 1:
            self._refuse_two(name, where, sorted(meanings, key=sorted))
        return next(iter(meanings))

    def _refuse_two(self, text: str, where: Where, meanings: Sequence[On]) -> None:
        said = " or ".join(f"the tricks {' + '.join(sorted(on)) or 'none'}" for on in meanings)
        raise UserError(Problem(f"{text!r} means two things: {said}", where, "a name of its own for the arm"))


def _on(arm: Arm) -> On:
    return frozenset(name for name, switched in arm.factors.items() if switched)


def measured_in(arms: Mapping[str, Arm], names: Sequence[str], metric: str) -> Iterator[str]:
    """The arms among these whose runs have scores, but not this one."""
    for name in dict.fromkeys(names):
        config = arms[name].config
        if config.extractor != "none" and metric not in config.metrics:
            yield name
