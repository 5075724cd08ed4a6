from pathlib import Path

import numpy as np
import pytest

from gan_core.datasets.npy_writer import NpyWriter
from tests.gan_core.datasets.pictures import noise


@pytest.mark.parametrize("count", [0, 1, 9, 10, 1234])
def test_numpy_reads_what_was_appended(count: int, tmp_path: Path) -> None:
    rows = noise((count, 3, 2, 2))
    with NpyWriter(tmp_path / "x.npy", (3, 2, 2)) as writer:
        for row in rows:
            writer.append(row[:, ::-1][:, ::-1])  # views, too
    np.testing.assert_array_equal(np.load(tmp_path / "x.npy", allow_pickle=False), rows)


def test_another_shape_or_type_is_refused(tmp_path: Path) -> None:
    with NpyWriter(tmp_path / "x.npy", (2,)) as writer:
        with pytest.raises(ValueError, match="expected uint8"):
            writer.append(noise((3,)))
        with pytest.raises(ValueError, match="expected uint8"):
            writer.append(np.zeros(2))  # type: ignore[arg-type]
