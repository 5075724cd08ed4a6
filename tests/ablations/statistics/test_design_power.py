"""What factorial designs can show: against statsmodels' least squares, and against simulated studies."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.regression.linear_model import OLS

from ablations.statistics import DesignModel, Rule, design_model, design_prospect
from ablations.study.designs import DESIGNS, DesignOptions

RULE = Rule()
SD = 0.165
Arms = list[dict[str, bool]]


def full(names: str) -> Arms:
    return [dict(zip(names, on, strict=True)) for on in itertools.product((False, True), repeat=len(names))]


def half(names: str) -> Arms:
    """2^(k-1), the last factor being on where an odd number of the others is."""
    return [{**arm, names[-1]: sum(arm.values()) % 2 == 1} for arm in full(names[:-1])]


def fraction(factors: int, resolution: int) -> Arms:
    names = [f"f{i}" for i in range(factors)]
    layout = DESIGNS["fractional"].lay_out(names, DesignOptions(resolution=resolution))
    return [{name: name in arm.on for name in names} for arm in layout.combinations]


def coded(arms: Arms, seeds: int, pairs: list[tuple[str, str]]) -> np.ndarray:
    """Seeds as dummies, main effects coded -1/2 and +1/2, interactions as products: written down once more by hand."""
    names = list(arms[0])
    rows = []
    for seed in range(seeds):
        for arm in arms:
            x = {name: 0.5 if arm[name] else -0.5 for name in names}
            rows.append([float(seed == s) for s in range(seeds)] + [*x.values(), *(x[a] * x[b] for a, b in pairs)])
    return np.array(rows)


@pytest.mark.parametrize("seeds", [2, 3])
@pytest.mark.parametrize("kind", ["full", "with a hole"])
def test_standard_errors_agree_with_statsmodels(kind: str, seeds: int) -> None:
    arms = [arm for arm in full("ABCD") if kind == "full" or not (arm["A"] and arm["B"] and arm["C"])]
    pairs = list(itertools.combinations("ABCD", 2))
    matrix = coded(arms, seeds, pairs)
    fit = OLS(np.random.default_rng(0).normal(size=len(matrix)), matrix).fit()
    errors = fit.bse[seeds:] / math.sqrt(fit.scale)
    model = design_model(arms)
    assert model.effects == 4 + 6
    assert model.degrees_of_freedom(seeds) == fit.df_resid
    assert model.main_error / math.sqrt(seeds) == pytest.approx(max(errors[:4]))
    assert model.interaction_error is not None
    assert model.interaction_error / math.sqrt(seeds) == pytest.approx(max(errors[4:]))


@pytest.mark.parametrize("arms", [full("ABC"), half("ABCD"), fraction(7, 4)], ids=["2^3", "half of 2^4", "2^(7-3)"])
def test_complete_designs_have_the_textbooks_errors(arms: Arms) -> None:
    """A main effect is a difference of two means of half the runs; an interaction is twice its contrast, on the log."""
    model = design_model(arms)
    assert model.main_error == pytest.approx(2 / math.sqrt(len(arms)))
    assert model.interaction_error == pytest.approx(4 / math.sqrt(len(arms)))


def test_one_seed_of_half_a_factorial_shows_nothing() -> None:
    """Seven effects and the mean take all eight runs."""
    shows = design_prospect(design_model(half("ABCD")), 1, RULE, SD)
    assert (shows.runs, shows.degrees_of_freedom, shows.main, shows.interaction) == (8, 0, math.inf, math.inf)
    assert shows.main_shown == math.inf


def test_one_seed_of_two_to_the_third() -> None:
    """One degree of freedom is left: a factor of 134 where pairs of runs spread by 0.1."""
    shows = design_prospect(design_model(full("ABC")), 1, RULE, 0.1 / math.sqrt(2))
    assert (shows.degrees_of_freedom, shows.comparisons) == (1, 6)
    assert shows.main_shown == pytest.approx(134, abs=1)
    assert shows.interaction == pytest.approx(2 * shows.main)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("resolution", "seeds", "df", "found", "aliased"),
    [(3, 3, 14, 1.32, "main effects with pairs"), (4, 2, 16, 1.29, "pairs with each other")],
)
def test_fractions_of_seven_factors(resolution: int, seeds: int, df: int, found: float, aliased: str) -> None:
    """Computed elsewhere by simulation: 24 runs of resolution III find 1.32, 32 of resolution IV 1.29."""
    model = design_model(fraction(7, resolution))
    shows = design_prospect(model, seeds, RULE, SD)
    assert (shows.degrees_of_freedom, model.aliased) == (df, aliased)
    assert shows.main_shown == pytest.approx(found, abs=0.006)
    assert (shows.interaction is None) == (resolution == 3)


@pytest.mark.parametrize(("arms", "aliased"), [(full("ABC"), "nothing"), (half("ABCDE"), "nothing")])
def test_what_is_not_aliased(arms: Arms, aliased: str) -> None:
    assert design_model(arms).aliased == aliased


@pytest.mark.parametrize("share", [1.0, 0.25])
@pytest.mark.parametrize(("seeds", "about"), [(1, "main"), (2, "main"), (2, "interaction")])
def test_power_by_simulated_studies(seeds: int, about: str, share: float) -> None:
    """2^3 with that effect, fitted by hand: found in 80 % at the strictest step of Holm."""
    arms, pairs = full("ABC"), list(itertools.combinations("ABC", 2))
    shows = design_prospect(design_model(arms), seeds, RULE, SD, share=share)
    effect = shows.main if about == "main" else shows.interaction
    assert effect is not None
    matrix = coded(arms, seeds, pairs)
    column = seeds if about == "main" else seeds + 3
    truth = np.zeros(matrix.shape[1])
    truth[column] = effect
    rng = np.random.default_rng(1)
    y = (matrix @ truth)[:, None] + SD * rng.standard_normal((len(matrix), 40_000))
    inverse = np.linalg.inv(matrix.T @ matrix)
    fitted = inverse @ matrix.T @ y
    df = len(matrix) - matrix.shape[1]
    error = np.sqrt(np.sum((y - matrix @ fitted) ** 2, axis=0) / df * inverse[column, column])
    critical = stats.t.isf(0.05 * share / 6 / 2, df)
    assert np.mean(fitted[column] / error > critical) == pytest.approx(0.8, abs=0.008)


def test_without_a_spread_nothing_is_made_up() -> None:
    shows = design_prospect(DesignModel(8, 6, 0.7, 1.4, "nothing"), 2, RULE, None)
    assert (shows.main, shows.main_shown, shows.interaction_shown) == (None, None, None)
