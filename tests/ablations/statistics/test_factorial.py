"""Factorial designs against means by hand, statsmodels' formulas, and the algebra of aliases."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from ablations.statistics import Factor, FactorEffect, FactorialFit, Observation, Rule, fit_factorial

RULE = Rule()
ABC = [Factor(name, ("off", "on")) for name in "ABC"]


def runs(seeds: int = 3, sd: float = 0.05, names: str = "ABC") -> list[Observation]:
    """A full design: A -0.3, B +0.1, A with B +0.2, on log FID around 25."""
    rng = np.random.default_rng(0)
    observations = []
    for levels in itertools.product(("off", "on"), repeat=len(names)):
        on = dict(zip(names, levels, strict=True))
        a, b = on["A"] == "on", on["B"] == "on"
        for seed in range(seeds):
            y = math.log(25) - 0.3 * a + 0.1 * b + 0.2 * (a and b) + 0.3 * seed + sd * rng.normal()
            observations.append(Observation(on, seed, math.exp(y)))
    return observations


def effect(fit: FactorialFit, name: str) -> FactorEffect:
    return next(each for each in fit.effects if each.name == name)


def frame(observations: list[Observation]) -> pd.DataFrame:
    lines = [
        {"y": math.log(o.score), "seed": o.seed, **{k: 0.5 if v == "on" else -0.5 for k, v in o.levels.items()}}
        for o in observations
        if o.score is not None
    ]
    return pd.DataFrame(lines)


def test_effects_are_differences_of_means() -> None:
    observations = runs()
    fit = fit_factorial(observations, ABC, RULE)
    table = frame(observations)
    on, off = (table[table["A"] == half] for half in (0.5, -0.5))
    assert effect(fit, "A").effect.mean == pytest.approx(on["y"].mean() - off["y"].mean())
    with_b, without_b = (on[on["B"] == half]["y"].mean() - off[off["B"] == half]["y"].mean() for half in (0.5, -0.5))
    assert effect(fit, "A:B").effect.mean == pytest.approx(with_b - without_b)
    assert (effect(fit, "A").finding, effect(fit, "A:B").finding) == ("helps", "hurts")


def test_unbalanced_data_agree_with_statsmodels_formula() -> None:
    observations = [o for i, o in enumerate(runs()) if i % 7 != 3]
    observations[0] = Observation(observations[0].levels, observations[0].seed, None)
    fit = fit_factorial(observations, ABC, RULE)
    expected = smf.ols("y ~ C(seed) + (A + B + Z) ** 2", frame(observations).rename(columns={"C": "Z"})).fit()
    shown = sum(each.p_adjusted <= RULE.alpha for each in fit.effects)
    for each in fit.effects:
        name = each.name.replace("C", "Z")  # C is patsy's own
        others = shown - (each.p_adjusted <= RULE.alpha)  # half a part of each other effect that is shown is free
        low, high = expected.conf_int(RULE.alpha / (6 - others / 2)).loc[name]
        assert each.effect.mean == pytest.approx(expected.params[name])
        assert (each.effect.low, each.effect.high) == pytest.approx((low, high))
        assert each.p == pytest.approx(expected.pvalues[name])
    assert (fit.runs, fit.diverged, fit.degrees_of_freedom) == (len(observations) - 1, 1, int(expected.df_resid))


def test_half_a_design_says_what_it_mixes() -> None:
    half = [o for o in runs(sd=0.0) if list(o.levels.values()).count("on") % 2]  # I = ABC
    fit = fit_factorial(half, ABC, RULE)
    assert [each.estimates for each in fit.effects] == ["A + 0.5 B:C", "B + 0.5 A:C", "C + 0.5 A:B", "", "", ""]
    assert effect(fit, "C").aliases == ("A:B",)
    assert effect(fit, "C").effect.mean == pytest.approx(0.5 * 0.2)  # C does nothing: this is half of A with B
    assert effect(fit, "A:B").aliases == ("C",)
    assert not effect(fit, "A:B").estimable
    assert "cannot be told from C" in effect(fit, "A:B").reason


def test_the_other_half_mixes_with_the_opposite_sign() -> None:
    half = [o for o in runs(sd=0.0) if list(o.levels.values()).count("on") % 2 == 0]
    assert [each.estimates for each in fit_factorial(half, ABC, RULE).effects[:3]] == [
        "A - 0.5 B:C",
        "B - 0.5 A:C",
        "C - 0.5 A:B",
    ]


def test_a_resolution_four_design_gives_main_effects_of_their_own() -> None:
    factors = [Factor(name, ("off", "on")) for name in "ABCD"]
    half = [o for o in runs(names="ABCD") if list(o.levels.values()).count("on") % 2 == 0]  # I = ABCD
    fit = fit_factorial(half, factors, RULE)
    assert [each.estimates for each in fit.effects[:4]] == ["A", "B", "C", "D"]
    assert effect(fit, "A:B").estimates == "A:B + C:D"
    assert effect(fit, "A").effect.mean == pytest.approx(-0.2, abs=0.08)


def test_a_factor_that_never_changed_is_reported() -> None:
    fit = fit_factorial([o for o in runs() if o.levels["C"] == "off"], ABC, RULE)
    assert not effect(fit, "C").estimable
    assert effect(fit, "C").aliases == ("mean",)
    assert effect(fit, "A:C").aliases == ("A",)


def test_three_levels_against_the_first() -> None:
    levels = {"dcgan": 0.0, "hinge": -0.2, "wgan": 0.4}
    observations = [
        Observation(
            {"loss": loss, "A": a},
            seed,
            math.exp(3 + value - 0.3 * (a == "on") + 0.1 * seed + 1e-6 * (-1) ** (seed + len(loss) + (a == "on"))),
        )
        for loss, value in levels.items()
        for a in ("off", "on")
        for seed in range(2)
    ]
    fit = fit_factorial(observations, [Factor("loss", tuple(levels)), ABC[0]], RULE)
    assert [each.name for each in fit.effects] == ["loss[hinge]", "loss[wgan]", "A", "loss[hinge]:A", "loss[wgan]:A"]
    assert [each.effect.mean for each in fit.effects] == pytest.approx([-0.2, 0.4, -0.3, 0, 0], abs=1e-5)
    assert [each.finding for each in fit.effects[:3]] == ["helps", "hurts", "helps"]


def test_without_a_degree_of_freedom_there_is_no_interval() -> None:
    fit = fit_factorial(runs(seeds=1)[:4], ABC[1:], RULE)
    assert fit.degrees_of_freedom == 0
    assert effect(fit, "B").estimable
    assert math.isnan(effect(fit, "B").effect.low)
    assert effect(fit, "B").finding == "can't tell"
    assert "no degree of freedom" in effect(fit, "B").reason


def test_scores_that_the_model_fits_to_the_last_digit_show_no_effect() -> None:
    """Two equal differences of a metric on a grid: the residual spread is 0, and nothing is certain for that."""
    rule = Rule(scale="plain", lower_is_better=False)
    observations = [
        Observation({"A": a}, s, 0.3 + 0.2 * s + 0.001 * (a == "on")) for s in (0, 1) for a in ("off", "on")
    ]
    (found,) = fit_factorial(observations, [Factor("A", ("off", "on"))], rule).effects
    assert found.effect.mean == pytest.approx(0.001)
    assert all(math.isnan(n) for n in (found.p, found.p_equivalence, found.p_adjusted, found.effect.low))
    assert (found.finding, "to the last digit" in found.reason) == ("can't tell", True)


def test_runs_that_diverge_with_a_factor_keep_it_from_helping() -> None:
    observations = [
        Observation(o.levels, o.seed, None) if o.levels["A"] == "on" and o.seed else o for o in runs(seeds=4)
    ]
    a = effect(fit_factorial(observations, ABC, RULE), "A")
    assert (a.diverged_with, a.diverged_without) == (12, 0)
    assert a.p < 0.001
    assert a.finding == "can't tell"


def test_nothing_but_divergence_and_unknown_levels() -> None:
    nothing = fit_factorial([Observation(o.levels, o.seed, None) for o in runs()], ABC, RULE)
    assert (nothing.effects, nothing.runs, nothing.diverged) == ((), 0, 24)
    with pytest.raises(ValueError, match="maybe"):
        fit_factorial([Observation({"A": "maybe", "B": "on", "C": "on"}, 0, 1.0)], ABC, RULE)


def test_a_factor_that_never_acts_is_the_same_run_and_no_test() -> None:
    """Of a full design whose runs hang on A and B alone, C and its interactions are nothing; Holm is over the rest."""
    known = {
        (o.levels["A"], o.levels["B"], o.seed): o for o in runs() if o.levels["C"] == "off" and o.score is not None
    }
    observations = [
        Observation(o.levels, o.seed, twin.score, run=str(twin.score))
        for o in runs()
        for twin in [known[o.levels["A"], o.levels["B"], o.seed]]
    ]
    fit = fit_factorial(observations, ABC, RULE)
    for name in ("C", "A:C", "B:C"):
        one = effect(fit, name)
        assert (one.finding, one.reason) == ("same run", "bit-identical in every seed: the setting had no effect")
        assert one.shown.mean == pytest.approx(1)
        assert all(math.isnan(number) for number in (one.p, one.p_adjusted, one.p_equivalence_adjusted, one.shown.low))
    tested = [effect(fit, name) for name in ("A", "B", "A:B")]
    parts = 3 - (sum(one.p_adjusted <= RULE.alpha for one in tested) - 1) / 2  # nothing for C
    assert min(one.p_adjusted for one in tested) == pytest.approx(parts * min(one.p for one in tested))
    unknown = [Observation(o.levels, o.seed, o.score) for o in observations]
    assert effect(fit_factorial(unknown, ABC, RULE), "C").finding == "no difference"


@pytest.mark.parametrize("seed", range(12))
def test_the_worst_runs_diverged_and_the_survivors_prove_nothing(seed: int) -> None:
    """A has no effect, and the worst fifth of its runs diverges: what is left looks better than A is."""
    rng = np.random.default_rng(seed)
    cells = [dict(zip("ABC", levels, strict=True)) for levels in itertools.product(("off", "on"), repeat=3)]
    scores = {(i, s): math.exp(0.15 * rng.standard_normal()) for i in range(8) for s in range(8)}
    with_a = [key for key in scores if cells[key[0]]["A"] == "on"]
    lost = sorted(with_a, key=lambda key: -scores[key])[: len(with_a) // 5]
    observations = [Observation(cells[i], s, None if (i, s) in lost else score) for (i, s), score in scores.items()]
    a = effect(fit_factorial(observations, ABC, RULE), "A")
    assert a.finding == "can't tell"
    assert a.diverged_with == len(lost)


def test_a_trick_that_helps_despite_a_lost_run_is_still_found() -> None:
    observations = [
        Observation(one.levels, one.seed, None if (i == 30) else one.score) for i, one in enumerate(runs(5, 0.03))
    ]
    a = effect(fit_factorial(observations, ABC, RULE), "A")
    assert (observations[30].levels["A"], a.finding) == ("on", "helps")
