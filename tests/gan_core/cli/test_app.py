"""`python -m gan_core train`: what it prints, how it ends, and how it goes on after Ctrl-C."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gan_core import journal
from gan_core.cli.app import main
from gan_core.events import Evaluated, Finished, Started, Ticked
from gan_core.machine.home import machine_home
from gan_core.training import checkpoint

SIZES = {"image-size": 16, "width": 4, "batch-size": 10, "budget-kimg": 0.3, "threads": 1}
SCORES = {"progress-evaluations": 2, "progress-samples": 20, "full-samples": 40}
TINY = ["--data=shapes", "--norm-d=none", *(f"--{name}={value}" for name, value in (SIZES | SCORES).items())]
TRICKS = ["--spectral-norm", "--instance-noise", "0.1", "--label-smoothing", "0.9"]
TIMES = {"time", "wall_s", "generator_wall_s", "seconds", "images_per_s", "evaluation_s"}


def train(out: Path, *words: str) -> int:
    return main(["train", "--out", str(out), *TINY, *words])


def story(out: Path) -> list[dict[str, Any]]:
    return [{k: v for k, v in e.model_dump(mode="json").items() if k not in TIMES} for e in journal.read(out)]


def test_one_gan_with_three_tricks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "a" / "run"
    assert train(out, *TRICKS) == 0
    events = journal.read(out)
    assert isinstance(events[0], Started)
    config = events[0].config
    assert config["spectral_norm"]["on"] == "D"
    assert config["instance_noise"]["sigma"] == 0.1
    assert config["label_smoothing"]["real"] == 0.9
    assert isinstance(events[-1], Finished)
    assert (out / checkpoint.NAME).exists()
    assert sorted(path.name for path in (out / "grids").iterdir()) == [f"{n:010d}.png" for n in (0, 150, 300)]
    lines = capsys.readouterr().out.splitlines()
    assert sum("images/s" in line for line in lines) == sum(isinstance(event, Ticked) for event in events)
    best = next(e for e in events if isinstance(e, Evaluated) and e.of == "best")
    assert any(f"best: {best.scores[0].name} {best.scores[0].value:.4g}" in line for line in lines)
    assert ["0.30", "kimg", "finished"] in [line.split() for line in lines]
    pictures = [line for line in lines if line.endswith((".png", ".gif")) and "show" in line]
    assert len(pictures) == len(list((out / "show").iterdir()))
    assert lines[-1].startswith("can't tell: ")  # of so short a run


def test_ctrl_c_and_the_same_command_goes_on_to_the_same_result(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = 0
    append = journal.append

    def append_and_press(directory: Path, event: Any) -> None:
        nonlocal ticks
        append(directory, event)
        ticks += isinstance(event, Ticked)
        if ticks == 20 and isinstance(event, Ticked):
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(journal, "append", append_and_press)
    assert train(tmp_path / "stopped", *TRICKS) == 1
    assert capsys.readouterr().err == f"stopped; the same command goes on from {tmp_path / 'stopped'}\n"
    assert not isinstance(journal.read(tmp_path / "stopped")[-1], Finished)
    assert train(tmp_path / "stopped", *TRICKS) == 0
    monkeypatch.undo()
    assert train(tmp_path / "straight", *TRICKS) == 0
    assert story(tmp_path / "stopped") == story(tmp_path / "straight")


def test_a_divergence_is_a_result(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(tmp_path / "run", "--lr-g", "1e30", "--lr-d", "1e30") == 0
    lines = capsys.readouterr().out.splitlines()
    assert any("diverged not finite: " in line for line in lines)
    assert lines[-1].startswith("diverged: not finite: ")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--spectral-nrm"], ["no flag is called '--spectral-nrm'", "did you mean '--spectral-norm'?"]),
        (["--dropout", "1.5"], ["dropout.p: 1.5 is out of range", "allowed: > 0 and < 1"]),
        (["--batch-size", "0", "--loss", "wgan"], ["batch_size: 0 is out of range", "no loss is called 'wgan'"]),
        (["--data", "fashion"], ["no data set is called 'fashion'", "did you mean 'fashion-mnist'?"]),
        (["--label-smoothing", "--loss", "hinge"], ["label_smoothing: needs"]),
        (["--device", "cuda:99"], ["--device: this machine has no device 'cuda:99'", "allowed: cpu"]),
        (["--threads", "0"], ["--threads: 0 is out of range; allowed: >= 1"]),
    ],
)
def test_mistakes(words: list[str], expected: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(tmp_path / "run", *words) == 2
    message = capsys.readouterr().err
    assert [text for text in expected if text not in message] == [], message
    assert message.startswith("error: ")
    assert not (tmp_path / "run").exists()


def test_a_folder_that_cannot_be(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert train(tmp_path / "file") == 2
    assert f"--out: {tmp_path / 'file'} can't be made: File exists" in capsys.readouterr().err


def test_a_folder_of_another_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(tmp_path / "run") == 0
    before = (tmp_path / "run" / journal.NAME).read_bytes()
    assert train(tmp_path / "run", "--seed", "1") == 2
    assert "belongs to a run with other settings" in capsys.readouterr().err
    assert (tmp_path / "run" / journal.NAME).read_bytes() == before


def test_where_the_machine_keeps_its_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GAN_ABLATIONS_HOME", str(tmp_path))
    assert machine_home() == tmp_path
    monkeypatch.delenv("GAN_ABLATIONS_HOME")
    monkeypatch.setenv("HOME", "/home/ada")
    assert machine_home() == Path("/home/ada/.cache/gan-ablations")


def test_as_a_program() -> None:
    shown = subprocess.run([sys.executable, "-m", "gan_core", "train", "--bogus"], capture_output=True, text=True)
    assert shown.returncode == 2
    assert shown.stderr.startswith("error: no flag is called '--bogus'")
    assert shown.stdout == ""
