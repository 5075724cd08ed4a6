"""Whole tiny runs: events, resumption, divergence, independence of evaluation."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from gan_core import journal
from gan_core.config import Config, resolve
from gan_core.events import AnyEvent, Evaluated, Finished, Sampled, Started, Ticked
from gan_core.game.losses import LOSSES
from gan_core.problems import UserError
from gan_core.train import train
from gan_core.training.timetable import moments

SETTINGS: dict[str, Any] = {
    "data": "shapes",
    "image_size": 16,
    "width": 4,
    "latent_dim": 8,
    "batch_size": 8,
    "budget_kimg": 0.24,
    "progress_evaluations": 3,
    "progress_samples": 50,
    "full_samples": 100,
    "instance_noise": {"sigma": 0.1, "anneal_kimg": 0.2},
    "dropout": 0.3,
    "spectral_norm": True,
}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    former = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(former)


def tiny(**settings: Any) -> Config:
    return resolve({**SETTINGS, **settings})


def run(config: Config, out: Path, home: Path) -> list[AnyEvent]:
    return list(train(config, out, home))


def timeless(events: list[AnyEvent]) -> list[dict[str, Any]]:
    """Everything but clocks."""
    clocks = {"time", "wall_s", "images_per_s", "seconds", "generator_wall_s", "evaluation_s"}
    return [event.model_dump(exclude=clocks) for event in events]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, home: Path) -> tuple[Path, list[AnyEvent]]:
    """One uninterrupted run."""
    torch.set_num_threads(1)
    out = tmp_path_factory.mktemp("whole")
    return out, run(tiny(), out, home)


def test_events_follow_the_plan(whole: tuple[Path, list[AnyEvent]]) -> None:
    out, events = whole
    assert [event.seq for event in events] == list(range(len(moments(tiny()))))
    assert isinstance(events[0], Started)
    assert isinstance(events[-1], Finished)
    assert events[-1].status == "finished"
    assert events[-1].images == 240
    for event in events:
        if isinstance(event, Sampled):
            assert (out / event.path).read_bytes().startswith(b"\x89PNG")


def test_start_tells_what_was_resolved(whole: tuple[Path, list[AnyEvent]]) -> None:
    start = whole[1][0]
    assert isinstance(start, Started)
    assert resolve(start.config) == tiny()
    assert start.fingerprint == tiny().fingerprint()
    assert start.data_digest
    assert start.versions["torch"] == torch.__version__.split("+")[0] or start.versions["torch"] == torch.__version__


def test_scores_of_best_and_last(whole: tuple[Path, list[AnyEvent]]) -> None:
    evaluated = [event for event in whole[1] if isinstance(event, Evaluated)]
    assert [event.of for event in evaluated] == ["progress", "progress", "progress", "last", "best"]
    fids = [event.scores[0].value for event in evaluated]
    best = min(evaluated[:3], key=lambda event: event.scores[0].value)
    assert evaluated[4].generator_images == best.generator_images
    assert (fids[4] == fids[3]) == (best.generator_images == 240)
    assert evaluated[0].scores[0].name.startswith("fid50_")
    assert evaluated[4].scores[0].name.startswith("fid100_")
    assert len({event.scores[0].stamp for event in evaluated}) == 2  # few samples, and all


def test_doses_are_told_each_tick(whole: tuple[Path, list[AnyEvent]]) -> None:
    ticks = [event for event in whole[1] if isinstance(event, Ticked)]
    names = {"spectral_norm/largest_singular_value", "instance_noise/sigma", "dropout/fraction_dropped"}
    assert all(event.dose.keys() == names for event in ticks)
    assert ticks[0].dose["instance_noise/sigma"] > ticks[5].dose["instance_noise/sigma"]
    assert ticks[-1].dose["instance_noise/sigma"] == 0


@pytest.mark.parametrize("steps", [2, 7])
def test_a_stop_is_granted_after_any_step_and_going_on_is_as_if_nothing_had_been(
    steps: int, tmp_path: Path, home: Path
) -> None:
    """Also in the middle between two events, with sums and doses half taken."""
    config = tiny(batch_size=2, budget_kimg=0.3)  # three steps a tick
    events: list[AnyEvent] = []
    stops = set()
    while not events or not isinstance(events[-1], Finished):
        asked = iter(range(steps))
        here = list(train(config, tmp_path / "stopped", home, stop=lambda: next(asked, None) is None))  # noqa: B023
        stops.add(len(here))
        events += here
    assert len(stops) > 1
    assert timeless(events) == timeless(run(config, tmp_path / "whole", home))


@pytest.mark.parametrize("after", [1, 2, 9, 14, 15, 16, 40, 41, 42, 43])
def test_stopping_anywhere_and_going_on_is_as_if_nothing_had_been(
    after: int, whole: tuple[Path, list[AnyEvent]], tmp_path: Path, home: Path
) -> None:
    out, uninterrupted = whole
    assert after < len(uninterrupted)
    events = journal.recorded(train(tiny(), tmp_path, home), tmp_path)
    for _ in range(after):
        next(events)
    events.close()
    rest = list(journal.recorded(train(tiny(), tmp_path, home), tmp_path))
    assert rest[0].seq == after
    assert timeless(journal.read(tmp_path)) == timeless(uninterrupted)
    for name in ("best.safetensors", "last.safetensors"):
        ours, theirs = load_file(tmp_path / name), load_file(out / name)
        assert all(torch.equal(ours[key], theirs[key]) for key in theirs)


def test_killed_between_checkpoints_the_run_repeats_what_was_lost(
    whole: tuple[Path, list[AnyEvent]], tmp_path: Path, home: Path
) -> None:
    events = train(tiny(), tmp_path, home)
    for _ in range(25):
        journal.append(tmp_path, next(events))
    checkpoint = (tmp_path / "checkpoint.pt").read_bytes()
    events.close()
    (tmp_path / "checkpoint.pt").write_bytes(checkpoint)  # as if close had never been
    rest = list(journal.recorded(train(tiny(), tmp_path, home), tmp_path))
    assert rest[0].seq < 25
    assert timeless(journal.read(tmp_path)) == timeless(whole[1])


def test_wall_time_goes_on_after_a_resumption(tmp_path: Path, home: Path) -> None:
    events = train(tiny(), tmp_path, home)
    first = [next(events) for _ in range(20)]
    events.close()
    second = run(tiny(), tmp_path, home)
    walls = [event.wall_s for event in (*first, *second)]
    assert walls == sorted(walls)


def test_evaluating_changes_nothing_in_the_run(whole: tuple[Path, list[AnyEvent]], tmp_path: Path, home: Path) -> None:
    before = torch.get_rng_state()
    often = tiny(progress_evaluations=15, progress_samples=20)
    other = run(often, tmp_path, home)
    assert torch.equal(before, torch.get_rng_state())
    losses = [[e.means for e in events if isinstance(e, Ticked)] for events in (whole[1], other)]
    assert losses[0] == losses[1]
    ours, theirs = load_file(tmp_path / "last.safetensors"), load_file(whole[0] / "last.safetensors")
    assert all(torch.equal(ours[key], theirs[key]) for key in theirs)


@pytest.mark.parametrize("loss", LOSSES)
def test_divergence_is_a_result(loss: str, tmp_path: Path, home: Path) -> None:
    """Whatever the loss: an exception would call the run failed, and it would be missing in place of counted."""
    events = run(tiny(loss=loss, lr_d=1e30, lr_g=1e30, spectral_norm=None), tmp_path, home)
    end = events[-1]
    assert isinstance(end, Finished)
    assert end.status == "diverged"
    assert "not finite" in end.reason
    assert end.images < 240
    assert not any(isinstance(event, Evaluated) and event.of != "progress" for event in events)


def test_a_folder_of_another_run_is_refused(tmp_path: Path, home: Path) -> None:
    events = train(tiny(), tmp_path, home)
    next(events)
    events.close()
    with pytest.raises(UserError, match="other settings"):
        run(tiny(seed=1), tmp_path, home)


def test_seeds_and_arms_share_what_they_should(whole: tuple[Path, list[AnyEvent]], tmp_path: Path, home: Path) -> None:
    again = run(tiny(), tmp_path / "same", home)
    assert timeless(again) == timeless(whole[1])
    other = run(tiny(seed=1), tmp_path / "other", home)
    assert timeless(other)[5:] != timeless(whole[1])[5:]
