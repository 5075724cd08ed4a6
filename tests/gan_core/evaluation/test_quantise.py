import math

import pytest
import torch

from gan_core.evaluation.quantise import NotFiniteError, to_uint8


def test_the_ends_the_middle_and_beyond() -> None:
    x = torch.tensor([-1.0, 0.0, 1.0, -1.004, 1.004, 7.0])
    assert to_uint8(x).tolist() == [0, 128, 255, 0, 255, 255]


def test_every_grey_level_survives_the_way_there_and_back() -> None:
    levels = torch.arange(256, dtype=torch.uint8)
    assert torch.equal(to_uint8(levels.float() / 127.5 - 1), levels)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_no_picture(bad: float) -> None:
    with pytest.raises(NotFiniteError):
        to_uint8(torch.tensor([0.0, bad]))
