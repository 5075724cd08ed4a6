"""Studies with made-up journals and their records, as `run` leaves them on disk."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ablations.study_record import ArmRecord, LeftOut, StudyRecord
from ablations.trials import Arm
from gan_core.config import resolve
from tests.ablations.journals import FACTORS, SETTINGS, write_trial

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
    words = {"question": "Do tricks <help> & how much?", "papers": (), "left_out": (), **record}
    study = StudyRecord(
        name=root.name,
        design=design,
        seeds=tuple(range(max(len(own) for own in fids.values()))),
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
