"""Files that are whole or not there at all."""

from pathlib import Path

import pytest

from gan_core.machine.files import write_text


def test_what_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="taken"):
        write_text(tmp_path / "taken", "words")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
