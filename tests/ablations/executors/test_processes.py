"""Trials in processes of their own: the same results, stopped, killed, left alone."""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from ablations.executors.executor import Executor
from ablations.executors.inline import Inline
from ablations.executors.processes import Processes
from gan_core import journal
from gan_core.events import Evaluated, Finished, Started, Ticked
from gan_core.training import checkpoint
from gan_core.workers.job import STOPPED, TAKEN, Job, Report
from gan_core.workers.patience import Patience
from gan_core.workers.training_lock import training_lock
from gan_core.workers.unattended import ERROR
from tests.ablations.tiny import job_of, story_of, tiny_trials

CPU = ("cpu",)


@pytest.fixture
def jobs(tmp_path: Path, home: Path) -> list[Job]:
    return [job_of(trial, home) for trial in tiny_trials(tmp_path)]


def never() -> bool:
    return False


def run(executor: Executor, jobs: Sequence[Job], stop: Callable[[], bool] = never) -> list[Report]:
    return list(executor.run(iter(jobs), stop))


def reference(folder: Path, home: Path) -> list[Job]:
    """The same trials, run to their end in this process."""
    folder.mkdir()
    jobs = [job_of(trial, home) for trial in tiny_trials(folder)]
    run(Inline("cpu", 1), jobs)
    return jobs


def trainers() -> list[psutil.Process]:
    """The fork server's children."""
    return [p for p in psutil.Process().children(recursive=True) if p.ppid() != os.getpid()]


def trainer() -> psutil.Process:
    (only,) = trainers()
    return only


def test_in_a_process_as_inline_to_the_last_bit(jobs: list[Job], home: Path, tmp_path: Path) -> None:
    reports = run(Processes(2, CPU, 1), jobs)
    for job, other in zip(jobs, reference(tmp_path / "inline", home), strict=True):
        events = journal.read(job.directory)
        assert [report.event for report in reports if report.name == job.name] == events
        assert isinstance(events[-1], Finished)
        assert events[-1].status == "finished"
        assert story_of(job.directory) == story_of(other.directory)
        scores = [
            [e.scores for e in journal.read(d) if isinstance(e, Evaluated)] for d in (job.directory, other.directory)
        ]
        assert len(scores[0]) == 4
        assert scores[0] == scores[1]
    stories = [story_of(job.directory)[5:] for job in jobs]
    assert stories[0] != stories[1]


def test_as_many_at_once_as_there_are_workers_on_devices_in_turn(tmp_path: Path, home: Path) -> None:
    waiting = [job_of(trial, home) for trial in tiny_trials(tmp_path, seeds=2)]
    running: set[str] = set()
    most, devices = 0, []

    def handed_out() -> Iterator[Job]:
        for job in waiting:
            assert len(running) < 2
            running.add(job.name)
            yield job

    for report in Processes(2, ("cpu", "cpu:0"), 1).run(handed_out(), never):
        most = max(most, len(running))
        if isinstance(report.event, Started):
            devices.append(report.event.device)
        if isinstance(report.event, Finished):
            running.remove(report.name)
    assert most == 2
    assert sorted(devices[:2]) == ["cpu", "cpu:0"]
    assert len(devices) == 4
    assert not running


def test_stopped_on_the_way_it_goes_on_to_the_same_end(jobs: list[Job], home: Path, tmp_path: Path) -> None:
    ticks = 0

    def stop() -> bool:
        return ticks > 3

    executor = Processes(2, CPU, 1)
    for report in executor.run(iter(jobs), stop):
        ticks += isinstance(report.event, Ticked)
        last = report
    assert last.left == STOPPED
    assert not last.has_died
    for job in jobs:
        assert (job.directory / checkpoint.NAME).exists()
        assert not isinstance(journal.read(job.directory)[-1], Finished)
    assert {type(r.event) for r in run(executor, jobs)} >= {Finished}
    for job, other in zip(jobs, reference(tmp_path / "inline", home), strict=True):
        assert story_of(job.directory) == story_of(other.directory)


def test_no_job_is_taken_once_there_is_to_be_a_stop(jobs: list[Job]) -> None:
    assert run(Processes(2, CPU, 1), jobs, lambda: True) == []


def holder(job: Job) -> psutil.Process:
    """The process that trains this job."""
    return psutil.Process(int((job.directory / ".lock").read_text().split()[0]))


def test_one_killed_goes_on_and_the_other_does_not_notice(jobs: list[Job], home: Path, tmp_path: Path) -> None:
    reports, victim = [], ""
    for report in Processes(2, CPU, 1).run(iter(jobs), never):
        reports.append(report)
        if isinstance(report.event, Ticked) and not victim:
            victim = report.name
            holder(next(job for job in jobs if job.name == victim)).kill()
    assert [(r.name, r.left) for r in reports if r.again] == [
        (victim, "its process ended with exit code -9 (SIGKILL; out of memory?); goes on from its checkpoint (1 of 2)")
    ]
    assert not any(report.has_died for report in reports)
    ends = [report.event.status for report in reports if isinstance(report.event, Finished)]
    assert ends == ["finished", "finished"]
    for job, other in zip(jobs, reference(tmp_path / "inline", home), strict=True):
        assert story_of(job.directory) == story_of(other.directory)


def test_what_is_killed_three_times_is_left_and_can_be_tried_again(jobs: list[Job], home: Path, tmp_path: Path) -> None:
    executor, told = Processes(1, CPU, 1), []
    for report in executor.run(iter(jobs[:1]), never):
        told += [report] if report.event is None else []
        if isinstance(report.event, Started | Ticked) and len(told) < 3:
            holder(jobs[0]).kill()
    assert [(report.again, report.has_died) for report in told] == [(True, False), (True, False), (False, True)]
    assert [report.killed for report in told] == [False, False, True]
    run(executor, jobs[:1])
    other = reference(tmp_path / "inline", home)[0]
    assert story_of(jobs[0].directory) == story_of(other.directory)


def test_a_crash_would_come_again_and_is_left(jobs: list[Job]) -> None:
    told = []
    for report in Processes(1, CPU, 1).run(iter(jobs[:1]), never):
        told += [report] if report.event is None else []
        if isinstance(report.event, Started):
            holder(jobs[0]).send_signal(signal.SIGSEGV)
    assert [(report.left, report.has_died, report.killed) for report in told] == [
        ("its process ended with exit code -11 (SIGSEGV)", True, False)
    ]


@pytest.mark.slow
@pytest.mark.parametrize("hangs", [1, 2])
def test_what_hangs_is_taken_up_again_once_and_then_fails(
    hangs: int, jobs: list[Job], home: Path, tmp_path: Path
) -> None:
    stopped, reports = 0, []
    for report in Processes(1, CPU, 1, patience=Patience(5)).run(iter(jobs[:1]), never):
        reports.append(report)
        if isinstance(report.event, Ticked) and stopped < hangs and stopped == sum(r.again for r in reports):
            holder(jobs[0]).suspend()
            stopped += 1
    assert stopped == hangs
    assert sum(report.again for report in reports) == 1
    end = journal.read(jobs[0].directory)[-1]
    assert isinstance(end, Finished)
    assert reports[-1].event == end
    assert end.status == ("finished" if hangs == 1 else "failed")
    assert trainers() == []
    if hangs == 1:
        assert story_of(jobs[0].directory) == story_of(reference(tmp_path / "inline", home)[0].directory)
    else:
        assert "hangs, for the second time: no sign of life for 5 s" in end.reason


@pytest.mark.slow
def test_a_hung_trial_does_not_keep_the_others_from_stopping(jobs: list[Job]) -> None:
    def stop() -> bool:
        return bool(hung)

    hung: list[str] = []
    left = {}
    for report in Processes(2, CPU, 1, patience=Patience(5)).run(iter(jobs), stop):
        if isinstance(report.event, Ticked) and not hung:
            hung.append(report.name)
            holder(next(job for job in jobs if job.name == report.name)).suspend()
        if report.has_left:
            left[report.name] = report.left
    assert left == dict.fromkeys((job.name for job in jobs), STOPPED)
    assert trainers() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_to_the_whole_group_are_the_parents_business(jobs: list[Job], number: signal.Signals) -> None:
    sent = 0
    for report in Processes(1, CPU, 1).run(iter(jobs[:1]), never):
        if isinstance(report.event, Started | Ticked) and sent < 3:
            trainer().send_signal(number)
            trainer().parent().send_signal(number)  # the fork server
            sent += 1
    assert sent == 3
    assert isinstance(report.event, Finished)
    assert report.event.status == "finished"


def test_closed_early_the_children_save_and_are_gone(jobs: list[Job]) -> None:
    with closing(Processes(2, CPU, 1).run(iter(jobs), never)) as reports:
        next(report for report in reports if isinstance(report.event, Ticked))
    assert trainers() == []
    assert all((job.directory / checkpoint.NAME).exists() for job in jobs)


def test_an_exception_in_a_trial_is_told_and_kept(jobs: list[Job], tmp_path: Path) -> None:
    nowhere = tmp_path / "a file"
    nowhere.write_text("")
    broken = Job(jobs[0].name, jobs[0].settings, jobs[0].directory, home=nowhere)
    (report,) = run(Processes(1, CPU, 1), [broken])
    assert isinstance(report.event, Finished)
    assert report.event.status == "failed"
    assert str(nowhere) in report.event.reason
    assert "Traceback" in (broken.directory / ERROR).read_text()
    assert journal.read(broken.directory) == [report.event]


def test_a_trial_finds_the_trainer_imported(jobs: list[Job]) -> None:
    """Importing it takes some 4 s of CPU; the processor's time, so that other work on this machine does not matter."""
    for report in Processes(1, CPU, 1).run(iter(jobs[:1]), never):
        if isinstance(report.event, Started):
            assert trainer().cpu_times().user < 1.5
    assert isinstance(report.event, Finished)


@pytest.mark.parametrize(
    "executor", [Processes(1, CPU, 1, wait_s=0.0), Inline("cpu", 1, wait_s=0.0)], ids=["processes", "inline"]
)
def test_what_another_process_trains_is_left_to_it(executor: Executor, jobs: list[Job]) -> None:
    """As after a parent that was killed: its child trains on while the next `run` takes up the study."""
    with training_lock(jobs[0].directory):
        reports = run(executor, jobs)
    assert [report.left for report in reports if report.name == jobs[0].name] == [TAKEN]
    assert not any(report.has_died for report in reports)
    assert journal.read(jobs[0].directory) == []
    assert isinstance(journal.read(jobs[1].directory)[-1], Finished)
