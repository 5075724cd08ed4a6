"""Exported trials: the file, what is refused before anything trains, and runs that are stopped and killed."""

import bz2
import gzip
import hashlib
import io
import json
import lzma
import os
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path
from typing import Any

import pytest

from gan_core import journal
from gan_core.cli.app import main
from gan_core.config import resolve
from gan_core.events import Finished
from gan_core.machine.versions import code_digest
from gan_core.problems import UserError
from gan_core.workers.exported import ExportedTrial, read_trials, read_weights, write_trials
from gan_core.workers.job import Report
from gan_core.workers.run_exported import Batch, Machine

SETTINGS: dict[str, Any] = {
    "data": "shapes",
    "image_size": 16,
    "width": 4,
    "norm_d": "none",
    "batch_size": 10,
    "budget_kimg": 0.3,
    "progress_evaluations": 2,
    "extractor": "none",
}


def trial_of(name: str, **changes: Any) -> ExportedTrial:
    config = resolve({**SETTINGS, **changes})
    record = {"schema_version": 1, "fingerprint": config.fingerprint(), "code": None}
    return ExportedTrial(
        name=name, config=config.plain(), fingerprint=config.fingerprint(), code=code_digest(), record=record
    )


def test_there_and_back(tmp_path: Path) -> None:
    trials = (trial_of("a-seed0"), trial_of("a+b-seed1", seed=1))
    write_trials(tmp_path / "t.tar", trials)
    write_trials(tmp_path / "again.tar", trials)
    assert read_trials(tmp_path / "t.tar") == trials
    assert (tmp_path / "t.tar").read_bytes() == (tmp_path / "again.tar").read_bytes()
    assert trials[1].resolved() == resolve({**SETTINGS, "seed": 1})


def test_weights_that_can_be_had_nowhere_else_come_along(tmp_path: Path) -> None:
    content = b"weights of an extractor"
    file = tmp_path / f"{hashlib.sha256(content).hexdigest()}.safetensors"
    file.write_bytes(content)
    write_trials(tmp_path / "t.tar", [trial_of("a")], [file])
    assert read_trials(tmp_path / "t.tar") == (trial_of("a"),)
    assert read_weights(tmp_path / "t.tar") == (content,)
    file.write_bytes(b"other weights")
    write_trials(tmp_path / "t.tar", [trial_of("a")], [file])
    with pytest.raises(UserError, match="has another sha256 than its name says"):
        read_weights(tmp_path / "t.tar")


def pack(path: Path, name: str, content: str) -> Path:
    with tarfile.open(path, "w") as tar:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content.encode()))
    return path


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("../../out.json", {}, "is no exported trial"),
        ("trials/a.json", {"name": "../a"}, "name"),
        ("trials/a.json", {"name": "b"}, "is about 'b'"),
        ("trials/a.json", {"schema_version": 9}, "schema version 9"),
        ("trials/a.json", {"nonsense": 1}, "nonsense"),
    ],
)
def test_what_is_no_export(name: str, change: dict[str, Any], message: str, tmp_path: Path) -> None:
    content = json.dumps({**trial_of("a").model_dump(mode="json"), **change})
    with pytest.raises(UserError, match=message):
        read_trials(pack(tmp_path / "t.tar", name, content))


def gnu_long_name(path: Path, size: int) -> None:
    """A header that says that the next member's name has this many letters, and the letters, packed."""
    header = tarfile.TarInfo("././@LongLink")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, size
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(header.tobuf(tarfile.GNU_FORMAT))
        for _ in range(4):
            file.write(bytes(1 << 20))


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    tar = tmp_path / "t.tar"
    gnu_long_name(tar, 6 * 10**9)
    with pytest.raises(UserError, match="unpacks to more than it may hold"):
        read_trials(tar)
    member = tarfile.TarInfo("trials/a.json")
    member.size = 6 * 10**9
    tar.write_bytes(gzip.compress(member.tobuf() + bytes(10**6)))
    with pytest.raises(UserError, match="larger, or one of more, than an export has"):
        read_trials(tar)


def test_names_of_strangers(tmp_path: Path) -> None:
    trial = trial_of("a")
    long = "a" * 300
    with pytest.raises(UserError, match="is no exported trial") as refused:
        read_trials(pack(tmp_path / "t.tar", f"trials/{long}.json", trial.model_dump_json()))
    assert len(str(refused.value)) < 400
    with pytest.raises(UserError, match="is no exported trial") as refused:
        read_trials(pack(tmp_path / "t.tar", "trials/a\x1b[2J.json", trial.model_dump_json()))
    assert str(refused.value).isprintable()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UserError, match="it is no plain file"):
        read_trials(tmp_path / "pipe")


def test_a_trial_twice(tmp_path: Path) -> None:
    write_trials(tmp_path / "t.tar", [trial_of("a"), trial_of("a")])
    with pytest.raises(UserError, match="is in it twice"):
        read_trials(tmp_path / "t.tar")


def test_packed_by_hand(tmp_path: Path) -> None:
    write_trials(tmp_path / "t.tar", [trial_of("a")])
    for name, pack_it in (("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress)):
        (tmp_path / name).write_bytes(pack_it((tmp_path / "t.tar").read_bytes()))
        assert read_trials(tmp_path / name) == (trial_of("a"),)


def test_mistakes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tar, out = tmp_path / "t.tar", tmp_path / "out"
    assert main(["run", str(tar), "--out", str(out)]) == 2
    tar.write_text("no tar")
    assert main(["run", str(tar), "--out", str(out)]) == 2
    trial = trial_of("a")
    write_trials(tar, [trial.model_copy(update={"code": "0" * 16})])
    assert main(["run", str(tar), "--out", str(out)]) == 2
    write_trials(tar, [trial.model_copy(update={"fingerprint": "f" * 16})])
    assert main(["run", str(tar), "--out", str(out)]) == 2
    write_trials(tar, [trial])
    assert main(["run", str(tar), "--out", str(out), "--workers", "0"]) == 2
    (out / "a").mkdir(parents=True)
    (out / "a" / "trial.json").write_text('{"fingerprint": "another"}')
    assert main(["run", str(tar), "--out", str(out)]) == 2
    lines = capsys.readouterr().err.splitlines()
    expected = ["No such file", "it is no tar file", "--other-code", "is configuration ffff", "--workers", "another"]
    assert len(lines) == len(expected)
    assert all(text in line for text, line in zip(expected, lines, strict=True))


def test_stopped_then_on_to_its_end(tmp_path: Path, home: Path) -> None:
    """Two side by side are asked to stop after their first events; the second time they end, numbered as ever."""
    trials = [trial_of("a"), trial_of("b", seed=1), trial_of("c", seed=2)]

    def batch() -> Batch:
        return Batch(trials, tmp_path / "out", Machine(home, workers=2, threads=1, device="cpu"))

    told: list[Report] = []
    for report in batch().train(lambda: len(told) > 2, nothing, nothing):
        told.append(report)
    assert {report.left for report in told if report.event is None} == {"stopped"}
    assert not (tmp_path / "out" / "c" / journal.NAME).exists()
    assert len(batch().to_do()) == 3
    assert not [report for report in batch().train(lambda: False, nothing, nothing) if report.event is None]
    assert batch().to_do() == []
    for name in "abc":
        events = journal.read(tmp_path / "out" / name)
        assert isinstance(events[-1], Finished)
        assert [event.seq for event in events] == list(range(len(events)))
        assert json.loads((tmp_path / "out" / name / "trial.json").read_text())["code"] == code_digest()


def nothing(what: str, done: int, total: int) -> None:
    return


@pytest.mark.slow
def test_killed_then_on_to_its_end(tmp_path: Path, home: Path) -> None:
    """SIGKILL to the parent: its children save and end; the same command goes on."""
    write_trials(tmp_path / "t.tar", [trial_of("a", budget_kimg=8.0), trial_of("b", seed=1, budget_kimg=8.0)])
    out = tmp_path / "out"
    words = [sys.executable, "-m", "gan_core", "run", str(tmp_path / "t.tar"), "--out", str(out), "--home", str(home)]
    first = subprocess.Popen([*words, "--workers", "2"], stdout=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while time.monotonic() < until and not all(len(journal.read(out / name)) > 3 for name in "ab"):
        time.sleep(0.1)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    while time.monotonic() < until and not all((out / name / "checkpoint.pt").exists() for name in "ab"):
        time.sleep(0.1)
    before = {name: journal.read(out / name) for name in "ab"}
    assert not any(isinstance(events[-1], Finished) for events in before.values())
    time.sleep(1)  # until their locks are free
    assert subprocess.run(words, timeout=120).returncode == 0
    for name, events in before.items():
        after = journal.read(out / name)
        assert isinstance(after[-1], Finished)
        assert after[0] == events[0]  # it went on; it did not begin anew
