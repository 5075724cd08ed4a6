"""Claims next to the arms, and factorial designs, by looks, for looks_rates.py."""

from itertools import product

import numpy as np
from looks_errors import BY_LOOKS, LOOKS, MARGIN_SDS, NULL, TO_THE_END, Shown, at_margin, worst_cells
from looks_factorials import (
    Design,
    FactorWorld,
    Guard,
    full,
    play_factorial,
    resolution_four,
    resolution_three,
)
from looks_rule import HELPS, Family, declared, one_in, play, right, wrong
from looks_worlds import HALF, MARGIN, MIXED, NOISES, RUN_SD, SPREADS, Noise, World

MORE_CLAIMS = ((1, 2), (3, 4), (5, 6))  # arm < arm; the baseline is 0
INTERACTIONS = ((3, 1, 2, 0), (6, 4, 5, 0), (8, 7, 2, 1))  # first - second - third + fourth
DESIGNS: dict[str, Design] = {
    "2³": full(),
    "2^(7-4), resolution III": resolution_three(),
    "2^(7-3), resolution IV": resolution_four(),
}


def with_claims() -> Family:
    """Eight arms against the baseline, three claims of two arms, three of interactions."""
    weights = [*one_in(8).weights]
    for arm, other in MORE_CLAIMS:
        weights.append(np.eye(9)[arm] - np.eye(9)[other])
    for both, one, two, neither in INTERACTIONS:
        weights.append(np.eye(9)[both] - np.eye(9)[one] - np.eye(9)[two] + np.eye(9)[neither])
    return Family(np.array(weights))


def claims(studies: int) -> Shown:
    """All fourteen comparisons share one adjustment; an arm is trained while any comparison that needs it is open."""
    family = with_claims()
    worlds = {"nothing acts": NULL, "half at the margin": HALF, "all at +10 %": (MARGIN,) * 8, "mixed": MIXED}
    rows, found = [], []
    for at, ((name, effects), spread) in enumerate(product(worlds.items(), SPREADS)):
        row = [name, spread]
        truth = tuple(np.round(family.weights @ np.array([0.0, *effects]), 12))
        for noise in NOISES:
            sd = MARGIN_SDS[2] if at_margin(effects) else RUN_SD
            scores = World(effects, noise, spread, sd).draw(studies, LOOKS.looks[-1], np.random.default_rng([8, at]))
            outcomes = [play(scores, policy, family) for policy in (BY_LOOKS, TO_THE_END)]
            rates = [100 * wrong(outcome.verdicts, truth).any(axis=1).mean() for outcome in outcomes]
            row.append(f"{rates[0]:.1f} / {rates[1]:.1f}")
            found.append((max(rates), f"{name}, {spread}, {noise}"))
            if noise == "normal":
                plain_runs = play(scores, BY_LOOKS).runs.mean()
                given = right(outcomes[0].verdicts, truth)
                numbers = [
                    f"{outcomes[0].runs.mean():.0f} ({plain_runs:.0f})",
                    *(f"{part.sum(axis=1).mean():.2f}" for part in (given[:, :8], given[:, 8:])),
                ]
        rows.append([*row, *numbers])
    columns = ["effects", "spread", *NOISES, "normal: runs (without claims)", "right of 8 arms", "right of 6 claims"]
    return columns, rows, worst_cells(found, studies)


def factorials(studies: int) -> Shown:
    """Any wrong verdict, with all runs and with a tenth of them diverged at random."""
    rows, found = [], []
    for at, ((name, design), looks) in enumerate(product(DESIGNS.items(), ((2, 3, 5, 8), (3, 5, 8)))):
        effects = design.columns.shape[1]
        worlds = {
            "nothing acts": ((0.0,) * effects, RUN_SD),
            "mains at +10 %": (_mains(design, MARGIN), MARGIN_SDS[2]),
            "A −26, B +22 %, C at the margin": ((-0.3, 0.2, MARGIN, *(0.0,) * (effects - 3)), 0.12),
        }
        for (world_name, (truth, sd)), lost in product(worlds.items(), (0.0, 0.1)):
            row = [name, ", ".join(map(str, looks)), world_name, f"{100 * lost:g} %"]
            for noise in NOISES:
                if "mains" in world_name:
                    sd = _worst_sd(design, truth, noise, looks, studies)
                world = FactorWorld(design, truth, noise, sd, lost)
                scores = world.draw(studies, looks[-1], np.random.default_rng([9, at]))
                outcome = play_factorial(scores, design, declared(*looks))
                value = 100 * wrong(outcome.verdicts, truth).any(axis=1).mean()
                row.append(f"{value:.1f}")
                found.append((value, f"{name}, looks {row[1]}, {world_name}, {row[3]} diverged, {noise}"))
                if noise == "normal":
                    runs = f"{outcome.runs.mean():.0f} of {len(design.columns) * looks[-1]}"
            rows.append([*row, runs])
    return ["design", "looks", "effects", "diverged", *NOISES, "normal: runs"], rows, worst_cells(found, studies)


def lost_runs(studies: int) -> Shown:
    """What is said of A where runs with A diverge: the worst, without an effect; some at random, with an effect."""
    guards: tuple[Guard, ...] = ("none", "fisher", "worst score and fisher")
    ways = {
        "worst 20 % of A's, A without effect": (0.0, 0.0, 0.2),
        "worst 40 % of A's, A without effect": (0.0, 0.0, 0.4),
        "random 20 % of A's, A −26 %": (-0.3, 0.2, 0.0),
        "random 5 % of A's, A −26 %": (-0.3, 0.05, 0.0),
    }
    rows = []
    for at, ((name, design), (way, (effect, random, worst))) in enumerate(product(DESIGNS.items(), ways.items())):
        truth = (effect, -0.3, *(0.0,) * (design.columns.shape[1] - 2))
        for noise in NOISES:
            world = FactorWorld(design, truth, noise, diverged_first=random, worst_first=worst)
            scores = world.draw(studies // 2, 8, np.random.default_rng([10, at]))
            cells = []
            for guard in guards:
                verdicts = play_factorial(scores, design, declared(3, 5, 8), guard).verdicts
                helps = 100 * np.mean(verdicts[:, 0] == HELPS)
                cells.append(f"{helps:.1f} ({100 * wrong(verdicts, truth).any(axis=1).mean():.1f})")
            rows.append([name, way, noise, *cells])
    columns = [
        "design",
        "diverged",
        "noise",
        "nothing",
        "Fisher's test",
        "Fisher's test, and holds with the worst score",
    ]
    return columns, rows, "'A helps' (any wrong verdict); half as many studies."


def _mains(design: Design, effect: float) -> tuple[float, ...]:
    rest: int = design.columns.shape[1] - design.mains
    return (effect,) * design.mains + (0.0,) * rest


def _worst_sd(design: Design, truth: tuple[float, ...], noise: Noise, looks: tuple[int, ...], studies: int) -> float:
    rates = {}
    for sd in (0.045, 0.08, 0.12, 0.18):
        world = FactorWorld(design, truth, noise, sd)
        scores = world.draw(studies // 8, looks[-1], np.random.default_rng([11, 0]))
        outcome = play_factorial(scores, design, declared(*looks), hopeless=0)
        rates[sd] = float(wrong(outcome.verdicts, truth).any(axis=1).mean())
    return max(rates, key=lambda sd: rates[sd])
