"""A study with looks: which trials each look trains, who stops, and that an interruption changes none of it."""

import json
import math
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest

from ablations.adopt import _Ended
from ablations.execution.session import ExecutionOptions, open_session
from ablations.leaderboard.source import from_folders
from ablations.search.ledger import LOOKS
from ablations.study.study import Study, load_study
from ablations.workspace.due_trials import due_trials
from ablations.workspace.looks_taken import LookTaken, read_looks_taken
from ablations.workspace.trials import trials_of
from gan_core.events import AnyEvent
from gan_core.problems import UserError
from gan_core.workers.job import Job
from tests.ablations.execution.test_session import FakedSession, FakeExecutor, FakeTracker, nothing
from tests.ablations.journals import story
from tests.ablations.tiny import BASELINE

TRICKS = {"good": {"lr_d": 8e-4}, "same": {"lr_d": 4e-4}, "vague": {"lr_d": 6e-4}, "lost": {"lr_d": 3e-4}}
RATIO = {"baseline": 1.0, "good": 0.5, "same": 1.0, "vague": 1.12, "lost": 1.05}
NOISE = {"baseline": 0.005, "good": 0.02, "same": 0.005, "vague": 0.1, "lost": 0.2}
LOOKS_WORDS = {"looks": [3, 5, 8], "stop": "decided"}


def study_of(folder: Path, seeds: Any = LOOKS_WORDS, **more: Any) -> Study:
    path = folder / "looked.yaml"
    words = {"question": "q", "design": "one-in", "seeds": seeds, "baseline": BASELINE, "tricks": TRICKS, **more}
    path.write_text(json.dumps(words))
    return load_study(path)


def fid_of(name: str) -> float:
    """The made-up FID of a trial, the same each time."""
    arm, _, seed = name.rpartition("-seed")
    rng = np.random.default_rng([list(RATIO).index(arm), int(seed)])
    return 20 * RATIO[arm] * math.exp(NOISE[arm] * rng.standard_normal())


class MadeUp(FakeExecutor):
    """Every trial comes to its made-up FID; `fails`: those that end with an exception."""

    def __init__(self, session: FakedSession, fails: Callable[[str], bool] = lambda name: False) -> None:
        super().__init__(iter(()), lambda job: "finished")
        self.session, self.fails, self.trained = session, fails, list[str]()

    def events(self, job: Job) -> Iterator[AnyEvent]:
        self.trained.append(job.name)
        trial = next(trial for trial in self.session.trials if trial.name == job.name)
        return story(trial, fid_of(job.name), "failed" if self.fails(job.name) else "finished")


@contextmanager
def session_of(study: Study, runs: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakedSession]:
    monkeypatch.setattr("ablations.execution.session.Session", FakedSession)
    monkeypatch.setattr("ablations.execution.provision.refuse_other_images", lambda *_: None)  # of made-up journals
    with open_session(study, runs, ExecutionOptions(home)) as session:
        assert isinstance(session, FakedSession)
        session.tracker, session.executor = FakeTracker(), MadeUp(session)
        yield session


def run(study: Study, runs: Path, home: Path, monkeypatch: pytest.MonkeyPatch, most: int | None = None) -> list[str]:
    """Train what is to do, at most this many trials; the names of what was trained."""
    with session_of(study, runs, home, monkeypatch) as session:
        executor = session.executor
        assert isinstance(executor, MadeUp)
        list(session.reports(lambda: most is not None and len(executor.trained) >= most, nothing))
        return executor.trained


def essence(looks: tuple[LookTaken, ...]) -> list[dict[str, Any]]:
    return [look.model_dump(exclude={"time"}) for look in looks]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as monkeypatch:
        return folder / "looked", run(study_of(folder), folder, folder / "home", monkeypatch)


@pytest.fixture
def whole(undisturbed: tuple[Path, list[str]], tmp_path: Path) -> tuple[Path, list[str]]:
    """The study undisturbed: a copy of its folder, and what was trained."""
    root, trained = undisturbed
    return shutil.copytree(root, tmp_path / "whole" / "looked"), trained


def test_each_look_trains_what_is_open(whole: tuple[Path, list[str]]) -> None:
    root, trained = whole
    first, *_ = looks = read_looks_taken(root)
    assert trained[:15] == [f"{arm}-seed{seed}" for seed in range(3) for arm in ("baseline", *TRICKS)]
    assert [look.seeds for look in looks] == [3, 5, 8][: len(looks)]
    assert {said.question for said in first.said} == {
        f"fid of {' and '.join(sorted(('baseline', arm)))}" for arm in TRICKS
    }
    by_arm = {arm: sum(name.startswith(f"{arm}-seed") for name in trained) for arm in RATIO}
    assert by_arm["baseline"] == max(by_arm.values())  # it goes on while any arm does
    for look, later in zip(looks, (5, 8), strict=False):
        stopped = set(RATIO) - set(look.going_on)
        assert all(by_arm[arm] < later for arm in stopped)
    (table,) = from_folders([root]).leaderboard().tables
    findings = {row.arm: row.verdict for row in table.rows}
    assert (findings["good"], findings["same"]) == ("helps", "no difference")
    states = {row.arm: row.comparison.judged.state for row in table.rows if row.comparison is not None}
    assert states["lost"] == "hopeless"
    assert by_arm["good"] < 8
    assert len(trained) == len(set(trained)) < 5 * 8


def test_what_stopped_is_in_optuna_and_complete(whole: tuple[Path, list[str]]) -> None:
    root, trained = whole
    study = optuna.load_study(study_name="looked", storage=f"sqlite:///{root / 'optuna.db'}")
    assert [trial.state.name for trial in study.trials] == ["COMPLETE"] * len(trained)
    kept = study.user_attrs[LOOKS]
    assert [look["going_on"] for look in kept] == [list(look.going_on) for look in read_looks_taken(root)]


@pytest.mark.parametrize("most", [1, 15, 22])
def test_interrupted_anywhere_it_comes_to_the_same(
    whole: tuple[Path, list[str]], tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    root, trained = whole
    runs = tmp_path / "parts"
    study = study_of(tmp_path)
    parts = [run(study, runs, home, monkeypatch, most), run(study, runs, home, monkeypatch, most)]
    parts.append(run(study, runs, home, monkeypatch))
    assert sorted(name for part in parts for name in part) == sorted(trained)
    assert essence(read_looks_taken(runs / "looked")) == essence(read_looks_taken(root))
    assert run(study, runs, home, monkeypatch) == []


def test_killed_between_the_last_run_of_a_look_and_the_look(
    whole: tuple[Path, list[str]], tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, trained = whole
    runs, study = tmp_path / "parts", study_of(tmp_path)
    before = run(study, runs, home, monkeypatch, 15)
    (runs / "looked" / "looks.json").unlink(missing_ok=True)  # it was not written yet
    assert sorted([*before, *run(study, runs, home, monkeypatch)]) == sorted(trained)
    assert essence(read_looks_taken(runs / "looked")) == essence(read_looks_taken(root))


@pytest.mark.parametrize("content", [None, b"", b'{"looks": [', bytes(500)], ids=["absent", "empty", "torn", "NULs"])
def test_looks_that_were_lost_are_taken_again_the_same(
    whole: tuple[Path, list[str]],
    tmp_path: Path,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    content: bytes | None,
) -> None:
    root, _ = whole
    before, path = read_looks_taken(root), root / "looks.json"
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    assert run(study_of(tmp_path), root.parent, home, monkeypatch) == []
    assert essence(read_looks_taken(root)) == essence(before)
    assert path.with_name("looks.json.damaged-1").exists() is (content is not None)


def test_what_was_given_up_stays_so(whole: tuple[Path, list[str]], tmp_path: Path, home: Path) -> None:
    """Whatever a later version would think of its chances: it is on record."""
    root, _ = whole
    looks = json.loads((root / "looks.json").read_text())
    looks["looks"][0]["given_up"] = ["fid of baseline and vague"]
    looks["looks"] = looks["looks"][:1]
    (root / "looks.json").write_text(json.dumps(looks))
    (table,) = from_folders([root]).leaderboard().tables
    row = next(row for row in table.rows if row.arm == "vague")
    assert row.comparison is not None
    assert (row.comparison.judged.state, row.comparison.look) == ("hopeless", 1)


def test_looks_are_fixed_once_there_are_results(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = tmp_path / "runs"
    run(study_of(tmp_path), runs, home, monkeypatch, 1)
    for other in ({"looks": [3, 5, 9]}, {"looks": [3, 5, 8], "stop": "never"}, 8, 20):
        with pytest.raises(UserError, match="seeds"):
            run(study_of(tmp_path, other), runs, home, monkeypatch)
    run(study_of(tmp_path, {"looks": [3, 5, 8]}), runs, home, monkeypatch, 1)  # the same, in other words


def test_more_seeds_of_a_plain_study_keep_its_first_look(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = tmp_path / "runs"
    run(study_of(tmp_path, 4), runs, home, monkeypatch)
    run(study_of(tmp_path, 6), runs, home, monkeypatch)
    (table,) = from_folders([runs / "looked"]).leaderboard().tables
    assert table.looks.looks.counts[:3] == (4, 5, 8)
    assert (table.looks.taken, table.looks.next_seeds) == (2, 8)
    assert {len(row.scores) for row in table.rows} == {6}  # trained and shown, and not tested
    vague = next(row.comparison for row in table.rows if row.arm == "vague")
    assert vague is not None
    assert vague.contrast.seeds == tuple(range(5))
    with pytest.raises(UserError, match="seeds"):
        run(study_of(tmp_path, LOOKS_WORDS), runs, home, monkeypatch)


def test_a_look_waits_for_every_arm(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = tmp_path / "runs"
    run(study_of(tmp_path), runs, home, monkeypatch, 14)
    (table,) = from_folders([runs / "looked"]).leaderboard().tables
    assert (table.looks.taken, table.looks.waits_for) == (0, 1)
    assert {row.verdict for row in table.rows} == {"baseline", "can't tell"}
    assert "the first look is at 3 seeds of every arm" in {row.reason for row in table.rows}


def test_a_run_that_failed_is_not_waited_for(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = study_of(tmp_path)
    with session_of(study, tmp_path / "runs", home, monkeypatch) as session:
        session.executor = MadeUp(session, lambda name: name == "vague-seed1")
        list(session.reports(lambda: False, nothing))
    assert len(read_looks_taken(tmp_path / "runs" / "looked")) >= 2
    assert run(study, tmp_path / "runs", home, monkeypatch)[:1] == ["vague-seed1"]  # it is tried again


def test_trials_that_are_due(whole: tuple[Path, list[str]], tmp_path: Path) -> None:
    root, trained = whole
    study = study_of(tmp_path)
    assert {trial.name for trial in due_trials(study, root)} == set(trained)
    fresh = due_trials(study, tmp_path / "nowhere")
    assert len(fresh) == 15 < len(trials_of(study, tmp_path / "nowhere")) == 40


class Adopting(FakedSession, _Ended):
    """What `adopt` does after it has copied the runs."""


def test_adopting_the_runs_of_a_look_takes_it_and_trains_nothing(
    whole: tuple[Path, list[str]], tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs, study = tmp_path / "parts", study_of(tmp_path)
    run(study, runs, home, monkeypatch, 15)
    (runs / "looked" / "looks.json").unlink()
    monkeypatch.setattr("ablations.execution.session.Session", Adopting)
    with open_session(study, runs, ExecutionOptions(home)) as session:
        assert isinstance(session, Adopting)
        session.tracker, session.executor = FakeTracker(), MadeUp(session)
        list(session.reports(lambda: False, nothing))
        assert session.executor.trained == []
    assert [look.seeds for look in read_looks_taken(runs / "looked")] == [3]
    due = [trial.name for trial in due_trials(study, runs / "looked")]
    assert len(due) > 15
