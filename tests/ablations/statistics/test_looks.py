"""When a study is judged: which looks a number of seeds implies, and what a study file may say."""

import pytest
from pydantic import ValidationError

from ablations.statistics import Looks
from ablations.statistics.looks import DEFAULT


def test_declared_looks_share_alpha_in_proportion_to_their_seeds() -> None:
    looks = Looks.declared([5, 8, 12, 20])
    assert looks.shares == pytest.approx((0.111, 0.178, 0.267, 0.444), abs=0.001)
    assert (looks.stop, sum(looks.shares)) == ("decided", pytest.approx(1))


@pytest.mark.parametrize(
    ("seeds", "counts", "first"),
    [
        (3, DEFAULT, 1),
        (4, (4, *DEFAULT[1:]), 1),
        (5, DEFAULT[1:], 2),
        (10, (10, 12, 20, 32, 50, 80), 3),
        (80, (80,), 8),
        (100, (100,), 8),
    ],
)
def test_a_number_of_seeds_is_the_first_look_in_place_of_the_default_ones_before(
    seeds: int, counts: tuple[int, ...], first: int
) -> None:
    looks = Looks.of_count(seeds)
    assert (looks.counts, looks.stop) == (counts, "never")
    assert looks.shares == pytest.approx((first / 8, *[1 / 8] * (len(counts) - 1)))
    assert sum(looks.shares) == pytest.approx(1)


@pytest.mark.parametrize("seeds", [1, 2])
def test_fewer_seeds_than_at_any_default_look(seeds: int) -> None:
    """They may show something in a factorial design, where every arm speaks for every effect."""
    looks = Looks.of_count(seeds)
    assert looks.counts == (seeds, *DEFAULT)
    assert looks.shares == pytest.approx((1 / 16, 1 / 16, *[1 / 8] * 7))


@pytest.mark.parametrize(
    "wrong",
    [
        {"counts": (5, 5), "shares": (0.5, 0.5)},
        {"counts": (8, 5), "shares": (0.5, 0.5)},
        {"counts": (5, 8), "shares": (0.5, 0.6)},
        {"counts": (5, 8), "shares": (1.0,)},
        {"counts": (), "shares": ()},
    ],
)
def test_looks_that_would_not_keep_the_error(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Looks.model_validate(wrong)


def test_reached() -> None:
    looks = Looks.declared([5, 8, 12])
    assert [looks.reached(seeds) for seeds in (4, 5, 7, 8, 100)] == [0, 1, 1, 2, 3]
