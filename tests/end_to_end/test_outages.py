"""A server's bad days: training does not notice, and afterwards everything is there, once."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from gan_core import journal
from gan_core.events import Finished, Ticked
from tests.ablations.tiny import write_study
from tests.ablations.tracking.proxy import Mood, Proxy
from tests.ablations.tracking.serving import Server, assert_all_there_once

pytestmark = [pytest.mark.server, pytest.mark.timeout(900)]

BAD: tuple[Mood, ...] = ("down", "slow", "500", "lossy", "403")
AT_LEAST_S = 8.0  # each mood, and a bad one until so many requests have met it:
MET = 2
AT_MOST_S = 25.0
REQUESTS_S = 4.0  # metrics of a trial at most once in so many seconds; 10 by design, 5 after a failure


@dataclass
class Weather:
    """Which mood held from when on, in Unix time."""

    proxy: Proxy
    since: list[tuple[float, str]] = field(default_factory=list)

    def turn(self, mood: Mood) -> None:
        self.proxy.mood = mood
        self.since.append((time.time(), mood))

    def at(self, begin: float, end: float) -> str | None:
        """The mood of this whole stretch; None if it changed."""
        times = [start for start, _ in self.since] + [float("inf")]
        held = (m for (s, e), (_, m) in zip(pairwise(times), self.since, strict=True) if s <= begin and end <= e)
        return next(held, None)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path / "server")
    made.start()
    yield made
    made.kill()


@pytest.fixture
def proxy(server: Server) -> Iterator[Proxy]:
    made = Proxy(server.address)
    yield made
    made.close()


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "ablations", *map(str, words)]


def environment(proxy: Proxy) -> dict[str, str]:
    return {**os.environ, "MLFLOW_TRACKING_URI": proxy.address}


def ticks(root: Path) -> Iterator[tuple[float, float, float]]:
    """Begin, end and images/s of every tick, Unix time; a trial's first one, in which it warms up, left out."""
    for folder in sorted((root / "trials").iterdir()):
        for before, event in pairwise(e for e in journal.read(folder) if isinstance(e, Ticked)):
            yield before.time, event.time, event.images_per_s


def has_ticked(root: Path) -> bool:
    return any(b'"ticked"' in path.read_bytes() for path in root.glob("trials/*/events.jsonl"))


def wait_for(condition: Any, seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def bad_days(child: "subprocess.Popen[bytes]", weather: Weather, server: Server) -> None:
    """Every mood until requests have met it, with a fine day between, again and again until the study ends.

    So fine and bad days share whatever else the machine does. After the first round the server dies and comes back.
    """
    restarted = False
    while child.poll() is None:
        for mood in BAD:
            for now in (mood, "fine"):
                weather.turn(now)  # type: ignore[arg-type]
                stay(child, weather.proxy, now)
        if not restarted:
            restarted = True
            weather.turn("down")
            weather.proxy.mood = "fine"  # it is the server that is away
            server.kill()
            stay(child, weather.proxy, "fine")
            server.start()
            weather.turn("fine")
            stay(child, weather.proxy, "fine")
    weather.turn("fine")


def stay(child: "subprocess.Popen[bytes]", proxy: Proxy, mood: str) -> None:
    """Until the mood has lasted and been met, or the study ends."""
    begun, before = time.monotonic(), proxy.asked[mood]
    while child.poll() is None and time.monotonic() - begun < AT_MOST_S:
        if time.monotonic() - begun > AT_LEAST_S and (mood == "fine" or proxy.asked[mood] >= before + MET):
            return
        time.sleep(0.1)


def test_bad_days(server: Server, proxy: Proxy, tmp_path: Path) -> None:
    from mlflow import MlflowClient

    study = write_study(tmp_path, seeds=1, budget_kimg=110.0, progress_evaluations=10)
    runs = tmp_path / "runs"
    words = ("run", study, "--runs", runs, "--workers", 1, "--threads", 1, "--no-floors")
    weather = Weather(proxy)
    weather.turn("fine")
    with (tmp_path / "log").open("wb") as log:
        child = subprocess.Popen(command(*words), env=environment(proxy), stdout=log, stderr=subprocess.STDOUT)
        wait_for(lambda: has_ticked(runs / "tiny") or child.poll() is not None)
        bad_days(child, weather, server)
        assert child.wait(600) == 0, (tmp_path / "log").read_text()
    for _ in range(2):
        sent = subprocess.run(
            command("sync", runs / "tiny"), env=environment(proxy), capture_output=True, text=True, check=False
        )
        assert sent.returncode == 0, sent.stdout + sent.stderr
    counted = assert_all_there_once(MlflowClient(server.address, registry_uri=server.address), "tiny", runs / "tiny")
    speeds: dict[str, list[float]] = {}
    for begin, end, speed in ticks(runs / "tiny"):
        speeds.setdefault(weather.at(begin, end) or "changing", []).append(speed)
    bad = [speed for mood in BAD for speed in speeds.get(mood, [])]
    ratio = statistics.median(bad) / statistics.median(speeds["fine"])
    by_mood = {mood: f"{statistics.median(v):.0f} images/s in {len(v)} ticks" for mood, v in speeds.items()}
    asked = f"requests: {dict(proxy.asked)}, with metrics: {dict(proxy.batches)}"
    print(f"\n{counted}\n{by_mood}\noutage / fine: {ratio:.3f}\n{asked}\n{sent.stdout}")
    assert all(proxy.asked[mood] for mood in BAD), "every kind of outage was met"
    seconds = [journal.read(folder)[-1].wall_s for folder in (runs / "tiny" / "trials").iterdir()]
    assert sum(proxy.batches.values()) <= sum(seconds) / REQUESTS_S + 3 * len(seconds)
    assert ratio > 0.7


def test_the_end_does_not_wait_for_a_server_that_is_away(server: Server, proxy: Proxy, tmp_path: Path) -> None:
    from mlflow import MlflowClient

    study = write_study(tmp_path, seeds=1, budget_kimg=2.0)
    runs = tmp_path / "runs"
    words = ("run", study, "--runs", runs, "--workers", 2, "--threads", 1, "--no-floors")
    child = subprocess.Popen(
        command(*words), env=environment(proxy), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    wait_for(lambda: has_ticked(runs / "tiny") or child.poll() is not None)
    proxy.mood = "down"
    out, _ = child.communicate(timeout=300)
    over = time.time()
    ends = [journal.read(folder)[-1] for folder in (runs / "tiny" / "trials").iterdir()]
    assert child.returncode == 0, out
    assert all(isinstance(event, Finished) for event in ends)
    waited = over - max(event.time for event in ends)
    print(f"\n{waited:.0f} s from the last event to the prompt\n{out.splitlines()[-2:]}")
    assert waited < 75
    assert f"python -m ablations sync {runs / 'tiny'}" in out.replace("\n", " ")
    again = subprocess.run(
        command("run", study, "--as", "late", "--runs", runs), env=environment(proxy), capture_output=True, text=True
    )
    assert again.returncode == 2
    assert "--offline" in again.stderr
    assert not (runs / "late").exists()
    proxy.mood = "fine"
    sent = subprocess.run(command("sync", runs / "tiny"), env=environment(proxy), capture_output=True, text=True)
    assert sent.returncode == 0, sent.stdout + sent.stderr
    assert_all_there_once(MlflowClient(server.address, registry_uri=server.address), "tiny", runs / "tiny")
