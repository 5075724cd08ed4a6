"""Real trials trained elsewhere: the same bits as here, however they are torn, and everything at home afterwards."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import psutil
import pytest

from ablations.executors.elsewhere.away import bring_home
from ablations.executors.elsewhere.exchange import Exchange
from ablations.executors.elsewhere.merging import key_of, told_in
from ablations.executors.elsewhere.receiver import Receiver
from ablations.executors.elsewhere.scratch import discard, landed
from ablations.executors.elsewhere.shipped import ShippedJob, job_from_json, job_to_json
from ablations.executors.executor import Executor
from ablations.executors.inline import Inline
from gan_core import journal
from gan_core.events import AnyEvent, Evaluated, Finished, Saved, Ticked, event_from_json, has_result
from gan_core.workers.fork_server import fork_server
from gan_core.workers.job import STOPPED, Job, Report
from tests.ablations.executors.elsewhere.small_cluster import SmallCluster
from tests.ablations.tiny import job_of, story_of, tiny_trials

STEPS = 41  # events of a tiny trial


def job_in(folder: Path, home: Path) -> Job:
    folder.mkdir(exist_ok=True)
    return job_of(tiny_trials(folder)[0], home)


def run(executor: Executor, job: Job, stop: Callable[[], bool] = lambda: False) -> list[Report]:
    return list(executor.run(iter([job]), stop))


def after(number: int, job: Job) -> Callable[[], bool]:
    """Whether the trial has told so many events."""
    return lambda: len(journal.read(job.directory)) >= number


def files_in(directory: Path) -> set[str]:
    """Its files; of the machine a trial has a sample only where it takes ten seconds."""
    found = {str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file()}
    return found - {"system.jsonl"}


def digests(directory: Path) -> dict[str, str]:
    """The weights and grids, which two runs of one trial share to the last bit."""
    names = sorted(name for name in files_in(directory) if name.endswith(".safetensors") or name.startswith("grids/"))
    return {name: hashlib.sha256((directory / name).read_bytes()).hexdigest() for name in names}


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Job:
    """The trial as it is trained here, in one go."""
    job = job_in(tmp_path_factory.mktemp("here"), home)
    run(Inline("cpu", 1), job)
    return job


@pytest.fixture
def job(tmp_path: Path, home: Path) -> Job:
    return job_in(tmp_path / "there", home)


@pytest.fixture
def cluster(tmp_path: Path) -> SmallCluster:
    return SmallCluster(str(tmp_path / "exchange"))


def assert_same(job: Job, reference: Job, exchange: Path) -> None:
    """Bit for bit, times apart, and nothing is left elsewhere."""
    assert len(journal.read(job.directory)) == STEPS
    assert story_of(job.directory) == story_of(reference.directory)
    told = [key_of(event) for event in told_in((job.directory / journal.NAME).read_bytes())]
    assert len(told) == len(set(told))
    found = digests(job.directory)
    assert len(found) == 5
    assert found == digests(reference.directory)
    assert files_in(job.directory) == files_in(reference.directory)
    assert list(exchange.glob("trials/*")) == []


def test_elsewhere_as_here_to_the_last_bit(reference: Job, job: Job, cluster: SmallCluster) -> None:
    reports = run(cluster, job)
    assert [report.event for report in reports] == journal.read(job.directory)
    assert_same(job, reference, Path(cluster.exchange))
    scores = [
        [e.scores for e in journal.read(d) if isinstance(e, Evaluated)] for d in (job.directory, reference.directory)
    ]
    assert len(scores[0]) == 4
    assert scores[0] == scores[1]
    assert not cluster.here[job.name].directory.exists()


@pytest.mark.slow
@pytest.mark.parametrize("number", [2, 12, 20, 37])
def test_interrupted_elsewhere_and_finished_here(number: int, reference: Job, job: Job, cluster: SmallCluster) -> None:
    assert run(cluster, job, after(number, job))[-1].left == STOPPED
    assert not has_result(journal.read(job.directory))
    assert list(Path(cluster.exchange).rglob("*")) == []
    run(Inline("cpu", 1), job)
    (job.directory / "checkpoint.previous.pt").unlink(missing_ok=True)
    assert_same(job, reference, Path(cluster.exchange))


@pytest.mark.slow
@pytest.mark.parametrize("number", [2, 12, 20, 37, 40])
def test_interrupted_here_and_finished_elsewhere(number: int, reference: Job, job: Job, cluster: SmallCluster) -> None:
    assert run(Inline("cpu", 1), job, after(number, job))[-1].left == STOPPED
    run(cluster, job)
    assert_same(job, reference, Path(cluster.exchange))


@pytest.mark.slow
def test_interrupted_again_and_again_elsewhere(reference: Job, job: Job, cluster: SmallCluster) -> None:
    for number in (3, 9, 21, 22, 36, 39):
        run(SmallCluster(cluster.exchange), job, after(number, job))
    run(cluster, job)
    assert_same(job, reference, Path(cluster.exchange))


@pytest.mark.slow
def test_a_process_that_is_killed_goes_on_in_its_folder(reference: Job, job: Job, cluster: SmallCluster) -> None:
    killed = 0
    for report in cluster.run(iter([job]), lambda: False):
        if isinstance(report.event, Ticked | Saved) and killed < 2:
            psutil.Process(int((cluster.here[job.name].directory / ".lock").read_text().split()[0])).kill()
            killed += 1
    assert killed == 2
    assert_same(job, reference, Path(cluster.exchange))


def _train(line: str, scratch: Path, pipe: Connection) -> None:
    """A node without a pool."""
    from ablations.executors.elsewhere.node import events_of

    for event in events_of(replace(job_from_json(line), directory=scratch), "cpu", 1):
        pipe.send_bytes(event.model_dump_json().encode())


def on_a_node(begun: ShippedJob, die_at: int | None = None) -> Iterator[AnyEvent]:
    """The events of a job on a node; it and its disk go with SIGKILL as it tells event `die_at`."""
    here = landed(begun)
    context = fork_server("ablations.executors.elsewhere.node")
    ours, theirs = context.Pipe()
    process = context.Process(target=_train, args=(job_to_json(begun), here.directory, theirs))
    process.start()
    theirs.close()
    try:
        while True:
            event = event_from_json(ours.recv_bytes())
            if event.seq == die_at:
                return
            yield event
    except EOFError:
        pass
    finally:
        process.kill()
        process.join()
        ours.close()
        discard(here)


@pytest.mark.slow
@pytest.mark.parametrize("die_at", [0, 1, 10, 18, 19, 20, 30, 38, 40])
def test_a_node_that_is_gone_is_replaced_by_another(die_at: int, reference: Job, job: Job, tmp_path: Path) -> None:
    receiver = Receiver(Exchange(str(tmp_path / "exchange")))
    begun = receiver.begin(job)
    assert isinstance(begun, ShippedJob)
    for event in on_a_node(begun, die_at):
        receiver.event(job.name, event)
    end = receiver.left(job.name)
    if end is None:
        begun = receiver.begin(job)
        assert isinstance(begun, ShippedJob)
        seqs = []
        for event in on_a_node(begun):
            seqs.append(event.seq)
            receiver.event(job.name, event)
        assert seqs[0] <= die_at + 1
        assert die_at < 20 or seqs[0] >= 19  # from its checkpoint
    assert_same(job, reference, tmp_path / "exchange")


@pytest.mark.slow
@pytest.mark.parametrize("is_here", [True, False])
@pytest.mark.parametrize("parent_dies_at", [15, 25, 40])
def test_a_parent_that_was_killed_begins_again(
    parent_dies_at: int, is_here: bool, reference: Job, job: Job, tmp_path: Path
) -> None:
    exchange = Exchange(str(tmp_path / "exchange"))
    receiver = Receiver(exchange)
    begun = receiver.begin(job)
    assert isinstance(begun, ShippedJob)
    for event in on_a_node(begun):  # to its end, though nobody hears it any more
        if event.seq < parent_dies_at:
            receiver.event(job.name, event)
    if is_here:
        end = bring_home(job.directory)
        assert list(Inline("cpu", 1).run(iter([job]), lambda: end is not None)) == []
    else:
        end = Receiver(exchange).begin(job)
    assert isinstance(end, Finished)
    assert_same(job, reference, tmp_path / "exchange")
