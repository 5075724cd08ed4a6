"""A study that trains in seconds: two arms on 16x16 shapes; its trials, and what two runs of one trial share."""

import json
from pathlib import Path
from typing import Any

from ablations.study.study import Study, load_study
from ablations.workspace.trials import Trial, trials_of
from gan_core import journal
from gan_core.workers.job import Job

BASELINE: dict[str, Any] = {
    "data": "shapes",
    "image_size": 16,
    "width": 4,
    "norm_d": "none",
    "batch_size": 10,
    "budget_kimg": 0.3,
    "progress_evaluations": 2,
    "progress_samples": 20,
    "full_samples": 40,
}
TRICKS: dict[str, dict[str, Any]] = {"ttur": {"lr_d": 8e-4}}
# What differs between two runs of one trial
TIMES = {"time", "wall_s", "generator_wall_s", "seconds", "images_per_s", "evaluation_s"}


def write_study(folder: Path, seeds: int = 1, tricks: dict[str, dict[str, Any]] = TRICKS, **baseline: Any) -> Path:
    """`tiny.yaml` in the folder; what is named in `baseline` takes the place of BASELINE's."""
    path = folder / "tiny.yaml"
    content = {
        "question": "Does it work?",
        "design": "one-in",
        "seeds": seeds,
        "baseline": {**BASELINE, **baseline},
        "tricks": tricks,
    }
    path.write_text(json.dumps(content, indent=1))
    return path


def tiny_study(folder: Path, **options: Any) -> Study:
    """The study of `write_study`."""
    return load_study(write_study(folder, **options))


def tiny_trials(folder: Path, **options: Any) -> tuple[Trial, ...]:
    """Its trials, seed by seed, under `folder`/tiny."""
    return trials_of(tiny_study(folder, **options), folder / "tiny")


def job_of(trial: Trial, home: Path) -> Job:
    """The trial as an executor sees it; its folder is made."""
    trial.write_record()
    return Job(trial.name, trial.config.plain(), trial.directory, home)


def story_of(directory: Path) -> list[dict[str, Any]]:
    """A journal without what two runs of one trial do not share: times."""
    return [_timeless(event.model_dump(mode="json")) for event in journal.read(directory)]


def _timeless(event: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in event.items() if key not in TIMES}
