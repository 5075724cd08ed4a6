"""The seconds that a run spends on scores: counted over interruptions too, unknown in older journals."""

from pathlib import Path

import pytest
import torch

from gan_core import journal
from gan_core.config import resolve
from gan_core.events import AnyEvent, Evaluated, Finished, Saved, event_from_json
from gan_core.train import train
from gan_core.training import checkpoint

SETTINGS = {
    "data": "shapes",
    "image_size": 16,
    "width": 4,
    "batch_size": 8,
    "budget_kimg": 0.16,
    "progress_evaluations": 2,
    "progress_samples": 20,
    "full_samples": 20,
}


def finished(events: list[AnyEvent]) -> Finished:
    assert isinstance(events[-1], Finished)
    return events[-1]


def scoring_s(events: list[AnyEvent]) -> float:
    return sum(event.seconds for event in events if isinstance(event, Evaluated))


def test_all_evaluations_and_the_reals_features_are_counted(tmp_path: Path, home: Path) -> None:
    events = list(train(resolve(SETTINGS), tmp_path, home))
    end = finished(events)
    assert end.evaluation_s is not None
    assert scoring_s(events) < end.evaluation_s < end.wall_s


def test_an_interrupted_run_counts_on(tmp_path: Path, home: Path) -> None:
    run = journal.recorded(train(resolve(SETTINGS), tmp_path, home), tmp_path)
    next(event for event in run if isinstance(event, Evaluated))
    run.close()
    before = journal.read(tmp_path)
    for _ in journal.recorded(train(resolve(SETTINGS), tmp_path, home), tmp_path):
        pass
    events = journal.read(tmp_path)
    assert len(before) < len(events)
    evaluation_s = finished(events).evaluation_s
    assert evaluation_s is not None
    assert scoring_s(events) <= evaluation_s < finished(events).wall_s


def test_a_checkpoint_that_does_not_know_leaves_it_unknown(tmp_path: Path, home: Path) -> None:
    run = train(resolve(SETTINGS), tmp_path, home)
    next(event for event in run if isinstance(event, Saved))
    run.close()
    path = tmp_path / checkpoint.NAME
    content = torch.load(path, weights_only=True)
    del content["progress"]["evaluation_s"]
    torch.save(content, path)
    assert finished(list(train(resolve(SETTINGS), tmp_path, home))).evaluation_s is None


def test_an_older_journal_is_readable() -> None:
    line = '{"seq":3,"time":1.0,"step":1,"images":8,"wall_s":2.0,"kind":"finished","status":"finished","reason":""}'
    event = event_from_json(line)
    assert isinstance(event, Finished)
    assert event.evaluation_s is None


@pytest.mark.parametrize("value", [0.0, 1.5, None])
def test_it_survives_the_journal(value: float | None) -> None:
    event = Finished(seq=1, time=1.0, step=1, images=8, wall_s=2.0, status="finished", evaluation_s=value)
    assert event_from_json(event.model_dump_json()) == event
