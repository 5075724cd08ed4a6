"""Trials with made-up journals, as a training run would leave them."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import PIL.Image

from ablations.study.arm import Arm
from ablations.study.record import StudyRecord
from ablations.workspace.external_scores import FOLDER, ExternalScore
from ablations.workspace.floors import FILE, FloorsFile
from ablations.workspace.trials import Trial, trial_of
from gan_core import journal
from gan_core.config import resolve
from gan_core.events import AnyEvent, Evaluated, Finished, Sampled, Saved, Score, Started, Ticked
from gan_core.machine import files
from gan_core.scoring.records import Evaluation, Floor, SeedScores

Status = Literal["finished", "diverged", "failed"]
SETTINGS = {"budget_kimg": 1.2, "data": "shapes", "image_size": 16, "width": 8, "batch_size": 10}
FACTORS: dict[str, dict[str, Any]] = {"dropout": {"dropout": 0.3}, "ttur": {"lr_d": 4e-4, "lr_g": 1e-4}}
EPOCH = 1_700_000_000.0  # Unix time of the first event, s


def make_arm(name: str, on: tuple[str, ...] = (), factors: Mapping[str, Mapping[str, Any]] = FACTORS) -> Arm:
    """An arm with these factors on."""
    settings: dict[str, Any] = dict(SETTINGS)
    for factor in on:
        settings |= factors[factor]
    return Arm(name, {factor: factor in on for factor in factors}, settings, resolve(settings))


def make_trial(root: Path, arm: Arm, seed: int, study: str = "tiny") -> Trial:
    """A trial in its directory, with its record and nothing else."""
    trial = trial_of(study, arm, seed, root)
    trial.write_record()
    return trial


def write_trial(root: Path, arm: Arm, seed: int, fid: float, status: Status = "finished", **options: Any) -> Trial:
    """A trial that has ended; `options` are those of `story`."""
    trial = make_trial(root, arm, seed, options.pop("study", "tiny"))
    write(trial, list(story(trial, fid, status, **options)))
    return trial


def write_study_json(root: Path, **asked: Any) -> None:
    """What a study's folder says of the study, as far as a leaderboard asks: `rule` and `claims`."""
    facts: dict[str, Any] = {"papers": (), "design": "one-in", "seeds": (0,), "baseline": {}, "factors": {}, "arms": ()}
    record = StudyRecord(name=root.name, question="q", **(facts | asked))
    (root / "study.json").write_text(record.model_dump_json())


def write_entries(root: Path) -> None:
    """Pictures from elsewhere of FID 15, others of another protocol; floors of 1 and 300."""
    (root / FOLDER).mkdir()
    for name, fid, stamp in (("theirs", 15.0, "12345678"), ("incomparable", 0.5, "87654321")):
        found = Evaluation(
            subject="/pictures",
            kind="images",
            what="a folder of pictures",
            n=10000,
            scored=(SeedScores(seed=0, scores=scores(fid, 10000, stamp)),),
            seconds=1.0,
            time=0.0,
        )
        files.write_text(root / FOLDER / f"{name}.json", ExternalScore(name=name, evaluation=found).model_dump_json())
    floors = [
        Floor(
            kind="real",
            name="real images",
            what="the test images",
            n=1000,
            of={"fid": "12345678"},
            scores=scores(1.0, 1000, "few"),
        ),
        Floor(
            kind="noise",
            name="uniform noise",
            what="noise",
            n=10000,
            of={"fid": "12345678"},
            scores=scores(300.0, 10000, "12345678"),
        ),
    ]
    files.write_text(root / FILE, FloorsFile(protocols=(), floors=tuple(reversed(floors))).model_dump_json())


def write(trial: Trial, events: list[AnyEvent]) -> None:
    """Append to the journal; draw the grids."""
    for event in events:
        if isinstance(event, Sampled):
            path = trial.directory / event.path
            path.parent.mkdir(exist_ok=True)
            shade = np.full((20, 30), event.images % 256, dtype=np.uint8)
            PIL.Image.fromarray(shade).save(path)
        journal.append(trial.directory, event)


def story(
    trial: Trial,
    fid: float,
    status: Status = "finished",
    parts: int = 4,
    ticks: int = 3,
    stamp: str = "12345678",
    inert: tuple[str, ...] | None = (),
    ran_on: str = "",
    ended_on: str = "",
) -> Iterator[AnyEvent]:
    """Everything that a run tells: `parts` progress scores, each after `ticks` ticks of 100 images."""
    seq, images = 0, 0

    def common() -> dict[str, Any]:
        nonlocal seq
        seq += 1
        wall_s = images / 100
        return {"seq": seq - 1, "time": EPOCH + seq, "step": images // 10, "images": images, "wall_s": wall_s}

    yield Started(
        **common(),
        fingerprint=trial.config.fingerprint(),
        config=trial.config.plain(),
        device="cpu",
        threads=1,
        data_digest="d",
        parameters={"G": 1, "D": 1},
        versions={"torch": "0"},
        ran_on=ran_on,
    )
    yield Sampled(**common(), path="grids/00000000.png")
    for part in range(1, parts + 1):
        for _ in range(ticks):
            images += 100
            means = {"loss_d": 1 / images, "loss_g": float("nan") if status == "diverged" and part == parts else 2.0}
            yield Ticked(**common(), means=means, dose={"dropout/dropped": 0.3}, images_per_s=100.0)
        if status == "diverged" and part == parts:
            break
        progress = scores(fid + parts - part, 1000, "progress" + stamp)
        yield Evaluated(
            **common(), of="progress", generator_images=images, generator_wall_s=1.0, scores=progress, seconds=0.1
        )
        yield Sampled(**common(), path=f"grids/{images:08d}.png")
        yield Saved(**common(), path="checkpoint.pt")
    if status == "finished":
        last = scores(fid + 1, 10000, stamp)
        best = scores(fid, 10000, stamp)
        where = {"generator_images": images, "generator_wall_s": images / 100}
        yield Evaluated(**common(), of="last", **where, scores=last, seconds=1.0)
        where = {"generator_images": images - 300, "generator_wall_s": (images - 300) / 100}
        yield Evaluated(**common(), of="best", **where, scores=best, seconds=1.0)
    reason = "" if status == "finished" else "because"
    yield Finished(**common(), status=status, reason=reason, inert=inert, ran_on=ended_on or ran_on)


def scores(fid: float, samples: int, stamp: str) -> tuple[Score, Score]:
    """FID, and an Inception score of a tenth of it."""
    name = f"{samples // 1000}k_tiny-1a2b3c4d"
    return (
        Score(metric="fid", name=f"fid{name}", value=fid, stamp=stamp, protocol={"n_fake": samples}),
        Score(metric="is", name=f"is{name}", value=fid / 10, stamp="i" + stamp, protocol={"n_fake": samples}),
    )


ARMS = {"baseline": make_arm("baseline"), **{name: make_arm(name, (name,)) for name in FACTORS}}
