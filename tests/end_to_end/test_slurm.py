"""Studies on a real SLURM of three nodes end as they do on this machine, whatever SLURM and the user do meanwhile."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
import psutil
import pytest

from ablations.workspace.looks_taken import read_looks_taken
from gan_core import journal
from gan_core.events import Finished
from tests.ablations.executors.slurm.cluster import Cluster, is_there, slurm_cluster
from tests.ablations.tiny import BASELINE, story_of

pytestmark = [
    pytest.mark.server,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not is_there(), reason="no SLURM here: apt install slurm-wlm munge"),
]

ROOT = Path(__file__).parent.parent.parent
WEIGHTS = ("best.safetensors", "last.safetensors")
LONG_KIMG = 6.0  # a trial of two to ten seconds
LIMIT_S = 60.0  # the time limit of the partition `short`
SLURM = ("--executor", "slurm")
HERE = ("--executor", "processes", "--workers", "2", "--threads", "1")
QUIET = ("--offline", "--no-report", "--no-floors")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with slurm_cluster(tmp_path_factory.mktemp("slurm")) as started:
        yield started


@pytest.fixture(autouse=True)
def _an_empty_queue(cluster: Cluster) -> Iterator[None]:
    yield
    cluster.cancel_all()
    for node in cluster.nodes:
        cluster.ask("scontrol", "update", f"nodename={node}", "state=resume", check=False)


def study(seeds: Any = 2, kimg: float = LONG_KIMG, tricks: Any = None) -> dict[str, Any]:
    return {
        "question": "Does it work?",
        "design": "one-in",
        "seeds": seeds,
        "baseline": {**BASELINE, "budget_kimg": kimg},
        "tricks": {"ttur": {"lr_d": 8e-4}} if tricks is None else tricks,
    }


class Runs:
    """Executions of one study file in `folder`, by the command line of a user."""

    def __init__(self, folder: Path, home: Path, cluster: Cluster, content: dict[str, Any] | Path) -> None:
        folder.mkdir()
        self.folder, self.cluster = folder, cluster
        self.file = content if isinstance(content, Path) else folder / "tiny.yaml"
        if not isinstance(content, Path):
            self.file.write_text(json.dumps(content, indent=1))
        self.root = folder / self.file.stem
        variables = {k: v for k, v in os.environ.items() if k != "MLFLOW_TRACKING_URI"}
        self.environment = {**variables, **cluster.environment, "GAN_ABLATIONS_HOME": str(home)}
        self.environment["PYTHONPATH"] = str(ROOT)

    def start(self, *words: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "ablations", "run", str(self.file), "--runs", ".", *words]
        return subprocess.Popen(
            command, cwd=self.folder, env=self.environment, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip

    def run(self, *words: str, act: Callable[["subprocess.Popen[str]"], None] | None = None) -> "End":
        with self.start(*words) as parent:
            if act is not None:
                try:
                    act(parent)
                except BaseException:
                    parent.kill()
                    raise
            out, _ = parent.communicate(timeout=600)
        return End(parent.returncode, out)

    def lines(self, kind: str) -> Counter[str]:
        """How many events of this kind each trial's journal has, resumptions included."""
        found: Counter[str] = Counter()
        for path in self.root.glob("trials/*/events.jsonl"):
            found[path.parent.name] = path.read_bytes().count(f'"kind":"{kind}"'.encode())
        return found

    def until(self, holds: Callable[[], bool], parent: "subprocess.Popen[str]", within_s: float = 180) -> None:
        """Wait while the parent runs. It must hold before it ends."""
        end = time.monotonic() + within_s
        while not holds():
            assert parent.poll() is None, parent.stdout.read() if parent.stdout else ""
            assert time.monotonic() < end, (self.cluster.ask("squeue"), self.lines("ticked"))
            time.sleep(0.05)

    def training(self, parent: "subprocess.Popen[str]", trials: int = 1) -> None:
        """Wait until so many trials are on their way."""
        self.until(lambda: sum(count > 2 for count in self.lines("ticked").values()) >= trials, parent)

    def jobs(self) -> list[tuple[str, str]]:
        """The running jobs and their nodes."""
        said = self.cluster.ask("squeue", "--noheader", "--array", "--states=R", "--format=%i %N")
        return [(job, node) for job, _, node in (line.partition(" ") for line in said.splitlines())]


@dataclass(frozen=True)
class End:
    code: int
    out: str


def seconds_of(runs: Runs) -> float:
    """How long all trials took, one after another."""
    return sum(journal.read(path)[-1].wall_s for path in (runs.root / "trials").iterdir())


def assert_the_same(runs: Runs, straight: Runs) -> None:
    """Journals times apart, and weights to the last byte."""
    names = sorted(path.name for path in (straight.root / "trials").iterdir())
    assert names == sorted(path.name for path in (runs.root / "trials").iterdir())
    assert names
    for name in names:
        ours, theirs = (one.root / "trials" / name for one in (runs, straight))
        assert story_of(ours) == story_of(theirs)
        end = journal.read(ours)[-1]
        assert isinstance(end, Finished)
        assert end.status == "finished"
        for file in (*WEIGHTS, *(f"grids/{path.name}" for path in (theirs / "grids").iterdir())):
            assert (ours / file).read_bytes() == (theirs / file).read_bytes(), file
    assert not list((runs.root / "exchange").glob("trials/*/*/*"))


def assert_once(runs: Runs, name: str = "tiny") -> None:
    """Optuna has every trial once, and every journal one end."""
    entries = optuna.load_study(study_name=name, storage=f"sqlite:///{runs.root / 'optuna.db'}").get_trials()
    told = {(entry.user_attrs["arm"], entry.params["seed"]) for entry in entries if entry.state.name == "COMPLETE"}
    assert len(told) == len(entries) == len(list((runs.root / "trials").iterdir()))
    assert set(runs.lines("finished").values()) == {1}


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory, cluster: Cluster, home: Path) -> Runs:
    """The long study, on this machine."""
    runs = Runs(tmp_path_factory.mktemp("here") / "runs", home, cluster, study())
    assert runs.run(*HERE, *QUIET).code == 0
    return runs


@pytest.fixture
def runs(tmp_path: Path, cluster: Cluster, home: Path) -> Runs:
    """The long study, to be run on the cluster."""
    return Runs(tmp_path / "there", home, cluster, study())


def test_the_smoke_study(tmp_path: Path, cluster: Cluster, home: Path) -> None:
    file = ROOT / "studies" / "smoke.yaml"
    here, there = (Runs(tmp_path / name, home, cluster, file) for name in ("here", "there"))
    for one, where in ((here, HERE), (there, (*SLURM, "--workers", "3"))):
        end = one.run(*where, "--no-floors")
        assert end.code == 0, end.out
    assert_the_same(there, here)
    assert_once(there, "smoke")
    assert set(there.lines("started").values()) == {1}
    assert cluster.jobs() == []


def test_a_study_with_looks(tmp_path: Path, cluster: Cluster, home: Path) -> None:
    tricks = {"broken": {"lr_g": 1e-9, "lr_d": 0.05}, "ttur": {"lr_d": 8e-4}}
    content = study({"looks": [2, 3, 5], "stop": "decided"}, 0.3, tricks)
    here, there = (Runs(tmp_path / name, home, cluster, content) for name in ("here", "there"))
    for one, words in ((here, HERE), (there, (*SLURM, "--workers", "3"))):
        end = one.run(*words, *QUIET)
        assert end.code == 0, end.out
    assert_the_same(there, here)
    looks = [[look.model_dump(exclude={"time"}) for look in read_looks_taken(one.root)] for one in (here, there)]
    assert looks[0] == looks[1]
    assert len(looks[0]) >= 2
    logs = list(there.root.glob("exchange/slurm/logs/*_submission.sh"))
    assert len(logs) == 1  # the workers of the first look have trained the later ones too


def test_a_job_cancelled_by_hand(runs: Runs, straight: Runs) -> None:
    def scancel(parent: "subprocess.Popen[str]") -> None:
        runs.training(parent)
        runs.cluster.ask("scancel", runs.jobs()[0][0])

    end = runs.run(*SLURM, "--workers", "2", *QUIET, act=scancel)
    assert end.code == 0, end.out
    assert "goes on from its last checkpoint" in end.out
    assert_the_same(runs, straight)
    assert_once(runs)


def test_a_worker_killed(runs: Runs, straight: Runs) -> None:
    """As the system does where memory is short."""

    def kill(parent: "subprocess.Popen[str]") -> None:
        runs.training(parent)
        workers = [p for p in psutil.process_iter(["cmdline"]) if "submitit.core._submit" in (p.info["cmdline"] or [])]
        ours = [p for p in workers if str(runs.root) in " ".join(p.cmdline())]
        ours[0].kill()

    end = runs.run(*SLURM, "--workers", "2", *QUIET, act=kill)
    assert end.code == 0, end.out
    assert "goes on from its last checkpoint" in end.out
    assert_the_same(runs, straight)
    assert_once(runs)
    assert processes_of(runs) == []


def test_a_node_drained_and_a_node_down(runs: Runs, straight: Runs) -> None:
    def lose(parent: "subprocess.Popen[str]") -> None:
        runs.training(parent, 2)
        (_, drained), (_, down) = runs.jobs()[0], runs.jobs()[-1]
        for node, state in ((drained, "drain"), (down, "down")):
            runs.cluster.ask("scontrol", "update", f"nodename={node}", f"state={state}", "reason=test")

    # two threads' worth of CPUs a job: one on each node
    end = runs.run(*SLURM, "--workers", "2", "--cluster", "memory_gb=3", *QUIET, act=lose)
    assert end.code == 0, end.out
    assert_the_same(runs, straight)
    assert_once(runs)


def test_the_parent_killed_and_started_again(runs: Runs, straight: Runs) -> None:
    def kill(parent: "subprocess.Popen[str]") -> None:
        runs.until(lambda: sum(runs.lines("finished").values()) >= 1, parent)
        runs.training(parent, 2)
        parent.kill()

    assert runs.run(*SLURM, "--workers", "2", *QUIET, act=kill).code == -signal.SIGKILL
    jobs = runs.cluster.jobs()
    assert len(jobs) == 2
    ended = {name for name, count in runs.lines("finished").items() if count}
    end = runs.run(*SLURM, "--workers", "2", *QUIET)
    assert end.code == 0, end.out
    assert_the_same(runs, straight)
    assert_once(runs)
    started = runs.lines("started")
    assert all(started[name] == 1 for name in ended)
    assert sum(started.values()) == 4  # what the workers had went on without a pause
    assert len(list(runs.root.glob("exchange/slurm/logs/*_submission.sh"))) == 1  # no job was submitted anew
    assert runs.cluster.jobs() == []


def test_ctrl_c_leaves_nothing_and_the_same_command_goes_on_here(runs: Runs, straight: Runs) -> None:
    def ctrl_c(parent: "subprocess.Popen[str]") -> None:
        runs.training(parent, 2)
        os.killpg(parent.pid, signal.SIGINT)

    end = runs.run(*SLURM, "--workers", "2", *QUIET, act=ctrl_c)
    assert end.code == 1, end.out
    assert "stopped; " in end.out
    assert end.out.splitlines()[-1] == "stopped: 4 of 4 trials are left; the same command goes on"
    assert runs.cluster.jobs() == []
    assert processes_of(runs) == []
    assert runs.run(*HERE, *QUIET).code == 0  # elsewhere or here: a trial goes on from where it was
    assert_the_same(runs, straight)
    assert_once(runs)


def test_the_time_limit_of_a_job(straight: Runs, tmp_path: Path, cluster: Cluster, home: Path) -> None:
    """The partition gives a minute, and SLURM takes two to start a job again. The trials take longer on any machine."""
    times = LIMIT_S / seconds_of(straight)
    longer = study(kimg=round(LONG_KIMG * max(1.0, 1.5 * times)))
    here, there = (Runs(tmp_path / name, home, cluster, longer) for name in ("here", "there"))
    assert here.run(*HERE, *QUIET).code == 0
    end = there.run(*SLURM, "--workers", "1", "--cluster", "partition=short", *QUIET)
    assert end.code == 0, end.out
    assert "the time of its SLURM job is over; goes on from its last checkpoint" in end.out
    assert set(there.lines("started").values()) == {1}
    assert_the_same(there, here)
    assert_once(there)


def test_preemption(runs: Runs, straight: Runs, tmp_path: Path) -> None:
    """Jobs of a better partition take all nodes: SLURM ends ours, and starts them again."""

    def preempt(parent: "subprocess.Popen[str]") -> None:
        runs.training(parent, 2)
        wanted = ["--partition=urgent", "--nodes=3", "--exclusive", "--output=/dev/null", "--wrap=sleep 5"]
        runs.cluster.ask("sbatch", *wanted)
        runs.until(lambda: "urgent" in runs.cluster.ask("squeue", "--states=R", "--noheader"), parent)

    end = runs.run(*SLURM, "--workers", "2", *QUIET, act=preempt)
    assert end.code == 0, end.out
    assert_the_same(runs, straight)
    assert_once(runs)


def test_what_slurm_refuses_is_told_in_its_words(runs: Runs) -> None:
    end = runs.run(*SLURM, "--cluster", "partition=nowhere", *QUIET)
    assert end.code == 2
    assert "SLURM refuses jobs of this study: " in end.out
    assert "invalid partition" in end.out.lower()
    assert "Traceback" not in end.out
    assert not runs.root.exists()


def test_more_time_than_the_partition_gives(runs: Runs) -> None:
    """SLURM takes such a job, and never starts it."""
    end = runs.run(*SLURM, "--cluster", "time=120", *QUIET)
    assert end.code == 2, end.out
    assert "waiting for ever: PartitionTimeLimit" in end.out
    assert "Traceback" not in end.out
    assert runs.cluster.jobs() == []


def test_workers_that_die_at_once_are_told_with_their_log(runs: Runs) -> None:
    """As where a node lacks a library."""
    broken = runs.folder / "broken"
    broken.mkdir()
    (broken / "sitecustomize.py").write_text(
        "import os\nif 'SLURM_JOB_ID' in os.environ:\n    os.write(2, b'no such library here')\n    os._exit(3)\n"
    )
    runs.environment["PYTHONPATH"] = f"{broken}:{ROOT}"
    end = runs.run(*SLURM, "--workers", "1", *QUIET)
    assert end.code == 2, end.out
    assert "no such library here" in end.out
    assert "Traceback" not in end.out
    assert runs.cluster.jobs() == []


def processes_of(runs: Runs, within_s: float = 30.0) -> list[str]:
    """Processes that still train or wait for the study, after they have had time to notice its end."""
    until = time.monotonic() + within_s
    while (found := [*_processes(str(runs.root))]) and time.monotonic() < until:
        time.sleep(0.2)
    return found


def _processes(root: str) -> Iterator[str]:
    for process in psutil.process_iter():
        try:
            words = " ".join(process.cmdline())
            if root in words or root in process.environ().get("SUBMITIT_FOLDER", ""):
                yield words
        except psutil.Error:
            continue  # it has just ended
