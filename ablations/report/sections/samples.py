"""Sample grids of the arms at one seed, so at the same z: which pictures, and what to say of them."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ablations.report.words import listed
from ablations.results.results import METRIC, Result
from gan_core.machine.inside import file_inside

MOST_GRIDS = 12
FOLDER = "grids"
NUMBER = re.compile(r"[0-9]{1,18}")  # of images, in a grid's name
OF_LATENTS = ("latent", "latent_dim")  # settings that make z another one


@dataclass(frozen=True)
class Grid:
    """An arm's last grid. `fid`: of the last generator under the full protocol; None without one."""

    arm: str
    seed: int
    path: Path
    kimg: float
    fid: float | None
    status: str


@dataclass(frozen=True)
class Grids:
    """The grids of one seed; `notes` say which arms have none here, and why."""

    seed: int
    grids: tuple[Grid, ...]
    notes: tuple[str, ...]


def grids_of(configs: Mapping[str, Mapping[str, object]], results: Sequence[Result]) -> Grids | None:
    """One grid for each of these arms that has one, of the lowest seed that most of them have.

    The arms that a search explored are left out: their seeds are other ones.
    """
    arms = list(configs)
    wanted = arms[:MOST_GRIDS]
    results = [result for result in results if result.stage != "explore"]
    found = {(result.arm, result.seed): path for result in results if (path := last_grid(result)) is not None}
    seeds = Counter(seed for arm, seed in found if arm in wanted)
    if not seeds:
        return None
    seed = min(seeds, key=lambda one: (-seeds[one], one))
    by_place = {(result.arm, result.seed): result for result in results}
    grids = tuple(grid_of(by_place[arm, seed], found[arm, seed]) for arm in wanted if (arm, seed) in found)
    missing = [arm for arm in wanted if (arm, seed) not in found]
    notes = [f"no grid of seed {seed}: {listed(missing)}"] if missing else []
    if len(arms) > len(wanted):
        notes.append(f"{len(wanted)} of {len(arms)} arms; the others' grids lie in their trials' folders")
    other = other_latents({arm: configs[arm] for arm in wanted})
    if other:
        notes.append(f"another kind of latents, so not the same z: {listed(other)}")
    return Grids(seed, grids, tuple(notes))


def grid_of(result: Result, path: Path) -> Grid:
    """The facts about a grid; its file is named after the number of images seen."""
    score = result.score(METRIC, "last")
    return Grid(
        result.arm, result.seed, path, int(path.stem) / 1000, score.value if score is not None else None, result.status
    )


def last_grid(result: Result) -> Path | None:
    """The newest grid in a run's folder; None without one, or where the run is elsewhere."""
    if not result.directory:
        return None
    directory = Path(result.directory)
    grids = [path for path in (directory / FOLDER).glob("*.png") if NUMBER.fullmatch(path.stem)]
    there = (path for path in sorted(grids, key=lambda path: int(path.stem), reverse=True))
    return next((path for path in there if file_inside(directory, path.relative_to(directory))), None)


def other_latents(configs: Mapping[str, Mapping[str, object]]) -> list[str]:
    """The arms whose latents differ from those of the first."""
    kinds = {arm: [config.get(key) for key in OF_LATENTS] for arm, config in configs.items()}
    first = next(iter(kinds.values()), None)
    return [arm for arm, kind in kinds.items() if kind != first]
