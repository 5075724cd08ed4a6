"""A file of the cache of reals damaged in any way: computed again, and the same."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from gan_core.evaluation import cache
from tests.damage.ways import WAYS

KEY = {"what": "numbers"}


def numbers() -> dict[str, Tensor]:
    return {"x": torch.arange(200.0), "y": torch.ones(3, 3)}


def kept(home: Path) -> Path:
    cache.restore_or_make(home, "numbers", KEY, numbers)
    (path,) = (home / "reals").glob("*.safetensors")
    return path


def assert_right_and_kept(home: Path) -> None:
    restored = cache.restore_or_make(home, "numbers", KEY, numbers)
    assert restored.keys() == numbers().keys()
    assert all(torch.equal(restored[name], tensor) for name, tensor in numbers().items())
    assert [entry.sound for entry in cache.entries(home)] == [True]


@pytest.mark.parametrize("way", WAYS)
def test_it_is_computed_again(tmp_path: Path, way: str) -> None:
    WAYS[way](kept(tmp_path))
    assert_right_and_kept(tmp_path)


@pytest.mark.parametrize(("was", "garbled"), [(b'"x":', b'"w":'), (b'"F32"', b'"I32"'), (b"[3,3]", b"[9,1]")])
def test_a_header_that_gives_the_numbers_another_name_type_or_shape_is_damage(
    tmp_path: Path, was: bytes, garbled: bytes
) -> None:
    path = kept(tmp_path)
    content = path.read_bytes()
    assert was in content
    path.write_bytes(content.replace(was, garbled))
    assert_right_and_kept(tmp_path)


def test_a_file_of_an_earlier_version_is_not_computed_again(tmp_path: Path) -> None:
    path = kept(tmp_path)
    content = path.read_bytes()
    path.write_bytes(content.replace(b'"form"', b'"fork"'))  # one that says nothing of names, types and shapes
    assert path.read_bytes() != content
    cache.restore_or_make(tmp_path, "numbers", KEY, lambda: pytest.fail("computed again"))
