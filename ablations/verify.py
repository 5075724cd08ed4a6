"""A recorded trial, trained again: does it come out the same?

On a CPU the same configuration, data, code, versions and number of threads give the same bits, so the journals are
compared line by line, apart from times. Where one of these differs, only scores can be compared: see
`score_differences`.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ablations.execution.progress import OnStep
from ablations.executors.inline import Inline
from ablations.results.seed_spread import ScoreDifference, score_differences
from ablations.workspace.trial_record import TrialRecord, read_trial_record
from gan_core import journal
from gan_core.config import resolve
from gan_core.config.compatibility import extractors_of
from gan_core.evaluation.extractors.supply import supply
from gan_core.events import AnyEvent, Finished, Started, has_result
from gan_core.machine.devices import available_devices
from gan_core.machine.versions import code_digest
from gan_core.plugins.loaded import sources_of
from gan_core.plugins.permission import load_kept
from gan_core.problems import Problem, UserError
from gan_core.schema.configuration import Config
from gan_core.training import training_data
from gan_core.workers.job import Job

CIRCUMSTANCES = frozenset({"time", "wall_s", "generator_wall_s", "seconds", "images_per_s", "evaluation_s", "ran_on"})
Outcome = Literal["same", "within noise", "different", "can't tell", "stopped", "failed"]


@dataclass(frozen=True)
class Verification:
    """The outcome.

    `conditions`: what differed from the record, so that bits can't be compared; `first`: where the journals part;
    `failure`: why the training did not come to an end, which says nothing of the record.
    """

    outcome: Outcome
    directory: Path
    conditions: tuple[str, ...] = ()
    first: str = ""
    scores: tuple[ScoreDifference, ...] = ()
    failure: str = ""


@dataclass(frozen=True)
class Again:
    """How to train again. None: as recorded, with the recorded device only where this machine has it."""

    home: Path
    device: str | None = None
    threads: int | None = None
    inception_weights: Path | None = None
    allow_code: bool = False  # whether to run code of the run's own that was never named here


def verify(directory: Path, again: Again, stop: Callable[[], bool], on_step: OnStep) -> Verification:
    """Train the run in `directory` again, from its record, in a temporary folder. The run itself is not changed.

    Raises UserError where it has no result, where its configuration means another run by now, or where its images have
    changed.
    """
    record, recorded = read_trial_record(directory), journal.read(directory)
    start = recorded[0] if recorded else None
    if not isinstance(start, Started) or not has_result(recorded):
        raise UserError(Problem("has no result that could come out the same", source=str(directory)))
    load_kept(directory, record.config, again.allow_code)
    config = resolve(record.config, named=())
    if config.fingerprint() != record.fingerprint:
        message = f"its settings mean another run by now ({config.fingerprint()}, recorded {record.fingerprint})"
        raise UserError(Problem(message, source=str(directory), allowed="the version that it was trained with"))
    images = training_data.load(config, again.home, lambda what, done, total: on_step(f"data: {what}"))
    if images.digest != start.data_digest:
        message = f"was trained on other images than there are now ({start.data_digest}, now {images.digest})"
        allowed = "the same images; a relative data_dir starts from the directory of the command"
        raise UserError(Problem(message, source=str(directory), allowed=allowed))
    names = extractors_of(config)
    supply(names, again.home, again.inception_weights, lambda what, done, total: on_step(f"weights: {what}"))
    device, threads = again.device or _device(start.device), again.threads or start.threads
    with tempfile.TemporaryDirectory(prefix="verify-") as folder:
        job = Job(directory.name, config.plain(), Path(folder) / "run", again.home, plugins=sources_of(config.use))
        end = None
        with closing(Inline(device, threads).run(iter([job]), stop)) as reports:
            for report in reports:
                if report.event is not None:
                    end = report.event
                    on_step(f"{report.event.kimg:g} of {config.budget_kimg:g} kimg", _share(report.event, config))
        now = journal.read(job.directory)
    if not isinstance(end, Finished):
        return Verification("stopped", directory)
    if not end.is_result:
        return Verification("failed", directory, failure=end.reason)
    return _compared(directory, record, recorded, now)


def _compared(directory: Path, record: TrialRecord, then: list[AnyEvent], now: list[AnyEvent]) -> Verification:
    conditions = tuple(_conditions(record, then[0], now[0]))
    first = first_difference(then, now)
    scores = tuple(score_differences(directory, then, now))
    if not first:
        return Verification("same", directory, conditions)
    if not conditions:
        return Verification("different", directory, (), first, scores)
    return Verification(_by_scores(scores, then, now), directory, conditions, first, scores)


def first_difference(then: Sequence[AnyEvent], now: Sequence[AnyEvent]) -> str:
    """Where two journals part, apart from times, machine and versions; '' where they don't."""
    for before, after in zip(then, now, strict=False):
        if isinstance(before, Started) and isinstance(after, Started):
            continue  # what it holds is compared as the conditions
        old, new = _plain(before), _plain(after)
        for key in dict.fromkeys([*old, *new]):
            if old.get(key) != new.get(key):
                where = f"event {before.seq} ({before.kind}, {before.kimg:g} kimg)"
                return f"{where}, {_leaf(old.get(key), new.get(key), key)}"
    return "" if len(then) == len(now) else f"{len(then)} events, now {len(now)}"


def _conditions(record: TrialRecord, then: AnyEvent, now: AnyEvent) -> Iterator[str]:
    assert isinstance(then, Started)
    assert isinstance(now, Started)
    if then.device != now.device:
        yield f"device {then.device}, now {now.device}"
    elif then.device != "cpu" and not then.numerics.get("deterministic"):
        yield f"{then.device} does not sum in a fixed order"
    gpus = tuple(start.numerics.get("gpu", "not recorded") for start in (then, now))
    if gpus[0] != gpus[1]:
        yield f"GPU {gpus[0]}, now {gpus[1]}"
    if then.device == now.device == "cpu" and then.ran_on and then.ran_on != now.ran_on:
        yield f"CPU {then.ran_on}, now {now.ran_on}: bits may differ"
    if then.threads != now.threads:
        yield f"{then.threads} threads, now {now.threads}"
    for name in sorted(then.versions.keys() | now.versions.keys()):
        if (old := then.versions.get(name)) != (new := now.versions.get(name)):
            yield f"{name} {old}, now {new}"
    if record.code != code_digest():
        yield f"trainer's source {record.code or 'of no one version'}, now {code_digest()}"


def _by_scores(scores: Sequence[ScoreDifference], then: Sequence[AnyEvent], now: Sequence[AnyEvent]) -> Outcome:
    ends = [events[-1].status for events in (then, now) if isinstance(events[-1], Finished)]
    if ends[0] != ends[1]:
        return "different"
    if not scores or any(score.noise is None for score in scores):
        return "can't tell"
    within = all(abs(score.difference) <= score.noise for score in scores if score.noise is not None)
    return "within noise" if within else "different"


def _plain(event: AnyEvent) -> dict[str, Any]:
    return {key: value for key, value in event.model_dump(mode="json").items() if key not in CIRCUMSTANCES}


def _leaf(old: Any, new: Any, path: str = "") -> str:
    """The first place within two values where they differ: its path and both values."""
    pairs: list[tuple[str, Any, Any]] = []
    if isinstance(old, dict) and isinstance(new, dict):
        pairs = [(f"{path}.{key}", old.get(key), new.get(key)) for key in dict.fromkeys([*old, *new])]
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        pairs = [(f"{path}[{i}]", *both) for i, both in enumerate(zip(old, new, strict=True))]
    for at, before, after in pairs:
        if before != after:
            return _leaf(before, after, at)
    return f"{path}: {old}, now {new}"


def _device(recorded: str) -> str:
    here = available_devices()
    return recorded if recorded == "cpu" or recorded in here else here[0]


def _share(event: AnyEvent, config: Config) -> float:
    return min(1.0, event.kimg / config.budget_kimg)
