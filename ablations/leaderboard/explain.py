"""The fields in which the protocols of two arms, runs or stamps differ: why their scores are in two tables."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ablations.results.results import METRIC, Result
from ablations.study.claims.measures import Of
from gan_core.events import AnyEvent, Evaluated, Score
from gan_core.problems import Problem, UserError, nearest_name

WHERE = ("--explain",)
ABSENT = "(no such field)"
Journal = Callable[[Result], Sequence[AnyEvent]]  # a trial's events, wherever they are kept


@dataclass(frozen=True)
class ProtocolSide:
    """One side: what it is, in words, and its scores by metric, whose protocols are compared."""

    what: str
    scores: Mapping[str, Score]


@dataclass(frozen=True)
class Difference:
    """A field of the protocols of a metric, 'versions.torch' for one within another; texts for people."""

    metric: str
    field: str
    a: str
    b: str


@dataclass(frozen=True)
class Explanation:
    """What was compared. `stamps`: of a and b, by metric; `only`: metrics that just one of them has."""

    a: str
    b: str
    stamps: Mapping[str, tuple[str, str]]
    differences: tuple[Difference, ...]
    only: tuple[str, ...]


def explain(a: str, b: str, results: Sequence[Result], of: Of, journal_of: Journal) -> Explanation:
    """Compare two arms, runs (ARM-seedN) or stamps among these results; STUDY/ARM where two studies have the arm.

    `of`: which generators' scores. Raises UserError where a name means nothing, or more than one thing.
    """
    sides = [_side(text, results, of, journal_of) for text in (a, b)]
    first, second = (side.scores for side in sides)
    if len(first) == len(second) == 1:  # two stamps may be of two metrics
        pairs = {" and ".join(dict.fromkeys((*first, *second))): (*first.values(), *second.values())}
    else:
        pairs = {metric: (first[metric], second[metric]) for metric in first if metric in second}
    paired = {metric for one, other in pairs.values() for metric in (one.metric, other.metric)}
    return Explanation(
        a=sides[0].what,
        b=sides[1].what,
        stamps={metric: (one.stamp, other.stamp) for metric, (one, other) in pairs.items()},
        differences=tuple(d for metric, (one, other) in pairs.items() for d in _differences(metric, one, other)),
        only=tuple(metric for metric in {**first, **second} if metric not in paired),
    )


def _side(text: str, results: Sequence[Result], of: Of, journal_of: Journal) -> ProtocolSide:
    scored = [result for result in results if (found := result.generator(of)) is not None and found.scores]
    runs = [result for result in scored if text in _names(result, result.name) or text == result.directory]
    arms = [result for result in scored if text in _names(result, result.arm)]
    if runs or arms:
        return _side_of_runs(text, runs or arms, of, journal_of)
    stamped = [(r, s.metric) for r in scored for s in _generator_scores(r, of) if s.stamp == text]
    if not stamped:
        raise _unknown(text, scored, of)
    result, metric = stamped[0]
    score = _scores(result, of, journal_of)[metric]
    return ProtocolSide(f"stamp {text} ({score.name}, {result.study}/{result.name})", {metric: score})


def _side_of_runs(text: str, runs: Sequence[Result], of: Of, journal_of: Journal) -> ProtocolSide:
    """A run, or an arm by its first run. Its seeds must agree, else there is no one protocol to explain."""
    if len({result.study for result in runs}) > 1:
        studies = ", ".join(f"{study}/{text}" for study in dict.fromkeys(result.study for result in runs))
        raise UserError(Problem(f"{text!r} is in more than one study", WHERE, allowed=studies))
    kinds = {tuple((s.metric, s.stamp) for s in _generator_scores(result, of)): result for result in reversed(runs)}
    if len(kinds) > 1:
        one_each = ", ".join(sorted(result.name for result in kinds.values()))
        message = f"the seeds of arm {text!r} were scored under several protocols; name runs"
        raise UserError(Problem(message, WHERE, allowed=one_each))
    return ProtocolSide(f"{runs[0].study}/{runs[0].name}", _scores(runs[0], of, journal_of))


def _generator_scores(result: Result, of: Of) -> Iterable[Any]:
    generator = result.generator(of)
    return generator.scores if generator else ()


def _names(result: Result, name: str) -> tuple[str, str]:
    return name, f"{result.study}/{name}"


def _scores(result: Result, of: Of, journal_of: Journal) -> dict[str, Score]:
    """The scores with their protocols, which only the journal has."""
    events = [e for e in journal_of(result) if isinstance(e, Evaluated) and e.of == of]
    return {score.metric: score for score in events[-1].scores}


def _unknown(text: str, scored: Sequence[Result], of: Of) -> UserError:
    arms = dict.fromkeys(result.arm for result in scored)
    runs = dict.fromkeys(result.name for result in scored)
    stamps = dict.fromkeys(score.stamp for r in scored for score in _generator_scores(r, of) if score.metric == METRIC)
    allowed = f"arms: {', '.join(arms)}; runs, as ARM-seedN; stamps: {', '.join(stamps)}" if scored else "nothing yet"
    nearest = nearest_name(text, {**arms, **runs, **stamps})
    return UserError(Problem(f"no scored arm, run or stamp is called {text!r}", WHERE, allowed, nearest))


def _differences(metric: str, a: Score, b: Score) -> Iterable[Difference]:
    one, other = _flat(a.protocol), _flat(b.protocol)
    for field in {**one, **other}:
        texts = one.get(field, ABSENT), other.get(field, ABSENT)
        if texts[0] != texts[1]:
            yield Difference(metric, field, *texts)


def _flat(value: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, inner in value.items():
        flat |= _flat(inner, f"{prefix}{key}.") if isinstance(inner, Mapping) else {prefix + key: str(inner)}
    return flat
