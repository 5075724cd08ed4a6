"""Random kills and signals: in the end every (arm, seed) is there once, with the bits of an undisturbed study."""

import itertools
import json
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import optuna
import pytest
from mlflow import MlflowClient

from ablations.leaderboard.source import from_folders
from ablations.results.results import read_results
from ablations.workspace.looks_taken import read_looks_taken
from tests.ablations.search.searches import TRICKS
from tests.ablations.tiny import BASELINE, story_of
from tests.ablations.tracking.serving import assert_all_there_once
from tests.chaos.fire import AT_ONCE_S, PATIENCE_S, Story

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

ACTS = int(os.environ.get("CHAOS_ACTS", "42"))  # on each study
SEED = int(os.environ.get("CHAOS_SEED", "1"))
LONG = {**BASELINE, "budget_kimg": 3.0, "progress_evaluations": 4}
FEW: dict[str, dict[str, Any]] = {
    "ttur": {"lr_d": 8e-4},
    "ema": {"ema": {"half_life_kimg": 0.2}},
    "noise": {"instance_noise": {"sigma": 0.1}, "dropout": 0.3},
}
STUDIES: dict[str, dict[str, Any]] = {
    "plain": {"design": "one-in", "seeds": 3, "baseline": LONG, "tricks": FEW},
    "looked": {
        "design": "one-in",
        "seeds": {"looks": [3, 4, 5], "stop": "decided"},
        "baseline": LONG,
        "tricks": {"broken": {"lr_g": 1e-9, "lr_d": 0.05}, "ttur": {"lr_d": 8e-4}},
    },
    "hunt": {
        "design": "search",
        "explore": {"arms": 5, "seeds": 2},
        "confirm": {"best": 2, "seeds": 2},
        "baseline": LONG,
        "tricks": TRICKS,
        "space": {"instance_noise.sigma": {"low": 0.01, "high": 0.5, "log": True}},
    },
    "offline": {"design": "one-in", "seeds": 3, "baseline": LONG, "tricks": FEW},
    "inline": {"design": "one-in", "seeds": 2, "baseline": LONG, "tricks": FEW},
}
OPTIONS: dict[str, tuple[str, ...]] = {
    "plain": ("--workers", "3"),
    "looked": ("--workers", "2"),
    "hunt": ("--workers", "1"),
    "offline": ("--workers", "2", "--offline"),
    "inline": ("--executor", "inline"),
}
TIMED = ("images_per_s", "fid_best_seconds")
COUNTED: list[Story] = []


@pytest.fixture(scope="module", autouse=True)
def summary() -> Iterator[None]:
    yield
    acts: Counter[str] = sum((story.acts for story in COUNTED), Counter())
    kinds = ", ".join(f"{name} {count}" for name, count in acts.most_common())
    executions = sum(story.executions for story in COUNTED)
    print(f"\n{acts.total()} acts in {executions} executions of {len(COUNTED)} copies of {len(STUDIES)} studies")
    print(f"{kinds}; seed {SEED}")
    print(f"the slowest end at once: {max(story.slowest_at_once_s for story in COUNTED):.2f} s")


def written(folder: Path, name: str, home: Path, number: int = 0) -> Story:
    folder.mkdir()
    (folder / f"{name}.yaml").write_text(json.dumps({"question": "q", **STUDIES[name]}, indent=1))
    common = ("--runs", ".", "--threads", "1", "--patience", str(PATIENCE_S), "--no-report", "--max-failures", "99")
    return Story(
        folder, home, ("run", f"{name}.yaml", *common, *OPTIONS[name]), random.Random(f"{name} {SEED} {number}")
    )


@pytest.mark.parametrize("name", STUDIES)
def test_under_fire(name: str, tmp_path: Path, home: Path) -> None:
    undisturbed = written(tmp_path / "undisturbed", name, home)
    assert undisturbed.execution() == 0, undisturbed.said[-1]
    done = 0
    for number in itertools.count():
        story = written(tmp_path / f"disturbed-{number}", name, home, number)
        endure(story, ACTS - done, name)
        check(story.folder / name, undisturbed.folder / name, name)
        done += story.acts.total()
        if done >= ACTS:
            return


def endure(story: Story, acts: int, name: str) -> None:
    """Under fire, then left alone until its end; nothing of it is left running, and nobody saw a traceback."""
    COUNTED.append(story)
    try:
        story.under_fire(acts)
        for _ in range(3):  # what was killed three times, or hung twice, has failed in that execution
            if story.execution() == 0:
                break
        if "--offline" in story.words:
            story.words = ("sync", name)
            assert story.execution() == 0, story.said[-1]
        assert "Traceback" not in "".join(story.said), next(text for text in story.said if "Traceback" in text)
        assert story.slowest_at_once_s < AT_ONCE_S
        until = time.monotonic() + 30
        while story.processes() and time.monotonic() < until:
            time.sleep(0.1)
        assert story.processes() == []
    finally:
        print(f"\n{name}: {story.executions} executions, {dict(story.acts)}")
        for process in story.processes():
            process.kill()


def check(root: Path, undisturbed: Path, name: str) -> None:
    """Journals, Optuna and MLflow agree, and nothing differs from the undisturbed study but times."""
    runs = {(r.arm, r.seed, r.stage): r.status for r in read_results(root)}
    folders = {folder.name for folder in (root / "trials").iterdir()}
    assert len(runs) == len(folders)
    assert set(runs.values()) <= {"finished", "diverged"}
    assert folders == {folder.name for folder in (undisturbed / "trials").iterdir()}
    for folder in folders:
        assert story_of(root / "trials" / folder) == story_of(undisturbed / "trials" / folder)
    assert [(r.arm, r.fid, r.verdict) for r in rows(root)] == [(r.arm, r.fid, r.verdict) for r in rows(undisturbed)]
    looks = [[look.model_dump(exclude={"time"}) for look in read_looks_taken(each)] for each in (root, undisturbed)]
    assert looks[0] == looks[1]
    storage = f"sqlite:///{root / 'optuna.db'}"
    told = []
    for study in optuna.get_all_study_names(storage):
        trials = optuna.load_study(study_name=study, storage=storage).get_trials()
        assert {trial.state.name for trial in trials} <= {"COMPLETE", "FAIL"}
        told += [(study, t.user_attrs["arm"], seed_of(t)) for t in trials if ends(t)]
    assert len(told) == len(set(told)) == len(runs)
    uri = f"sqlite:///{root / 'mlflow.db'}"
    print(assert_all_there_once(MlflowClient(uri, registry_uri=uri), name, root, TIMED))


def rows(root: Path) -> Any:
    return from_folders([root]).leaderboard().main_table.rows  # type: ignore[union-attr]


def seed_of(trial: optuna.trial.FrozenTrial) -> int:
    """Of a search's first stage it is an attribute, since no sampler is to choose it."""
    return int(trial.user_attrs.get("seed", trial.params.get("seed", -1)))


def ends(trial: optuna.trial.FrozenTrial) -> bool:
    """Whether this is a result, and not an attempt that failed or was withdrawn."""
    return trial.user_attrs.get("status") in ("finished", "diverged")
