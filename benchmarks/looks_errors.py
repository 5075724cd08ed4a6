"""How often verdicts by looks are wrong in studies of arms against a baseline, for looks_rates.py."""

import math
from itertools import product

import numpy as np
from looks_rule import HELPS, HURTS, OPEN, SAME, Codes, Policy, declared, fixed, play, wrong
from looks_worlds import HALF, MAIN_STUDY, MARGIN, MIXED, NOISES, RUN_SD, SPREADS, Array, Noise, Spread, World

Shown = tuple[list[str], list[list[str]], str]  # columns, rows, what stands below
LOOKS = declared(5, 8, 12, 20)
BY_LOOKS = Policy(LOOKS)
TO_THE_END = Policy(LOOKS, hopeless=0)
NULL = (0.0,) * 8
MARGIN_SDS = (0.03, 0.045, 0.06, 0.08, 0.12)  # where an effect at the margin may be taken for none
WORLDS: dict[str, tuple[float, ...]] = {
    "nothing acts": NULL,
    "nothing acts, 2 arms": (0.0,) * 2,
    "nothing acts, 20 arms": (0.0,) * 20,
    "all at +10 %": (MARGIN,) * 8,
    "all at −9 %": (-MARGIN,) * 8,
    "one of 2 at +10 %": (MARGIN, 0.0),
    "half at the margin": HALF,
    "−30, −15, +20, +40 %, four null": MIXED,
    "as in the main study": MAIN_STUDY,
}


def wrong_verdicts(studies: int) -> Shown:
    """Any wrong verdict, by world, spread and noise."""
    rows = []
    alike: list[tuple[float, str]] = []
    unlike: list[tuple[float, str]] = []  # skewed noise that does not cancel
    for at, ((name, effects), spread) in enumerate(product(WORLDS.items(), SPREADS)):
        row = [name, spread]
        for noise in NOISES:
            sd = worst_sd(effects, noise, spread, at, studies) if at_margin(effects) else RUN_SD
            scores = World(effects, noise, spread, sd).draw(studies, 20, np.random.default_rng([1, at]))
            rates = [rate(scores, effects, policy) for policy in (BY_LOOKS, TO_THE_END)]
            where = f" (sd {sd:g})" if at_margin(effects) else ""
            row.append(" / ".join(f"{each:.1f}" for each in rates) + where)
            cell = f"{name}, {spread}, {noise}{where}"
            if noise == "skewed" and spread != "equal":
                unlike.append((max(rates), cell))
            else:
                alike.append((max(rates), cell))
        rows.append(row)
    sentences = [
        f"Skewed noise of unlike spreads apart: {worst_cells(alike, studies)}",
        f"Skewed noise of unlike spreads: {worst_cells(unlike, studies)}",
    ]
    return ["effects", "spread", *NOISES], rows, "\n\n".join(sentences)


def unlike_spreads(studies: int) -> Shown:
    """Skewed noise of unlike spread, with which means of few seeds mislead any test: this rule next to others."""
    policies = {
        "one test, 5 seeds": fixed(5),
        "one test, 20 seeds": fixed(20),
        "looks": TO_THE_END,
        "looks, nothing borrowed": Policy(LOOKS, hopeless=0, borrow=0),
    }
    rows = []
    noises: tuple[Noise, ...] = ("normal", "mildly skewed", "skewed")
    for at, (noise, arms, spread) in enumerate(product(noises, (2, 3, 8, 20), SPREADS)):
        effects = (0.0,) * arms
        scores = World(effects, noise, spread).draw(studies, 20, np.random.default_rng([12, at]))
        rows.append([noise, str(arms), spread, *(f"{rate(scores, effects, each):.1f}" for each in policies.values())])
    return ["noise", "arms", "spread", *policies], rows, ""


def with_diverged(studies: int) -> Shown:
    """The same, where 0, 5 or 20 % of all runs diverge."""
    rows, found = [], []
    spreads: tuple[Spread, ...] = ("equal", "baseline 3x")
    for at, (name, lost, spread) in enumerate(product(WORLDS, (0.0, 0.05, 0.2), spreads)):
        effects = WORLDS[name]
        if len(effects) != 8 or (not lost and spread != "equal"):
            continue
        row = [name, spread, f"{100 * lost:g} %"]
        for noise in NOISES:
            world = World(effects, noise, spread, 0.06 if at_margin(effects) else RUN_SD, lost)
            scores = world.draw(studies, 20, np.random.default_rng([2, at]))
            value = rate(scores, effects, BY_LOOKS)
            row.append(f"{value:.1f}")
            found.append((value, f"{name}, {spread}, {100 * lost:g} % diverged, {noise}"))
        rows.append(row)
    return ["effects", "spread", "diverged", *NOISES], rows, worst_cells(found, studies)


def diverging_trick(studies: int) -> Shown:
    """A trick whose scores and whose divergence contradict each other."""
    looks = {"5, 8, 12, 20": LOOKS, "5, 8, 12, 20, 40": declared(5, 8, 12, 20, 40), "5": declared(5), "8": declared(8)}
    rows = []
    effects = (-0.2, *NULL[1:])
    for (name, schedule), noise in product(looks.items(), NOISES):
        scores = World(effects, noise, diverged_first=0.3).draw(
            studies, schedule.looks[-1], np.random.default_rng([3, 1])
        )
        policies = {"one test at the last": fixed(schedule.looks[-1]), "looks": Policy(schedule)}
        for rule, policy in policies.items():
            outcome = play(scores, policy)
            first = outcome.verdicts[:, 0]
            among = 100 * wrong(outcome.verdicts[:, 1:], NULL[1:]).any(axis=1).mean()
            said = (f"{100 * np.mean(first == code):.1f}" for code in (HELPS, HURTS, SAME, OPEN))
            rows.append([name, noise, rule, *said, f"{among:.1f}"])
    columns = ["looks", "noise", "rule", "helps", "hurts", "no difference", "can't tell", "wrong of the others"]
    return columns, rows, ""


def at_margin(effects: tuple[float, ...]) -> bool:
    """Whether all effects are as large as the margin or none, so that only a small spread can lead to a verdict."""
    return MARGIN in (abs(effect) for effect in effects)


def worst_sd(effects: tuple[float, ...], noise: Noise, spread: Spread, at: int, studies: int) -> float:
    """The spread of runs at which most studies are wrong, found with other studies than those that are counted."""
    rates = {}
    for sd in MARGIN_SDS:
        scores = World(effects, noise, spread, sd).draw(studies // 2, 20, np.random.default_rng([4, at]))
        rates[sd] = rate(scores, effects, TO_THE_END)
    return max(rates, key=lambda sd: rates[sd])


def rate(scores: Array, effects: tuple[float, ...], policy: Policy) -> float:
    """Studies with any wrong verdict by this policy, in per cent."""
    return any_wrong(play(scores, policy).verdicts, effects)


def any_wrong(verdicts: Codes, effects: tuple[float, ...]) -> float:
    """Studies with any wrong verdict, in per cent."""
    return float(100 * wrong(verdicts, effects).any(axis=1).mean())


def worst_cells(found: list[tuple[float, str]], studies: int) -> str:
    """The three worst cells, and how many are above what is stated by more than chance."""
    limit = 5 + 200 * math.sqrt(0.05 * 0.95 / studies)
    above = [cell for cell in found if cell[0] > limit]
    ordered = sorted(found, reverse=True)[: max(3, len(above))]
    named = "; ".join(f"{value:.1f} % ({name})" for value, name in ordered)
    count = f"{len(above)} of {len(found)}" if above else f"None of {len(found)}"
    return f"Worst cells: {named}. {count} are above {limit:.1f} %, which is 5 % and two standard errors."
