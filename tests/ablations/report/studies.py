"""Studies with made-up journals and their records, as `run` leaves them on disk."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ablations.statistics import Looks
from ablations.study.arm import Arm, LeftOut
from ablations.study.designs.search_options import EXPLORED_SEEDS, DimensionWords, Explore, SearchRecord
from ablations.study.record import ArmRecord, StudyRecord
from ablations.workspace.explored import NAME as EXPLORED
from ablations.workspace.explored import Explored, Suggestion
from ablations.workspace.trials import trial_of
from gan_core.config import resolve
from tests.ablations.journals import FACTORS, SETTINGS, story, write, write_trial

Fids = Mapping[str, Sequence[float | None]]  # by arm, seed by seed; None: diverged


def arm_of(name: str, on: Sequence[str] = (), **role: Any) -> Arm:
    """An arm of the two factors `dropout` and `ttur`."""
    settings: dict[str, Any] = dict(SETTINGS)
    for factor in on:
        settings |= FACTORS[factor]
    return Arm(name, {factor: factor in on for factor in FACTORS}, settings, resolve(settings), **role)


def write_study(root: Path, arms: Sequence[Arm], fids: Fids, design: str = "one-in", **record: Any) -> Path:
    """The study's folder `root`, with a finished or diverged run for each FID."""
    root.mkdir(parents=True)
    for arm in arms:
        for seed, fid in enumerate(fids[arm.name]):
            status = "finished" if fid is not None else "diverged"
            write_trial(root, arm, seed, fid if fid is not None else 1.0, status, study=root.name)
    seeds = tuple(range(max(len(own) for own in fids.values())))
    words = {"question": "Do tricks <help> & how much?", "papers": (), "left_out": (), "seeds": seeds, **record}
    study = StudyRecord(
        name=root.name,
        design=design,
        baseline=SETTINGS,
        factors=FACTORS,
        arms=tuple(
            ArmRecord(
                name=arm.name,
                factors=dict(arm.factors),
                fingerprint=arm.config.fingerprint(),
                config=arm.config.plain(),
                previous=arm.previous,
            )
            for arm in arms
        ),
        reference=arms[0].reference,
        **words,
    )
    (root / "study.json").write_text(json.dumps(study.model_dump(mode="json")))
    (root / "study.yaml").write_text("question: <b>quoted</b>\n")
    return root


ONE_IN = (arm_of("baseline"), arm_of("dropout", ["dropout"]), arm_of("ttur", ["ttur"]))
# dropout halves the FID in each seed but for a little noise; ttur diverges once
FIDS: Fids = {"baseline": (10.0, 12.0, 11.0, 13.0), "dropout": (5.0, 6.1, 5.4, 6.6), "ttur": (11.0, None, 10.5, 14.0)}


def one_in(root: Path) -> Path:
    """The study that most tests are about."""
    return write_study(root, ONE_IN, FIDS, left_out=(LeftOut(arm="both", on=("dropout",), reasons=("a rule <x>",)),))


def looked_at(root: Path) -> Path:
    """Three looks: dropout helps at the first, ttur is undecided there and hopeless at the second."""
    fids: Fids = {
        "baseline": (10.0, 12.0, 11.0, 13.0, 10.5),
        "dropout": (5.0, 6.05, 5.45, 6.5),
        "ttur": (8.9, 9.6, 10.45, 13.9, 12.5),
    }
    looks = Looks(counts=(3, 4, 5, 6), shares=(0.2, 0.2, 0.2, 0.4), stop="decided")
    return write_study(root, ONE_IN, fids, planned_looks=looks, seeds=tuple(range(6)))


def ladder(root: Path) -> Path:
    """Two rungs on the baseline, two seeds."""
    arms = [
        arm_of("baseline", design="ladder"),
        arm_of("1+dropout", ["dropout"], previous="baseline", design="ladder"),
        arm_of("2+ttur", ["dropout", "ttur"], previous="1+dropout", design="ladder"),
    ]
    return write_study(root, arms, {"baseline": (10, 12), "1+dropout": (5, 6), "2+ttur": (7, 9)}, "ladder")


def factorial(root: Path, **record: Any) -> Path:
    """Both factors; alone dropout halves and ttur adds a quarter, together they are twice as bad as that."""
    names: Mapping[str, Sequence[str]] = {"baseline": (), "dropout": ("dropout",), "ttur": ("ttur",)}
    arms = [arm_of(name, on, design="factorial") for name, on in {**names, "all": ("dropout", "ttur")}.items()]
    fids: Fids = {"baseline": (10, 20), "dropout": (5, 10), "ttur": (12.5, 25), "all": (12.5, 25)}
    return write_study(root, arms, fids, "factorial", **record)


def search(root: Path) -> Path:
    """Three arms explored, FIDs 6, 7 and 8; the best one and the baseline on two fresh seeds."""
    arms = [
        arm_of("baseline"),
        arm_of("dropout-1", ["dropout"]),
        arm_of("ttur-2", ["ttur"]),
        arm_of("both-3", list(FACTORS)),
    ]
    record = SearchRecord(
        explore=Explore(arms=3), best=1, space={"dropout.p": DimensionWords(low=0.1, high=0.5, step=0.1)}
    )
    write_study(root, arms[:1], {"baseline": (10.0, 12.0)}, "search", search=record)
    runs = [(arm, EXPLORED_SEEDS, fid) for arm, fid in zip(arms[1:], (6.0, 7.0, 8.0), strict=True)]
    for arm, seed, fid in (*runs, (arms[1], 0, 5.0), (arms[1], 1, 6.0)):
        trial = trial_of(root.name, arm, seed, root, stage="explore" if seed == EXPLORED_SEEDS else "confirm")
        trial.write_record()
        write(trial, list(story(trial, fid)))
    tried = [Suggestion(params={"dropout": True}, is_a="trial", arm=arm.name, seed=EXPLORED_SEEDS) for arm in arms[1:]]
    refused = Suggestion(params={"dropout": False}, is_a="forbidden", reason="a rule")
    repeated = Suggestion(params={"dropout": True}, is_a="repeated", arm="dropout-1")
    explored = Explored(suggestions=(*tried, refused, refused, repeated), chosen=("dropout-1",))
    (root / EXPLORED).write_text(explored.model_dump_json())
    return root
