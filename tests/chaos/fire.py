"""Random kills and signals against the processes of a study that runs, each act drawn from a seeded stream."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

MARK = "CHAOS_STORY"  # in the environment of every process of a story
AT_ONCE_S = 2.0
PATIENCE_S = 10
ENDING_S = 120.0


@dataclass
class Story:
    """One study under fire. `words`: of its command line; `acts`: what was done to it, and how often."""

    folder: Path
    home: Path
    words: tuple[str, ...]
    chance: random.Random
    acts: Counter[str] = field(default_factory=Counter)
    executions: int = 0
    slowest_at_once_s: float = 0.0
    said: list[str] = field(default_factory=list)

    def under_fire(self, acts: int) -> None:
        """Run the study again and again until so many acts have been done to it, or it has come to its end."""
        while self.acts.total() < acts and self.execution(acts) != 0:
            pass

    def execution(self, acts: int = 0) -> int:
        """One command, under fire as long as acts are left. Gives its exit code."""
        self.executions += 1
        log = self.folder / f"said-{self.executions}.txt"
        environment = {k: v for k, v in os.environ.items() if k != "MLFLOW_TRACKING_URI"}
        environment |= {"GAN_ABLATIONS_HOME": str(self.home), MARK: str(self.folder), "OMP_NUM_THREADS": "1"}
        with (
            log.open("wb") as out,
            subprocess.Popen(
                [sys.executable, "-m", "ablations", *self.words],
                cwd=self.folder, env=environment, stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
                preexec_fn=_heed_signals,
            ) as parent,
        ):  # fmt: skip
            while self.acts.total() < acts and self._wait(parent):
                self._act(parent)
            code = parent.wait(ENDING_S if acts else 600)
        self.said.append(log.read_text())
        return code

    def processes(self) -> list[psutil.Process]:
        """Every process of this story that lives, orphans too."""
        return [process for process in psutil.process_iter() if _is_of(process, self.folder)]

    def _wait(self, parent: "subprocess.Popen[bytes]") -> bool:
        """Until a random moment: some seconds, or some events, from now. Whether the parent lives then."""
        events = self.chance.randrange(1, 60) if self.chance.random() < 0.6 else None
        before, until = self._events(), time.monotonic() + self.chance.uniform(0.1, 8.0)
        if events is not None:
            until = time.monotonic() + 30
        while parent.poll() is None and time.monotonic() < until:
            if events is not None and self._events() - before >= events:
                break
            time.sleep(0.01)
        return parent.poll() is None

    def _events(self) -> int:
        return sum(path.read_bytes().count(b"\n") for path in self.folder.glob("*/trials/*/events.jsonl"))

    def _act(self, parent: "subprocess.Popen[bytes]") -> None:
        name = self.chance.choices([*ACTS], [weight for weight, _ in ACTS.values()])[0]
        if ACTS[name][1](self, psutil.Process(parent.pid)):
            self.acts[name] += 1

    def _trials(self, parent: psutil.Process) -> list[psutil.Process]:
        """The processes that train: those whose parent is not ours, or, without a fork server, none."""
        with suppress(psutil.Error):
            return [process for process in parent.children(recursive=True) if process.ppid() != parent.pid]
        return []


def _heed_signals() -> None:
    """Whoever starts tests in the background may ignore some, and a child would too."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


def _is_of(process: psutil.Process, folder: Path) -> bool:
    with suppress(psutil.Error):
        return process.status() != psutil.STATUS_ZOMBIE and process.environ().get(MARK) == str(folder)
    return False


def _kill_a_trial(story: Story, parent: psutil.Process) -> bool:
    trials = story._trials(parent)
    return bool(trials) and _sent(story.chance.choice(trials), signal.SIGKILL)


def _stop_a_trial(story: Story, parent: psutil.Process) -> bool:
    """It hangs from now on."""
    trials = story._trials(parent)
    return bool(trials) and _sent(story.chance.choice(trials), signal.SIGSTOP)


def _kill_the_fork_server(story: Story, parent: psutil.Process) -> bool:
    with suppress(psutil.Error):
        servers = [child for child in parent.children() if any("forkserver" in word for word in child.cmdline())]
        return bool(servers) and _sent(servers[0], signal.SIGKILL)
    return False


def _kill_the_parent(story: Story, parent: psutil.Process) -> bool:
    return _sent(parent, signal.SIGKILL) and _has_ended(parent, 10)


def _kill_all(story: Story, parent: psutil.Process) -> bool:
    """As a power cut does."""
    done = [_sent(process, signal.SIGKILL) for process in story.processes()]
    return any(done) and _has_ended(parent, 10)


def _ask(number: signal.Signals) -> Callable[[Story, psutil.Process], bool]:
    def act(story: Story, parent: psutil.Process) -> bool:
        """To the whole group, as a terminal does."""
        with suppress(ProcessLookupError):
            os.killpg(parent.pid, number)
            return _has_ended(parent, ENDING_S)
        return False

    return act


def _order(first: signal.Signals, second: signal.Signals) -> Callable[[Story, psutil.Process], bool]:
    def act(story: Story, parent: psutil.Process) -> bool:
        if not _sent(parent, first):
            return False
        time.sleep(0.35 + story.chance.random())
        began = time.monotonic()
        if _sent(parent, second):
            _has_ended(parent, ENDING_S)
            story.slowest_at_once_s = max(story.slowest_at_once_s, time.monotonic() - began)
        return True

    return act


def _sent(process: psutil.Process, number: signal.Signals) -> bool:
    try:
        process.send_signal(number)
    except psutil.Error:
        return False
    return True


def _has_ended(parent: psutil.Process, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with suppress(psutil.Error):
            if parent.is_running() and parent.status() != psutil.STATUS_ZOMBIE:
                time.sleep(0.01)
                continue
        return True
    raise AssertionError(f"the parent did not end within {seconds:g} s")


# name -> how often, what
ACTS: dict[str, tuple[float, Callable[[Story, psutil.Process], bool]]] = {
    "kill a trial": (6, _kill_a_trial),
    "stop a trial": (1, _stop_a_trial),
    "kill the fork server": (2, _kill_the_fork_server),
    "kill the parent": (3, _kill_the_parent),
    "kill all": (2, _kill_all),
    "INT": (2, _ask(signal.SIGINT)),
    "TERM": (2, _ask(signal.SIGTERM)),
    "HUP": (2, _ask(signal.SIGHUP)),
    "INT twice": (1, _order(signal.SIGINT, signal.SIGINT)),
    "TERM twice": (1, _order(signal.SIGTERM, signal.SIGTERM)),
    "HUP, then INT": (1, _order(signal.SIGHUP, signal.SIGINT)),
}
