"""`--use` and `--allow-code` on the trainer's command line."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from gan_core import journal
from gan_core.cli.app import main
from gan_core.config import resolve
from gan_core.events import Started, Ticked
from gan_core.machine.versions import code_digest
from gan_core.plugin_text import Source
from gan_core.plugins.load import load
from gan_core.plugins.loaded import entries, unload
from gan_core.workers.exported import ExportedTrial, read_trials, write_trials
from tests.own_code import TRICK

TINY = {"data": "shapes", "image_size": 16, "width": 4, "batch_size": 8, "budget_kimg": 0.016, "extractor": "none"}
WORDS = ["--threads=1", *(f"--{name.replace('_', '-')}={value}" for name, value in TINY.items())]
RUN = ("--workers", "1", "--threads", "1")


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(TRICK)
    return path


def forget() -> None:
    for entry in entries():
        unload(entry)


def train(out: Path, *words: str) -> int:
    return main(["train", "--out", str(out), *WORDS, *words])


def test_a_plug_ins_flags_are_flags(mine: Path, own_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["train", "--use", str(mine), "--help"])
    told = capsys.readouterr().out
    assert "grey: pull G's images towards grey" in told
    assert "--grey-power X" in told


def test_trained_and_shown_again(
    mine: Path, tmp_path: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    assert train(run, f"--use={mine}", "--grey=0.3", "--grey-power", "1") == 0
    events = journal.read(run)
    start = events[0]
    assert isinstance(start, Started)
    assert start.config["use"] == [f"mine.py@{Source('mine.py', TRICK, '').digest}"]
    assert start.config["grey"] == {"weight": 0.3, "power": 1}
    assert any("grey/size" in event.dose for event in events if isinstance(event, Ticked))
    forget()
    mine.unlink()
    assert main(["sample", str(run), "--which", "last", "--out", str(tmp_path / "a.png")]) == 0  # it was named here
    forget()
    monkeypatch.setenv("GAN_ABLATIONS_HOME", str(tmp_path / "another machine"))
    shutil.copytree(run, tmp_path / "theirs")
    capsys.readouterr()
    for command in (["sample", str(tmp_path / "theirs")], ["show", str(tmp_path / "theirs")]):
        assert main(command) == 2
        told = capsys.readouterr().err
        assert f"mine.py, {len(TRICK.splitlines())} lines" in told
        assert str(tmp_path / "theirs" / "code") in told
        assert "--allow-code" in told
    assert entries() == ()
    words = ["--which", "last", "--out", str(tmp_path / "b.png")]
    assert main(["sample", str(tmp_path / "theirs"), *words, "--allow-code"]) == 0
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_failure_in_training_is_told_with_its_line(
    mine: Path, tmp_path: Path, own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine.write_text(TRICK.replace("last.keep(size)", "last.keep(size[0])"))
    line = mine.read_text().splitlines().index("        last.keep(size[0])") + 1
    assert train(tmp_path / "run", "--use", str(mine), "--grey") == 1
    assert f"error: {mine}:{line}: IndexError: " in capsys.readouterr().err


def exported(mine: Path) -> ExportedTrial:
    source = load(mine).source
    config = resolve({**TINY, "grey": 0.3, "use": [source.entry]})
    record = {"schema_version": 1, "fingerprint": config.fingerprint(), "code": None}
    trial = ExportedTrial(
        name="grey-seed0",
        config=config.plain(),
        fingerprint=config.fingerprint(),
        code=code_digest(),
        record=record,
        plugins={source.entry: source.text},
    )
    forget()
    return trial


def test_exported_code_runs_only_where_it_is_allowed(
    mine: Path, tmp_path: Path, own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tar, out = tmp_path / "trials.tar", tmp_path / "out"
    trial = exported(mine)
    write_trials(tar, [trial])
    assert read_trials(tar) == (trial,)
    mine.unlink()
    words = ["run", str(tar), "--out", str(out), *RUN]
    assert main(words) == 2
    (entry,) = trial.plugins
    kept = out / "code" / entry.partition("@")[2] / "mine.py"
    assert kept.read_text() == TRICK  # to be read before it is run
    assert f"{kept}: this rests on code of its own" in capsys.readouterr().err
    assert not (out / "grey-seed0").exists()
    assert main([*words, "--allow-code"]) == 0
    assert (out / "grey-seed0" / "code" / entry.partition("@")[2] / "mine.py").read_text() == TRICK


def test_a_text_that_is_not_its_digests_is_refused(
    mine: Path, tmp_path: Path, own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trial: Any = exported(mine)
    (entry,) = trial.plugins
    for texts in ({entry: TRICK + "import os\n"}, {}):
        write_trials(tmp_path / "t.tar", [trial.model_copy(update={"plugins": texts})])
        assert main(["run", str(tmp_path / "t.tar"), "--out", str(tmp_path / "out"), *RUN, "--allow-code"]) == 2
        assert f"the code '{entry}' is not in it as it was" in capsys.readouterr().err
    assert entries() == ()
