"""How often a study across several settings errs, on synthetic scores with known effects.

    python benchmarks/blocks_rates.py [STUDIES]

Writes its table into docs/statistics_simulations.md, between the lines that mark it. STUDIES (by default 400) synthetic
studies of three arms a cell, judged at one look. Some minutes on one core.
"""

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from marked_tables import between, line
from numpy.typing import NDArray
from scipy import special

from ablations.statistics import ArmScores, Looks, Rule
from ablations.statistics.blocks import (
    BlockPart,
    average_over_blocks,
    heterogeneity,
    measured_average,
    measured_heterogeneity,
)
from ablations.statistics.comparison import measured_pairs
from ablations.statistics.family import Family, LookResult, Measured

PAGE = Path(__file__).parent.parent / "docs" / "statistics_simulations.md"
MARK = "<!-- rates: blocks -->"
RULE = Rule()
ARMS = 3
ALIKE, UNLIKE = (0.165,), (0.05, 0.3)  # sds of log FID, by block in turn
HEADINGS = [
    "world",
    "average's 95 % interval holds",
    "equal effects differ, at 5 %",
    "any wrong word",
    "found",
    "differs",
]


@dataclass(frozen=True)
class BlockWorld:
    """Blocks with these sds; `effects`: of each arm in each block, on log FID. `lost`: share of the runs that fail.

    `shared`: correlation of the noise of one arm and seed between blocks.
    """

    name: str
    blocks: int
    seeds: int
    sds: Sequence[float] = ALIKE
    effects: Sequence[Sequence[float]] = ()
    lost: float = 0.0
    shared: float = 0.0
    noise: Literal["normal", "skewed"] = "normal"
    table: NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        effects = self.effects or np.zeros((ARMS, self.blocks))
        object.__setattr__(self, "table", np.asarray(effects, dtype=np.float64))


MIXED = ((-0.2,) * 4, (0.0,) * 4, (-0.4, -0.4, 0.0, 0.0))
WORLDS = [
    *(
        BlockWorld(f"nothing acts, {blocks} blocks, {seeds} seeds, {words}", blocks, seeds, sds)
        for blocks in (2, 4, 8)
        for seeds in (3, 5, 8)
        for words, sds in (("alike", ALIKE), ("1 to 6", UNLIKE))
    ),
    BlockWorld("nothing acts, one of four blocks noisy", 4, 5, (0.05, 0.05, 0.05, 0.3)),
    BlockWorld("nothing acts, 15 % of the runs lost", 4, 5, UNLIKE, lost=0.15),
    BlockWorld("nothing acts, 8 blocks, 25 % lost", 8, 8, UNLIKE, lost=0.25),
    BlockWorld("nothing acts, skewed noise", 4, 5, UNLIKE, noise="skewed"),
    BlockWorld("nothing acts, blocks share 0.3 of their noise", 4, 5, shared=0.3),
    BlockWorld("nothing acts, blocks share 0.8 of their noise", 4, 5, shared=0.8),
    BlockWorld("-18 %; 0; -33 % in half of the blocks; 5 seeds", 4, 5, ALIKE, MIXED),
    BlockWorld("the same, 8 seeds", 4, 8, ALIKE, MIXED),
    BlockWorld("the same, 8 seeds, 1 to 6", 4, 8, UNLIKE, MIXED),
    BlockWorld(
        "at the margin; 0; four that cancel", 4, 8, (0.05,), ((math.log(1.1),) * 4, (0,) * 4, (0.3, -0.3, 0.1, -0.1))
    ),
]


def study_of(world: BlockWorld, rng: np.random.Generator) -> list[dict[str, BlockPart]]:
    """By arm and block what the runs say."""
    parts: list[dict[str, BlockPart]] = [{} for _ in range(ARMS)]
    common = rng.standard_normal((ARMS + 1, world.seeds))
    for block in range(world.blocks):
        noise = math.sqrt(world.shared) * common
        noise += math.sqrt(1 - world.shared) * rng.standard_normal((ARMS + 1, world.seeds))
        if world.noise == "skewed":  # log-normal, with mean 0 and sd 1
            noise = (np.exp(0.6 * noise) - math.exp(0.18)) / math.sqrt((math.exp(0.36) - 1) * math.exp(0.36))
        x = noise * world.sds[block % len(world.sds)]
        x[1:] += world.table[:, block, None]
        there = rng.random(x.shape) >= world.lost
        arms = [
            ArmScores(str(a), {s: math.exp(v) for s, v in enumerate(row) if there[a, s]}) for a, row in enumerate(x)
        ]
        for own, one in zip(parts, measured_pairs([(arm, arms[0]) for arm in arms[1:]], RULE), strict=True):
            values = dict(zip(one.contrast.seeds, one.contrast.values, strict=True))
            own[str(block)] = BlockPart(one.measured(RULE), values, one.divergence)
    return parts


def judged(parts: Sequence[Mapping[str, BlockPart]], seeds: int) -> list[LookResult]:
    """The averages of all arms, then whether they differ, then each in each block: one family, as in a study."""
    single: list[Measured] = [part.measured for own in parts for part in own.values()]
    weights = [1.0] * ARMS + [0.5] * ARMS + [0.5 / len(parts[0])] * len(single)
    family = Family(len(weights), Looks(counts=(seeds,), shares=(1.0,)), RULE, weights)
    averages = [measured_average(own, RULE) for own in parts]
    family.take(0, [*averages, *(measured_heterogeneity(own) for own in parts), *single])
    return [one.last for one in family.judged if one.last is not None]


def is_wrong(finding: str, truth: float) -> bool:
    """Whether this is not so of an effect of this size."""
    if finding == "no difference":
        return abs(truth) >= math.log1p(RULE.margin) - 1e-9
    return (finding == "helps" and truth >= -1e-9) or (finding == "hurts" and truth <= 1e-9)


def measure(world: BlockWorld, studies: int) -> list[float]:
    """In percent: the columns of the table after the world's name."""
    rng, counts = (
        np.random.default_rng(1),
        dict.fromkeys(("all", "held", "equal", "false", "wrong", "found", "differs"), 0),
    )
    truths = world.table.mean(axis=1)
    for _ in range(studies):
        parts = study_of(world, rng)
        said = [result.verdict.finding for result in judged(parts, world.seeds)]
        wrong = False
        for arm, own in enumerate(parts):
            average, is_equal = average_over_blocks(own), bool(np.ptp(world.table[arm]) < 1e-9)
            if math.isfinite(average.error):
                half = float(special.stdtrit(average.df, 0.975)) * average.error
                counts["all"] += 1
                counts["held"] += abs(average.value - truths[arm]) <= half
            counts["equal"] += is_equal
            counts["false"] += is_equal and heterogeneity(own).p <= RULE.alpha
            counts["found"] += said[arm] in ("helps", "hurts") and not is_wrong(said[arm], truths[arm])
            counts["differs"] += said[ARMS + arm] == "differs" and not is_equal
            wrong |= is_wrong(said[arm], truths[arm]) or (said[ARMS + arm] == "differs" and is_equal)
            for block in range(world.blocks):
                finding = said[2 * ARMS + arm * world.blocks + block]
                wrong |= is_wrong(finding, world.table[arm, block])
        counts["wrong"] += wrong
    acting = max(1, studies * int(np.sum(np.abs(truths) > 1e-9)))
    unequal = max(1, studies * ARMS - counts["equal"])
    shares = (
        counts["held"] / counts["all"],
        counts["false"] / max(1, counts["equal"]),
        counts["wrong"] / studies,
        counts["found"] / acting,
        counts["differs"] / unequal,
    )
    return [100 * share for share in shares]


def table(studies: int) -> str:
    """All worlds."""
    rows = [line([world.name, *(f"{value:.1f}" for value in measure(world, studies))]) for world in WORLDS]
    title = (
        f"**Studies across several settings: three arms, one look, in %**; {studies} synthetic studies a cell; `found` "
        "and `differs`: of averages that are not 0, and of effects that do differ"
    )
    return "\n".join([title, "", line(HEADINGS), line(["---", *["---:"] * (len(HEADINGS) - 1)]), *rows])


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    PAGE.write_text(between(PAGE.read_text(), MARK, table(count)))
