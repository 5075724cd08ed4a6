"""What verdicts by looks cost and find, and what becomes of adding seeds, for looks_rates.py."""

from itertools import product

import numpy as np
from looks_errors import BY_LOOKS, MARGIN_SDS, NULL, Shown, any_wrong, worst_cells
from looks_rule import OPEN, Policy, Schedule, declared, fixed, looking_each_seed, plain, play, right
from looks_worlds import HALF, MAIN_STUDY, MARGIN, MIXED, RUN_SD, Noise, World

WORLDS: dict[str, tuple[tuple[float, ...], float]] = {
    "nothing acts": (NULL, RUN_SD),
    "as in the main study": (MAIN_STUDY, RUN_SD),
    "−30, −15, +20, +40 %, four null": (MIXED, RUN_SD),
    "half at the margin": (HALF, 0.04),
    "half at the margin, more noise": (HALF, 0.08),
}
FURTHEST = 60  # seeds of the one test that is looked for
NOISE_PAIR: tuple[Noise, ...] = ("normal", "skewed")


def costs(studies: int) -> Shown:
    """Runs and verdicts of one test at 20 seeds, of one test at the seeds that give as many right ones, of looks."""
    rows = []
    for at, (name, (effects, sd)) in enumerate(WORLDS.items()):
        scores = World(effects, run_sd=sd).draw(studies, FURTHEST, np.random.default_rng([5, at]))
        arms = scores.shape[1]
        twenty = play(scores, fixed(20)).verdicts
        looks = play(scores, BY_LOOKS)
        correct = right(looks.verdicts, effects).sum(axis=1).mean()
        counts = np.arange(2, FURTHEST + 1)
        by_count = [right(play(scores, fixed(int(n))).verdicts, effects).sum(axis=1).mean() for n in counts]
        rising = np.maximum.accumulate(by_count)
        runs = looks.runs.mean()
        row = [name, f"{right(twenty, effects).sum(axis=1).mean():.2f}", f"{any_wrong(twenty, effects):.1f}"]
        if 0.5 < correct <= rising[-1]:
            same = float(np.interp(correct, rising, counts))
            nearest = play(scores, fixed(round(same))).verdicts
            row += [f"{same:.1f}", f"{arms * same:.0f}", f"{any_wrong(nearest, effects):.1f}"]
            saved = f"{100 * (1 - runs / (arms * same)):.0f} %"
        else:
            row += ["–", "–", "–"]
            saved = "–"
        row += [f"{runs:.0f}", f"{correct:.2f}", f"{any_wrong(looks.verdicts, effects):.1f}"]
        rows.append([*row, saved, f"{100 * (1 - runs / (20 * arms)):.0f} %"])
    columns = ["effects", "20 seeds (180 runs): right", "wrong, %",
               "one test, as many right: seeds", "runs", "wrong, %",
               "looks: runs", "right", "wrong, %", "saved at as many right", "saved against 20 seeds"]  # fmt: skip
    return columns, rows, f"–: no number of seeds up to {FURTHEST} gives as many right verdicts, or there are none."


def five_seeds(studies: int) -> Shown:
    """Right verdicts with five seeds: before, with one declared look, and as the first look of a plain `seeds: 5`."""
    rows = []
    cases = {name: WORLDS[name] for name in WORLDS if name != "nothing acts"}
    for at, ((name, (effects, sd)), noise) in enumerate(product(cases.items(), NOISE_PAIR)):
        scores = World(effects, noise, run_sd=sd).draw(studies, 5, np.random.default_rng([6, at]))
        first = plain(5)
        policies = {
            "before": fixed(5),
            "declared": Policy(declared(5)),
            "plain": Policy(Schedule(first.looks[:1], first.shares[:1])),
        }
        found = {each: play(scores, policy).verdicts for each, policy in policies.items()}
        mean = {each: right(verdicts, effects).sum(axis=1).mean() for each, verdicts in found.items()}
        row = [name, noise]
        for each, verdicts in found.items():
            row.append(f"{mean[each]:.2f} ({any_wrong(verdicts, effects):.1f})")
        ratios = [mean[each] / mean["before"] if mean["before"] else float("nan") for each in ("declared", "plain")]
        rows.append([*row, *(f"{ratio:.2f}" for ratio in ratios)])
    columns = ["effects", "noise", "one test, own spread (wrong, %)", "`looks: [5]` (wrong, %)",
               "`seeds: 5` (wrong, %)", "`looks: [5]` / one test", "`seeds: 5` / one test"]  # fmt: skip
    return columns, rows, ""


def open_ended(studies: int) -> Shown:
    """Somebody who starts at n seeds and adds: stops at the first verdict, or goes on to 80 seeds whatever is found."""
    worlds: dict[str, tuple[tuple[float, ...], float]] = {
        "nothing acts": (NULL, RUN_SD),
        "all at +10 %": ((MARGIN,) * 8, MARGIN_SDS[2]),
        "half at the margin": (HALF, MARGIN_SDS[2]),
        "−30, −15, +20, +40 %, four null": (MIXED, RUN_SD),
    }
    noises: tuple[Noise, ...] = ("normal", "skewed", "collapse")
    rows, found = [], []
    for at, ((name, (effects, sd)), noise) in enumerate(product(worlds.items(), noises)):
        scores = World(effects, noise, run_sd=sd).draw(studies, 80, np.random.default_rng([7, at]))
        each_seed = looking_each_seed(scores, 3, 30)
        at_twenty = looking_each_seed(scores, 3, 20)
        tests = [f"{any_wrong(verdicts, effects):.1f}" for verdicts in (at_twenty, each_seed)]
        for first in (3, 5, 8):
            stops = play(scores, Policy(plain(first), stop="first"))
            goes_on = play(scores, Policy(plain(first), stop="never"))
            rates = [any_wrong(outcome.verdicts, effects) for outcome in (stops, goes_on)]
            decided = 100 * (stops.verdicts != OPEN).any(axis=1).mean()
            found.append((max(rates), f"{name}, {noise}, from {first} seeds"))
            rows.append([name, noise, str(first), f"{rates[0]:.1f}", f"{decided:.0f}", f"{stops.seeds.mean():.0f}",
                         f"{rates[1]:.1f}", *tests])  # fmt: skip
    columns = ["effects", "noise", "starts at", "stops at the first verdict: wrong", "anything decided", "mean seeds",
               "goes on to 80: wrong", "one test each seed, 3 to 20: wrong", "3 to 30: wrong"]  # fmt: skip
    return columns, rows, worst_cells(found, studies)
