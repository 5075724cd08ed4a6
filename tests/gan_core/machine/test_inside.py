"""Files that records name: in their folder, or not at all."""

import os
from pathlib import Path

import pytest

from gan_core.machine.inside import file_inside


def test_a_file_in_its_folder(tmp_path: Path) -> None:
    (tmp_path / "run" / "grids").mkdir(parents=True)
    (tmp_path / "run" / "grids" / "1.png").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "run")  # the folder itself may be reached by any way
    assert file_inside(tmp_path / "link", "grids/1.png") == (tmp_path / "run" / "grids" / "1.png").resolve()


@pytest.mark.parametrize(
    "name", ["../private", "grids/../../private", "out", "way/private", "circle", "pipe", "a\0b", "."]
)
def test_a_way_out_is_no_file(name: str, tmp_path: Path) -> None:
    run = tmp_path / "run"
    (run / "grids").mkdir(parents=True)
    (tmp_path / "private").write_text("x")
    (run / "out").symlink_to(tmp_path / "private")
    (run / "way").symlink_to(tmp_path)
    (run / "circle").symlink_to("circle")
    os.mkfifo(run / "pipe")
    assert file_inside(run, name) is None
    assert file_inside(run, tmp_path / "private") is None
