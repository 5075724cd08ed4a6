"""Scores of what existed already: a table of them, their protocol, their noise."""

from collections.abc import Iterable

from rich import box
from rich.table import Table

from ablations.evaluate import EvaluationAnswer
from ablations.statistics import Estimate, estimate
from ablations.terminal.console import duration, out, say
from gan_core.events import Score


def print_answer(answer: EvaluationAnswer) -> None:
    """Tables for people."""
    evaluation = answer.evaluation
    say(f"{evaluation.what}: {evaluation.n} images scored in {duration(evaluation.seconds)}")
    out.print(_scores(answer))
    for note in evaluation.notes:
        say(f"note: {note}")
    say("protocol:")
    for line in protocol_lines(evaluation.scores):
        say(f"  {line}")
    if answer.kept is not None:
        say(f"kept, as not trained there: {answer.kept}")


def _scores(answer: EvaluationAnswer) -> Table:
    """A line for each metric: the value, or mean and sd over evaluation seeds, next to the sd over training seeds."""
    evaluation, several = answer.evaluation, len(answer.evaluation.scored) > 1
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column("score")
    table.add_column(f"mean of {len(evaluation.scored)} evaluation seeds" if several else "value", justify="right")
    errors = any(score.error is not None for score in evaluation.scores)
    if several or errors:
        table.add_column("sd of the evaluation" if several else "standard error", justify="right")
    if several and answer.spreads:
        table.add_column("arm, over training seeds", justify="right")
        table.add_column("sd of the training", justify="right")
    table.add_column("stamp")
    for score in evaluation.scores:
        values = estimate(evaluation.values(score.metric))
        cells = [_text(values.mean), _sd(values)] if several else [_text(score.value)]
        if errors and not several:
            cells.append(_text(score.error))
        if several and answer.spreads:
            spread = answer.spreads.get(score.metric)
            cells += [f"{_text(spread.estimate.mean)} (n={len(spread.seeds)})", _sd(spread.estimate)] if spread else []
            cells += [""] * (4 - len(cells))
        table.add_row(score.name, *cells, score.stamp)
    return table


def protocol_lines(scores: Iterable[Score]) -> list[str]:
    """'field: value' for fields that all scores share; 'field of METRIC: value' for the others."""
    protocols = {score.metric: score.protocol for score in scores}
    lines = []
    for field in dict.fromkeys(name for protocol in protocols.values() for name in protocol):
        values = {metric: protocol.get(field) for metric, protocol in protocols.items()}
        told = {metric: value for metric, value in values.items() if value not in (None, {})}
        if len(told) == len(values) and len({repr(value) for value in told.values()}) == 1:
            lines.append(f"{field}: {_plain(next(iter(told.values())))}")
        else:
            lines += [f"{field} of {metric}: {_plain(value)}" for metric, value in told.items() if field != "metric"]
    return lines


def _plain(value: object) -> str:
    return ", ".join(f"{key} {each}" for key, each in value.items()) if isinstance(value, dict) else str(value)


def _text(value: float | None) -> str:
    """Four significant digits; '' where there is no number."""
    return "" if value is None else f"{value:.4g}"


def _sd(estimate: Estimate) -> str:
    """The sd; '' where a single value has none."""
    return _text(None if estimate.n < 2 else estimate.sd)
