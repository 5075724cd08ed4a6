"""The parent's side, against a SLURM that only pretends: what is handed out, lost, found again and left behind."""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from ablations.executors.elsewhere.away import bring_home
from ablations.executors.elsewhere.exchange import Exchange
from ablations.executors.elsewhere.receiver import Receiver
from ablations.executors.elsewhere.setting import Elsewhere
from ablations.executors.slurm.control import control_folder
from ablations.executors.slurm.post import Post
from ablations.executors.slurm.slurm import Slurm
from ablations.study.cluster import ClusterNeeds
from ablations.workspace.trials import Trial
from gan_core import journal
from gan_core.events import AnyEvent, Finished, Ticked
from gan_core.problems import UserError
from gan_core.workers.job import STOPPED, Job, Report
from tests.ablations.executors.slurm.pretended import PretendedSite
from tests.ablations.journals import make_arm, make_trial, story


class Study:
    """Three trials, and what each of them tells."""

    def __init__(self, root: Path, **needs: object) -> None:
        self.root = root
        self.trials: dict[str, Trial] = {
            trial.name: trial for trial in (make_trial(root, make_arm("baseline"), seed) for seed in range(3))
        }
        self.setting = Elsewhere("tiny", root, ClusterNeeds.model_validate({"workers": 2, **needs}))
        self.site = PretendedSite(self.events, comment=str(control_folder(self.setting)))

    def events(self, name: str) -> list[AnyEvent]:
        """The first trial is short."""
        return list(story(self.trials[name], 10.0, ticks=2 + 3 * (self.trials[name].seed > 0), parts=1))

    def jobs(self) -> list[Job]:
        return [Job(t.name, t.config.plain(), t.directory, self.root / "home") for t in self.trials.values()]

    def executor(self) -> Slurm:
        receiver = Receiver(Exchange(self.setting.exchange))
        return Slurm(self.setting, self.site, receiver, control_folder(self.setting), self.site)

    def run(self, stop: Callable[[list[Report]], bool] = lambda reports: False) -> list[Report]:
        reports: list[Report] = []
        executor = self.executor()
        for report in executor.run(iter(self.jobs()), lambda: stop(reports)):
            reports.append(report)
        executor.close()
        return reports

    def assert_whole(self) -> None:
        """Every trial has told everything, once, and nothing is left in the exchange or in the queue."""
        for name, trial in self.trials.items():
            assert journal.read(trial.directory) == self.events(name)
            lines = (trial.directory / journal.NAME).read_bytes().splitlines()
            assert len(lines) == len(self.events(name))
        assert not list((self.root / "exchange" / "trials").glob("*/*/*"))
        assert self.site.queue() == {}
        assert [path.name for path in (control_folder(self.setting) / "workers").glob("*")] in ([], ["unknown"])


@pytest.fixture(autouse=True)
def _scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return Study(tmp_path / "tiny")


def told(reports: list[Report], kind: type[AnyEvent]) -> list[Report]:
    return [report for report in reports if isinstance(report.event, kind)]


def test_every_trial_is_trained_and_told_once(study: Study) -> None:
    reports = study.run()
    for name in study.trials:
        assert [report.event for report in reports if report.name == name] == study.events(name)
    study.assert_whole()
    assert study.site.submitted == 1


def test_no_more_trials_are_taken_than_there_are_places(study: Study) -> None:
    taken: list[str] = []

    def jobs() -> Iterator[Job]:
        for job in study.jobs():
            taken.append(job.name)
            yield job

    with closing(study.executor().run(jobs(), lambda: False)) as reports:
        next(reports)
        assert len(taken) == 2
        assert len(study.site.posts) == 2


def test_several_trials_share_a_gpu(tmp_path: Path) -> None:
    study = Study(tmp_path / "tiny", gpus=0.5, workers=None)
    places: set[tuple[int, str]] = set()
    study.site.also = lambda: places.update((post.places, post.device) for post in study.site.posts.values())
    study.run()
    study.assert_whole()
    assert places == {(2, "cuda:0")}


def test_a_lost_worker_loses_nothing_that_was_delivered(study: Study) -> None:
    lost: list[str] = []

    def lose() -> None:
        job = next((job for job, worker in study.site.workers.items() if worker.trials), None)
        trial = next(iter(study.site.workers[job].trials.values()), None) if job else None
        if job and trial and not lost and len(trial.to_come) == 3:
            lost.append(next(iter(study.site.lose(job).trials)))

    study.site.also = lose
    reports = study.run()
    (again,) = [report for report in reports if report.again]
    assert again.name == lost[0]
    assert "is gone; goes on from its last checkpoint (1 of 3)" in again.left
    study.assert_whole()


def test_workers_that_end_before_they_begin_a_trial_cost_it_no_attempt(study: Study) -> None:
    """As where all jobs of a study are cancelled: a trial goes from one that is about to end to the next such one."""
    looks: Counter[str] = Counter()
    ended: list[str] = []

    def end() -> None:
        for job, worker in [*study.site.workers.items()]:
            looks[job] += 1
            if looks[job] == 2 and len(ended) < 12:  # its parent has heard of it, and is about to send a trial
                worker.end("SLURM ends its job")
                ended.append(job)
                study.site.lose(job)

    study.site.also = end
    reports = study.run()
    assert len(ended) == 12
    assert not [report for report in reports if report.left]
    study.assert_whole()


def test_one_that_slurm_starts_again_is_a_new_life(study: Study) -> None:
    def restart() -> None:
        for worker in study.site.workers.values():
            if worker.lives == 1 and any(len(trial.to_come) == 4 for trial in worker.trials.values()):
                worker.return_()

    study.site.also = restart
    reports = study.run()
    assert [r.left.partition(";")[0] for r in reports if r.again]
    assert "has been started anew" in next(report.left for report in reports if report.again)
    study.assert_whole()


def test_a_stop_saves_and_leaves_nothing_in_the_queue(study: Study) -> None:
    reports = study.run(lambda reports: len(told(reports, Ticked)) >= 2)
    assert {report.left for report in reports if report.has_left} == {STOPPED}
    assert study.site.queue() == {}
    study.run()
    study.assert_whole()


def test_what_waits_in_the_queue_is_stopped_too(study: Study) -> None:
    study.site.starts = False
    asked = 0

    def stop(reports: list[Report]) -> bool:
        nonlocal asked
        asked += 1
        return asked > 20

    reports = study.run(stop)
    assert [(report.left, report.event) for report in reports] == [(STOPPED, None)] * 2
    assert study.site.queue() == {}


def test_the_next_parent_goes_on_with_the_workers_of_one_that_was_killed(study: Study) -> None:
    first = study.executor().run(iter(study.jobs()), lambda: False)
    heard: list[Report] = []
    while not told(heard, Finished):
        heard.append(next(first))  # and then it is never asked again, as if it was killed
    had = {worker.node: set(worker.trials) for worker in study.site.workers.values()}
    for _ in range(3):
        study.site.sleep(0.1)  # its workers go on meanwhile
    ended = {report.name for report in told(heard, Finished)}
    left = [job for job in study.jobs() if job.name not in ended]
    executor = study.executor()
    reports = list(executor.run(iter(left), lambda: False))
    executor.close()
    assert study.site.submitted == 1
    assert any(had.values())
    assert {report.name for report in told(reports, Finished)} == {job.name for job in left}
    study.assert_whole()
    study.site.starts = False  # the first one ends now, and finds nothing to do
    first.close()


def test_what_a_worker_says_of_a_trial_that_is_not_taken_yet_is_not_lost(study: Study) -> None:
    """The next parent takes the trials in another order, and more than its workers have places for."""
    first = study.executor().run(iter(study.jobs()), lambda: False)
    while not study.site.workers or sum(len(worker.trials) for worker in study.site.workers.values()) < 2:
        next(first)  # and then it is never asked again, as if it was killed
    study.setting = replace(study.setting, needs=ClusterNeeds(workers=1))
    executor = study.executor()
    reports = list(executor.run(iter(study.jobs()[::-1]), lambda: False))
    executor.close()
    assert study.site.submitted == 1
    assert len(told(reports, Finished)) == 3
    study.assert_whole()
    first.close()


def test_an_attempt_that_went_on_without_us_is_not_taken_up(study: Study) -> None:
    """Between two parents on the cluster, the study was run on this machine."""
    first = study.executor().run(iter(study.jobs()), lambda: False)
    while not study.site.workers or sum(len(worker.trials) for worker in study.site.workers.values()) < 2:
        next(first)  # and then it is never asked again, as if it was killed
    for trial in study.trials.values():
        bring_home(trial.directory)
    executor = study.executor()
    reports = list(executor.run(iter(study.jobs()), lambda: False))
    executor.close()
    assert len(told(reports, Finished)) == 3
    study.assert_whole()
    first.close()


def test_workers_that_a_killed_parent_had_no_time_to_record_are_cancelled(study: Study) -> None:
    study.site.submit([Post(control_folder(study.setting) / "workers" / "unknown", study.setting.exchange)])
    study.run()
    study.assert_whole()


def test_slurm_refuses_all_workers(study: Study) -> None:
    study.site.refuses = "sbatch: error: QOSMaxSubmitJobPerUserLimit"
    with pytest.raises(UserError, match=r"SLURM refuses workers for this study: .*QOSMaxSubmitJobPerUserLimit"):
        study.run()


def test_workers_that_die_without_a_word_are_told_with_their_log(study: Study) -> None:
    study.site.dies = True
    with pytest.raises(UserError, match=r"3 SLURM jobs in a row ended before .*\n.*no module named gan_core"):
        study.run()
    assert study.site.queue() == {}


def test_jobs_that_would_wait_for_ever_are_told(study: Study) -> None:
    study.site.starts, study.site.reason = False, "PartitionTimeLimit"
    with pytest.raises(UserError, match="waiting for ever: PartitionTimeLimit"):
        study.run()
    assert study.site.queue() == {}


def test_a_trial_that_is_given_up_is_halted(study: Study) -> None:
    executor = study.executor()
    reports: list[Report] = []
    for report in executor.run(iter(study.jobs()), lambda: False):
        reports.append(report)
        if isinstance(report.event, Ticked) and not executor._halted:
            executor.halt(report.name)
    executor.close()
    (left,) = [report for report in reports if report.has_left]
    assert (left.name, left.left) == (next(iter(executor._halted)), STOPPED)
    assert len(told(reports, Finished)) == 2


def test_out_of_gpu_memory_is_tried_again_alone_and_an_exception_is_not(tmp_path: Path) -> None:
    study = Study(tmp_path / "tiny", gpus=0.5, workers=1)
    first, second, third = study.trials
    study.site.fails = {second: "RuntimeError: CUDA out of memory. Tried to", third: "ValueError: no"}
    beside: set[int] = set()

    def look() -> None:
        for worker in study.site.workers.values():
            if second in worker.trials and second not in study.site.fails and again():
                beside.add(len(worker.trials))

    def again() -> bool:
        return any(report.again for report in reports)

    reports: list[Report] = []
    study.site.also = look
    executor = study.executor()
    for report in executor.run(iter(study.jobs()), lambda: False):
        reports.append(report)
    executor.close()
    (tried,) = [report for report in reports if report.again]
    assert (tried.name, tried.left) == (second, "out of GPU memory; tried again with a whole GPU")
    assert beside == {1}
    ends = {report.name: report.event.status for report in reports if isinstance(report.event, Finished)}
    assert ends == {first: "finished", second: "finished", third: "failed"}
    assert [event.kind for event in journal.read(study.trials[second].directory)][-1] == "finished"
    assert b"out of memory" not in (study.trials[second].directory / journal.NAME).read_bytes()


def test_workers_that_were_asked_for_something_else_are_let_go(study: Study) -> None:
    first = study.executor().run(iter(study.jobs()), lambda: False)
    heard: list[Report] = []
    while not told(heard, Finished):
        heard.append(next(first))  # and then it is never asked again, as if it was killed
    study.setting = replace(study.setting, needs=ClusterNeeds(cpus=2, workers=1))
    ended = {report.name for report in told(heard, Finished)}
    executor = study.executor()
    list(executor.run(iter([job for job in study.jobs() if job.name not in ended]), lambda: False))
    executor.close()
    study.assert_whole()
    assert study.site.submitted == 2
    first.close()


def test_where_mailboxes_lie(study: Study) -> None:
    def control(files: str | None, root: Path = study.root) -> Path:
        return control_folder(replace(study.setting, files=files, root=root))

    assert control(None) == control("s3://bucket/e") == study.root / "exchange" / "slurm"
    assert control("file:///shared/my%20e").parent == Path("/shared/my e/slurm")
    assert control("/shared/e") != control("/shared/e", study.root.parent / "other" / "tiny")
    assert control("/shared/e").name.startswith("tiny-")
