"""The benchmark's own rules: what it calls the truth, its intervals, its seeds."""

import sys
from pathlib import Path

import pytest
import torch

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))
from verdict_rates import rate
from verdict_runs import runs
from verdict_truth import Look, nearest, reversals, truth_of

EVEN, ODD = (0.5, 0.5, *[0.0] * 8), (0.0, 0.0, 0.5, 0.5, *[0.0] * 6)
ALL = (0.1,) * 10


def looks(n: int = 10, **differences: object) -> list[Look]:
    usual = {"distance": 0.5, "shares": ALL, "near_copies": 0.1, "d_right": 0.8, "growth": 2.0, "g_gradient": 1.0}
    return [Look(**{**usual, **differences}) for _ in range(n)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kinds", "seen"),
    [
        ({"healthy"}, looks()),
        ({"diverged"}, looks(growth=1e3)),
        ({"diverged"}, looks(growth=float("nan"))),
        ({"vanishing gradients"}, looks(distance=1.2, d_right=1.0)),
        ({"D overpowered"}, looks(distance=1.2, d_right=0.5)),
        (set(), looks(distance=1.2)),
        ({"healthy"}, looks(d_right=1.0)),
        ({"mode collapse"}, looks(near_copies=0.9)),
        ({"mode collapse"}, looks(shares=EVEN)),
        ({"healthy"}, [*looks(7, near_copies=0.9), *looks(3)]),  # long ago
        ({"mode collapse", "vanishing gradients"}, looks(distance=2.0, d_right=1.0, near_copies=1.0)),
        ({"mode collapse", "oscillating"}, [*looks(1, shares=EVEN), *looks(1, shares=ODD)] * 5),
        ({"oscillating"}, [*looks(1, distance=0.4), *looks(1, distance=0.9)] * 5),
        ({"healthy"}, [*looks(1, distance=0.4), *looks(1, distance=0.5)] * 5),
    ],
)
def test_truth(kinds: set[str], seen: list[Look]) -> None:
    assert truth_of(seen, not_finite=False, is_critic=False) == kinds
    assert truth_of(seen, not_finite=True, is_critic=False) == {"diverged"}


@pytest.mark.parametrize(
    ("gradient", "kind"), [(0.05, "vanishing gradients"), (1.0, "can't tell"), (50.0, "can't tell")]
)
def test_against_a_critic_that_is_always_right_the_gradient_decides(gradient: float, kind: str) -> None:
    assert truth_of(looks(distance=1.2, d_right=1.0, g_gradient=gradient), False, is_critic=True) == {kind}


def test_reversals_count_large_moves_in_alternating_directions() -> None:
    assert [reversals(v, 1.0) for v in ([0, 1, 0, 1], [0, 1, 2, 3], [0, 0.5, 0, 0.5], [])] == [3, 1, 0, 0]


def test_nearest_other_row() -> None:
    assert nearest(torch.tensor([[0.0, 0.0], [3.0, 4.0], [3.0, 5.0]])).tolist() == [5.0, 1.0, 1.0]


def test_exact_interval_of_no_failures_in_n() -> None:
    """Clopper and Pearson: the upper end is 1 - (0.025)^(1/n)."""
    assert rate(0, 20) == f"0/20 = 0% [0%, {1 - 0.025 ** (1 / 20):.0%}]"
    assert rate(0, 0) == "0/0"


def test_no_seed_is_used_twice() -> None:
    seeds = [built.config.seed for which in ("tuning", "fresh") for built in runs(which)]
    assert len(seeds) == len(set(seeds)) > 100
    assert {built.config.loss for built in runs("fresh", only_critics=True)} == {"wasserstein", "relativistic"}
