"""An execution with a deadline: which looks are begun, when training stops, and what is said of both."""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from ablations.execution.deadline import ANSWER_BY, HOURS, Deadline
from ablations.execution.estimate import ArmCost
from ablations.execution.session import ExecutionOptions, open_session
from ablations.study.arm import Arm
from ablations.study.study import Study, load_study
from ablations.terminal.execution_end import show_outcome
from ablations.terminal.time_budget import show_time, show_time_end
from ablations.workspace.looks_taken import read_looks_taken
from gan_core.events import AnyEvent, Finished
from gan_core.machine.resources import Resources
from gan_core.problems import UserError
from gan_core.workers.job import Job
from tests.ablations.command import tree
from tests.ablations.execution.test_session import FakedSession, FakeExecutor, FakeTracker, never, nothing
from tests.ablations.journals import story
from tests.ablations.tiny import write_study

TRIAL_S = 9.0  # and a second to start: 10 s, of which there are two a seed

Opening = Callable[..., AbstractContextManager[FakedSession]]


class Clock:
    """Goes on by ten seconds for each trial that is trained."""

    now = 1_900_000_000.0

    def __call__(self) -> float:
        return self.now


class TimedExecutor(FakeExecutor):
    """Each trial takes ten seconds, and ends with a FID of its arm and seed: too alike for a verdict."""

    def __init__(self, session: FakedSession, clock: Clock) -> None:
        super().__init__(iter(()), lambda job: "finished")
        self.session, self.clock = session, clock

    def events(self, job: Job) -> Iterator[AnyEvent]:
        trial = next(trial for trial in self.session.trials if trial.name == job.name)
        fid = random.Random(trial.name).uniform(5, 20)
        for event in story(trial, fid):
            self.clock.now += 10 if isinstance(event, Finished) else 0
            yield event


def study_in(folder: Path, seeds: str) -> Study:
    path = write_study(folder)
    path.write_text(path.read_text().replace('"seeds": 1', f'"seeds": {seeds}, "rule": {{"hopeless": 0}}'))
    return load_study(path)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return study_in(tmp_path, '{"looks": [2, 3, 5]}')


@pytest.fixture
def opened(study: Study, tmp_path: Path, home: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Opening:
    """Opens a session of one worker that has this many seconds."""

    def costs(arms: Sequence[Arm], *_: Any) -> dict[str, ArmCost]:
        return {arm.name: ArmCost(arm.name, 10, TRIAL_S, 0.0) for arm in arms}

    monkeypatch.setattr("ablations.execution.time_budget.arm_costs", costs)
    monkeypatch.setattr("ablations.execution.time_budget.recorded_costs", lambda arms, *_: {})
    monkeypatch.setattr("ablations.execution.provision.refuse_other_images", lambda *_: None)  # a made-up digest
    monkeypatch.setattr("ablations.execution.session.Session", FakedSession)

    @contextmanager
    def opening(seconds: float, of: Study = study, option: str = HOURS) -> Iterator[FakedSession]:
        deadline = Deadline(clock.now + seconds, option, clock)
        options = ExecutionOptions(home, workers=1, threads=1, device="cpu", deadline=deadline)
        with open_session(of, tmp_path / "runs", options) as session:
            assert isinstance(session, FakedSession)
            session.progress.clock = clock
            session.tracker, session.executor = FakeTracker(), TimedExecutor(session, clock)
            yield session

    return opening


def said(session: FakedSession, capsys: pytest.CaptureFixture[str]) -> str:
    """What is printed at the end."""
    capsys.readouterr()
    show_outcome(session, session.time.has_stopped(session.progress))
    show_time_end(session)
    return capsys.readouterr().out


def test_it_ends_where_the_next_look_does_not_fit(opened: Opening, capsys: pytest.CaptureFixture[str]) -> None:
    """The first look takes 40 s, the second 20: of 64 s 24 are left for it, the margin is two. The third takes 40."""
    with opened(64) as session:
        show_time(session)
        assert "probably look 2 of 3, 3 seeds\n" in capsys.readouterr().out
        list(session.reports(never, nothing))
        assert [trial.name for trial in session.trials][4:] == ["baseline-seed2", "ttur-seed2"]
        assert session.tracker.did[-1] == ("close", "finished")
        assert session.progress.is_done
        words = said(session, capsys)
    assert "look 3 (5 seeds, 4 runs, about 40 s) does not fit before " in words
    assert words.endswith("; the same command without --hours goes on\n")
    assert [look.seeds for look in read_looks_taken(session.workspace.root)] == [2, 3]


def test_the_margin_is_a_tenth(opened: Opening) -> None:
    with opened(61) as session:  # 21 s for 20 and two
        list(session.reports(never, nothing))
        assert len(session.progress.done) == 4
        assert session.time.refused is not None
        assert (session.time.refused.number, session.time.refused.runs) == (2, 2)


def test_the_next_execution_goes_on_or_says_again_that_it_does_not_fit(
    opened: Opening, capsys: pytest.CaptureFixture[str]
) -> None:
    with opened(50) as session:
        list(session.reports(never, nothing))
    with opened(20) as session:
        show_time(session)
        list(session.reports(never, nothing))
        assert len(session.progress.done) == 4
        assert "look 2 (3 seeds, 2 runs, about 20 s) does not fit before" in said(session, capsys)
    with opened(1000) as session:
        show_time(session)
        assert "probably look 3 of 3, 5 seeds\n" in capsys.readouterr().out
        list(session.reports(never, nothing))
        assert len(session.progress.done) == 10
        assert "does not fit" not in said(session, capsys)


def test_a_first_look_that_does_not_fit_is_refused_and_leaves_no_traces(opened: Opening, tmp_path: Path) -> None:
    before = tree(tmp_path)
    with pytest.raises(UserError, match=r"--hours: look 1 \(2 seeds, 4 runs, about 40 s\) does not fit before"):  # noqa: SIM117
        with opened(40) as session:
            show_time(session)
    assert tree(tmp_path) == before


def test_in_the_middle_of_a_look_training_stops_and_goes_on(
    opened: Opening, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    """The trials are slower than they were thought to be."""
    with opened(45) as session:
        clock.now += 20
        list(session.reports(never, nothing))
        assert session.tracker.did[-1] == ("close", "interrupted")
        words = said(session, capsys)
    assert "stopped: 1 of 4 trials are left; the same command goes on\n" in words
    assert "has come (--hours): running trials were saved, and the same command goes on with them\n" in words
    with opened(5, option=ANSWER_BY) as session:  # a look that was begun goes on, however little time there is
        show_time(session)
        assert "probably no further look, but the one that was begun comes nearer" in capsys.readouterr().out
        list(session.reports(never, nothing))
        assert len(session.progress.done) == 4
        assert "look 2 (3 seeds, 2 runs" in said(session, capsys)


def test_a_deadline_that_comes_with_the_last_trial_stops_nothing(opened: Opening, clock: Clock) -> None:
    with opened(45) as session:
        clock.now += 5
        list(session.reports(never, nothing))
        assert session.time.deadline is not None
        assert session.time.deadline.is_over
        assert session.tracker.did[-1] == ("close", "finished")
        assert len(read_looks_taken(session.workspace.root)) == 1


def test_what_trials_take_besides_what_they_record_is_seen(opened: Opening, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are said to take two seconds each and take ten: after the first look the second is known to take 20."""

    def costs(arms: Sequence[Arm], resources: Resources) -> dict[str, ArmCost]:
        return {arm.name: ArmCost(arm.name, 10, 1.0, 0.0) for arm in arms}

    monkeypatch.setattr("ablations.execution.time_budget.arm_costs", costs)
    with opened(55) as session:
        list(session.reports(never, nothing))
        assert session.time.refused is not None
        assert (session.time.refused.number, session.time.refused.seconds) == (2, pytest.approx(20, rel=0.01))


@pytest.mark.parametrize("seeds", ["3", '{"looks": [2, 3], "stop": "never"}'])
def test_a_number_of_seeds_and_looks_that_stop_nothing_are_only_stopped(
    seeds: str, opened: Opening, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "other").mkdir()
    with opened(15, of=study_in(tmp_path / "other", seeds)) as session:
        show_time(session)
        assert "complete or not; what is left goes on with the same command" in capsys.readouterr().out
        list(session.reports(never, nothing))
        assert len(session.progress.done) == 2
        assert "stopped: 4 of 6 trials are left" in said(session, capsys)
        assert session.time.refused is None
