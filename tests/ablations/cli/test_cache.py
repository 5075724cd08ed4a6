"""`cache list` and `cache clear`, as commands."""

from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from ablations.cli.app import app
from gan_core.evaluation.cache import restore_or_make


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GAN_ABLATIONS_HOME", str(tmp_path))
    for what in ("features", "moments"):
        key = {"data": "shapes train 12ab 600", "extractor": "fmnistcnn ba69", "what": what}
        restore_or_make(tmp_path, "shapes", key, lambda: {"x": torch.ones(1000)})
    return tmp_path


def test_files_are_listed_and_cleared(kept: Path) -> None:
    listed = CliRunner().invoke(app, ["cache", "list"])
    assert listed.exit_code == 0
    assert "shapes train" in listed.stdout
    assert "2 files" in listed.stdout
    assert "damaged" not in listed.stdout
    next((kept / "reals").glob("*.safetensors")).write_bytes(b"?")
    assert "damaged" in CliRunner().invoke(app, ["cache", "list"]).stdout
    assert "2 files removed" in CliRunner().invoke(app, ["cache", "clear"]).stdout
    assert "nothing is kept" in CliRunner().invoke(app, ["cache", "list"]).stdout
