"""Whole tiny runs in colour, without scores, on a folder."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from gan_core.cli.app import main
from gan_core.config import Config, resolve
from gan_core.events import AnyEvent, Evaluated, Finished, Started
from gan_core.problems import UserError
from gan_core.train import train
from tests.gan_core.datasets.pictures import fill

SETTINGS: dict[str, Any] = {
    "data": "folder",
    "extractor": "none",
    "image_size": 16,
    "width": 4,
    "latent_dim": 8,
    "batch_size": 8,
    "budget_kimg": 0.12,
    "progress_evaluations": 2,
    "skip_broken": True,
}


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Twenty colour pictures and a file that is none."""
    folder = fill(tmp_path / "pictures", 20)
    (folder / "broken.png").touch()
    return folder


def config(pictures: Path, **settings: Any) -> Config:
    return resolve({**SETTINGS, "data_dir": str(pictures), **settings})


def events_of(pictures: Path, tmp_path: Path) -> list[AnyEvent]:
    torch.set_num_threads(1)
    return list(train(config(pictures), tmp_path / "out", tmp_path / "home"))


def test_the_best_is_the_last(pictures: Path, tmp_path: Path) -> None:
    events = events_of(pictures, tmp_path)
    start, end = events[0], events[-1]
    assert isinstance(start, Started)
    assert isinstance(end, Finished)
    assert (start.data_skipped, end.status) == (1, "finished")
    evaluated = [event for event in events if isinstance(event, Evaluated)]
    assert [(event.of, event.scores) for event in evaluated] == [
        ("progress", ()),
        ("progress", ()),
        ("last", ()),
        ("best", ()),
    ]
    assert evaluated[-1].generator_images == end.images == 120
    best, last = (load_file(tmp_path / "out" / f"{name}.safetensors") for name in ("best", "last"))
    assert all(torch.equal(best[name], last[name]) for name in last)


def test_going_on_after_a_stop_on_other_data_is_refused(pictures: Path, tmp_path: Path) -> None:
    torch.set_num_threads(1)
    events = train(config(pictures), tmp_path / "out", tmp_path / "home")
    for _ in range(20):
        next(events)
    events.close()
    rest = list(train(config(pictures), tmp_path / "out", tmp_path / "home"))
    assert rest[0].seq == 20
    (pictures / "000.png").unlink()
    with pytest.raises(UserError, match="the images are not those that this run began with"):
        list(train(config(pictures), tmp_path / "out", tmp_path / "home"))


def test_by_flags(pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = [f"--{name.replace('_', '-')}={str(value).lower()}" for name, value in SETTINGS.items()]
    place = [f"--out={tmp_path / 'out'}", f"--home={tmp_path / 'home'}", "--device=cpu", "--threads=1"]
    assert main(["train", *place, *flags, f"--data-dir={pictures}"]) == 0
    told = capsys.readouterr()
    assert "finished" in told.out
    assert "data: decoding 21 of 21 images" in told.err
    assert main(["train", *place, *flags, f"--data-dir={pictures}/nowhere"]) == 2
    assert "nowhere does not exist" in capsys.readouterr().err
