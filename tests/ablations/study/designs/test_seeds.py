"""Seeds in a study file: a number, a list, or looks; and what is said of anything else."""

from typing import Any

import pytest

from ablations.statistics import Looks
from ablations.study.designs.seeds import LOOKS_ALLOWED, SEEDS_ALLOWED, seeds_of


def test_a_number_a_list_and_looks() -> None:
    assert seeds_of(3) == ((0, 1, 2), Looks.of_count(3))
    assert seeds_of([7, 3]) == ((7, 3), Looks.of_count(2))
    plan = seeds_of({"looks": [5, 8], "stop": "never"})
    assert plan == (tuple(range(8)), Looks.declared([5, 8], "never"))
    assert seeds_of({"looks": [5, 8]}).looks.stop == "decided"


@pytest.mark.parametrize("wrong", [0, 1001, True, "3", 2.0, [], [1, 1], [-1], [2**31], None])
def test_what_is_no_seeds(wrong: Any) -> None:
    with pytest.raises(ValueError, match="a count from 1 to 1000") as caught:
        seeds_of(wrong)
    assert str(caught.value) == SEEDS_ALLOWED


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"looks": []},
        {"looks": 5},
        {"looks": [5, 5]},
        {"looks": [8, 5]},
        {"looks": [1, 5]},
        {"looks": [5, 1001]},
        {"looks": [5, True]},
        {"looks": [5], "stop": "maybe"},
        {"looks": [5], "stop": ["decided"]},
        {5: [5]},
        {"look": [5]},
        {"looks": [5], "start": 3},
        {"looks": list(range(2, 30))},
    ],
)
def test_what_is_no_looks(wrong: Any) -> None:
    with pytest.raises(ValueError, match="growing seed counts") as caught:
        seeds_of(wrong)
    assert str(caught.value).startswith(LOOKS_ALLOWED)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"look": [5]}, "'look' is none of looks, stop (did you mean 'looks'?)"),
        ({"looks": [5], "stop": "decide"}, "'decide' is none of decided, never (did you mean 'decided'?)"),
    ],
)
def test_the_wrong_word_is_named(wrong: Any, said: str) -> None:
    with pytest.raises(ValueError, match="none of") as caught:
        seeds_of(wrong)
    assert str(caught.value) == f"{LOOKS_ALLOWED}; {said}"
