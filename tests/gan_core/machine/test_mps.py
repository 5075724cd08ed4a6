"""Whether NVIDIA's Multi-Process Service runs."""

from pathlib import Path

import pytest

from gan_core.machine import mps


def test_by_its_control_pipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_MPS_PIPE_DIRECTORY", str(tmp_path / "pipes"))
    assert not mps.mps_runs()
    (tmp_path / "pipes").mkdir()
    assert not mps.mps_runs()
    (tmp_path / "pipes" / "control").touch()
    assert mps.mps_runs()


@pytest.mark.parametrize("value", [None, ""])
def test_where_cuda_looks_when_nothing_is_said(
    value: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mps, "USUAL", str(tmp_path))
    monkeypatch.delenv("CUDA_MPS_PIPE_DIRECTORY", raising=False)
    if value is not None:
        monkeypatch.setenv("CUDA_MPS_PIPE_DIRECTORY", value)
    assert not mps.mps_runs()
    (tmp_path / "control").touch()
    assert mps.mps_runs()
