"""Checkpoints: whole or not at all, and no stranger's."""

from pathlib import Path
from typing import IO

import pytest
import torch

from gan_core.datasets.batches import ImageArray
from gan_core.problems import UserError
from gan_core.training import checkpoint
from tests.gan_core.trainer import same, steps, tiny_state, weights


def test_round_trip_with_progress(images: ImageArray, tmp_path: Path) -> None:
    path = tmp_path / checkpoint.NAME
    state = steps(tiny_state(images), 4)
    checkpoint.save(path, state, {"next_moment": 7, "best": {"weights": {"a": torch.ones(2)}}})
    other = tiny_state(images)
    progress = checkpoint.load(path, other)
    assert progress["next_moment"] == 7
    assert torch.equal(progress["best"]["weights"]["a"], torch.ones(2))
    assert (other.clock.step, other.clock.images) == (4, 32)
    assert same(weights(state.G, state.D), weights(other.G, other.D))


def test_a_crash_while_writing_leaves_the_former_file(
    images: ImageArray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / checkpoint.NAME
    checkpoint.save(path, tiny_state(images), {"next_moment": 1})

    def torn(content: object, file: IO[bytes]) -> None:
        file.write(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(torch, "save", torn)
    with pytest.raises(OSError, match="disk full"):
        checkpoint.save(path, tiny_state(images), {"next_moment": 2})
    monkeypatch.undo()
    assert checkpoint.load(path, tiny_state(images))["next_moment"] == 1


def test_a_checkpoint_of_other_settings_is_refused(images: ImageArray, tmp_path: Path) -> None:
    path = tmp_path / checkpoint.NAME
    checkpoint.save(path, tiny_state(images), {})
    with pytest.raises(UserError, match="other settings"):
        checkpoint.load(path, tiny_state(images, lr_d=1e-3))


def test_loading_runs_no_code_from_the_file(tmp_path: Path, images: ImageArray) -> None:
    class Payload:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path.touch, (tmp_path / "executed",))  # type: ignore[return-value]

    torch.save({"schema_version": Payload()}, tmp_path / checkpoint.NAME)
    with pytest.raises(Exception, match=r"[Ww]eights"):
        checkpoint.load(tmp_path / checkpoint.NAME, tiny_state(images))
    assert not (tmp_path / "executed").exists()
