"""Trials in this process: stopped, closed, failed."""

from contextlib import closing
from pathlib import Path

import pytest

from ablations.executors.inline import Inline
from gan_core import journal
from gan_core.events import Finished, Ticked
from gan_core.training import checkpoint
from gan_core.workers.job import STOPPED, Job, Report
from tests.ablations.tiny import job_of, story_of, tiny_trials


@pytest.fixture
def jobs(tmp_path: Path, home: Path) -> list[Job]:
    return [job_of(trial, home) for trial in tiny_trials(tmp_path)]


def run_all(jobs: list[Job]) -> list[Report]:
    return list(Inline("cpu", 1).run(iter(jobs), lambda: False))


def test_stopped_on_the_way_it_goes_on_to_the_same_end(jobs: list[Job], home: Path, tmp_path: Path) -> None:
    reports: list[Report] = []

    def stop() -> bool:
        return sum(isinstance(report.event, Ticked) for report in reports) > 20

    for report in Inline("cpu", 1).run(iter(jobs), stop):
        reports.append(report)
    assert {report.name for report in reports} == {jobs[0].name}
    assert reports[-1] == Report(jobs[0].name, left=STOPPED)
    assert (jobs[0].directory / checkpoint.NAME).exists()

    again = run_all(jobs)
    assert len([report for report in again if report.name == jobs[0].name]) < len(journal.read(jobs[0].directory))
    (tmp_path / "straight").mkdir()
    straight = [job_of(trial, home) for trial in tiny_trials(tmp_path / "straight")]
    run_all(straight)
    for job, other in zip(jobs, straight, strict=True):
        assert story_of(job.directory) == story_of(other.directory)


def test_no_job_is_taken_once_there_is_to_be_a_stop(jobs: list[Job]) -> None:
    waiting = iter(jobs)
    assert list(Inline("cpu", 1).run(waiting, lambda: True)) == []
    assert next(waiting) == jobs[0]


def test_closed_early_it_saves(jobs: list[Job]) -> None:
    with closing(Inline("cpu", 1).run(iter(jobs), lambda: False)) as reports:
        next(report for report in reports if isinstance(report.event, Ticked))
    assert (jobs[0].directory / checkpoint.NAME).exists()


def test_after_a_failure_the_next_one_runs(jobs: list[Job], tmp_path: Path) -> None:
    nowhere = tmp_path / "a file"
    nowhere.write_text("")
    broken = Job("broken", jobs[0].settings, jobs[0].directory, home=nowhere)
    ends = [report.event for report in run_all([broken, jobs[1]]) if isinstance(report.event, Finished)]
    assert [end.status for end in ends] == ["failed", "finished"]
