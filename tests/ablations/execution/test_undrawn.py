"""Pictures that can't be drawn: the run counts, and one line at the end says so, until they are drawn."""

from pathlib import Path

import pytest

from gan_core.cli.app import main
from gan_core.show.undrawn import NAME, why_undrawn
from tests.ablations.command import ablations
from tests.ablations.tiny import write_study

QUICK = ("--executor", "inline", "--threads", 1, "--device", "cpu", "--offline", "--no-floors", "--no-report")


def test_one_line_until_they_are_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no font")

    study, runs = write_study(tmp_path, budget_kimg=0.1, extractor="none"), tmp_path / "runs"
    with monkeypatch.context() as patch:
        patch.setattr("gan_core.workers.unattended.draw_run", fail)
        outcome = ablations("run", study, *QUICK, "--runs", runs)
    assert outcome.code == 0
    told = " ".join(outcome.err.split())
    assert "the pictures of 2 runs, baseline-seed0 the first, could not be drawn (RuntimeError: no font)" in told
    assert told.count("could not be drawn") == 1
    first, second = sorted((runs / "tiny" / "trials").iterdir())
    assert "Traceback" in (first / NAME).read_text()
    assert not (first / "error.txt").exists()

    assert main(["show", str(first)]) == 0
    assert why_undrawn(first) == ""
    assert (
        f"the pictures of {second.name.rpartition('-')[0]} could" in ablations("run", study, *QUICK, "--runs", runs).err
    )
    (second / NAME).unlink()  # as `show` does
    capsys.readouterr()
    assert "drawn" not in ablations("run", study, *QUICK, "--runs", runs).err
