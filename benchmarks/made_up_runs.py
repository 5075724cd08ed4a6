"""Journals as training runs leave them: 85 events, as in the main study, of studies of 200 arms and 10 seeds."""

import math
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ablations.study.record import StudyRecord
from ablations.workspace.cursor import NAME as CURSOR
from ablations.workspace.cursor import Cursor
from ablations.workspace.trial_record import RECORD, TrialRecord
from gan_core import journal
from gan_core.config import Config, resolve
from gan_core.events import AnyEvent, Evaluated, Finished, Sampled, Saved, Score, Started, Ticked

STUDIES, SEEDS = 5, 10


TICKS_A_PART, PARTS = 5, 10
IMAGES_A_TICK = 608


FACTORS = 8


PROTOCOL = {
    "extractor": "fmnistcnn",
    "extractor_digest": "ba693ea7",
    "layer": "last convolution after ReLU, mean over space, 128 channels",
    "resize": "none",
    "scaling": "[0, 255] -> [-1, 1]",
    "dtype": "float32, sums in float64",
    "reference": "fashion-mnist train",
    "reference_digest": "ae2cb0391b2c51b3",
    "reference_transform": "28x28, zero-padded by 2 px on each side to 32x32",
    "n_real": 60000,
    "image_size": 32,
    "g_mode": "running statistics",
    "options": {},
    "versions": {"torch": "2.15.0", "torchmetrics": "1.9.0"},
}


DIVERSITY = {"spread": 0.9, "dimensions": 0.8, "classes": 9.1, "real_variance": 20.0}


def write_runs(folder: Path, runs: int) -> int:
    """Studies with that many runs in all; gives the bytes of their journals."""
    chance = random.Random(0)
    arms = max(1, runs // (STUDIES * SEEDS))
    return sum(write_study(folder / f"study{study}", arms, chance) for study in range(STUDIES))


def write_study(root: Path, arms: int, chance: random.Random) -> int:
    """A study of that many arms, with SEEDS runs each; gives the bytes of their journals."""
    size = 0
    for arm in range(arms):
        factors = {f"f{bit}": bool(arm >> bit & 1) for bit in range(FACTORS)}
        settings = {"budget_kimg": 30.0, "batch_size": 16 + arm}
        for seed in range(SEEDS):
            config = resolve({**settings, "seed": seed})
            size += write_run(root, f"arm{arm:03}" if arm else "baseline", factors, config, chance)
    facts: dict[str, Any] = {"papers": (), "design": "factorial", "seeds": (0,), "baseline": {}}
    record = StudyRecord(name=root.name, question="q", factors={}, arms=(), **facts)
    (root / "study.json").write_text(record.model_dump_json())
    return size


def write_run(root: Path, arm: str, factors: dict[str, bool], config: Config, chance: random.Random) -> int:
    """One run's folder: who it is, its journal, and what of it has been sent."""
    plain, fingerprint = config.plain(), config.fingerprint()
    directory = root / "trials" / f"{arm}-seed{config.seed}-{fingerprint[:8]}"
    directory.mkdir(parents=True)
    record = TrialRecord(
        study=root.name, arm=arm, factors=factors, seed=config.seed, fingerprint=fingerprint, config=plain
    )
    (directory / RECORD).write_text(record.model_dump_json(indent=2))
    text = "".join(event.model_dump_json() + "\n" for event in events_of(config, chance))
    (directory / journal.NAME).write_text(text)
    cursor = Cursor(tracking_uri="sqlite:///mlflow.db", experiment_id="1", run_id=f"{chance.getrandbits(128):032x}")
    (directory / CURSOR).write_text(cursor.model_dump_json(indent=2))
    return len(text)


def events_of(
    config: Config, chance: random.Random, parts: int = PARTS, ticks_a_part: int = TICKS_A_PART
) -> Iterator[AnyEvent]:
    """A run that ends well, or in one of fifty cases diverges in its last part."""
    count, images, diverges = 0, 0, chance.random() < 0.02
    level = 2 * math.exp(chance.gauss(0, 0.3))

    def common() -> dict[str, Any]:
        nonlocal count
        count += 1
        return {"seq": count - 1, "time": 1.8e9 + count, "step": images // 32, "images": images, "wall_s": images / 1e3}

    yield Started(
        **common(),
        fingerprint=config.fingerprint(),
        config=config.plain(),
        device="cpu",
        threads=1,
        data_digest="ae2cb0391b2c51b3",
        parameters={"G": 143841, "D": 42353},
        versions={"python": "3.11.7", "torch": "2.15.0"},
    )
    yield Sampled(**common(), path="grids/0000000000.png")
    for part in range(parts):
        for _ in range(ticks_a_part):
            images += IMAGES_A_TICK
            names = ("loss_d", "d_real", "d_fake", "d_accuracy", "grad_norm_d", "loss_g", "d_fake_after", "grad_norm_g")
            yield Ticked(
                **common(),
                means={name: chance.uniform(0.4, 0.6) for name in names},
                dose={},
                images_per_s=chance.uniform(1000, 1200),
                gradients={f"{net}/layer{n}/mean": chance.random() for net in "GD" for n in range(4)},
            )
        if diverges and part == parts - 1:
            break
        yield evaluated(common(), "progress", images, level * (1 + 5 / (part + 1)), 1000)
        yield Sampled(**common(), path=f"grids/{images:010d}.png")
        yield Saved(**common(), path="checkpoint.pt")
    if not diverges:
        yield evaluated(common(), "last", images, level * 1.1, 10000)
        yield evaluated(common(), "best", images - 3040, level, 10000)
    yield Finished(**common(), status="diverged" if diverges else "finished", inert=(), evaluation_s=images / 2e4)


def evaluated(common: dict[str, Any], of: Any, images: int, fid: float, n: int) -> Evaluated:
    stamps = {"fid": f"65cefb{n % 97:02}", "is": f"456ed8{n % 97:02}"}
    scores = tuple(
        Score(
            metric=metric,
            name=f"{metric}{n // 1000}k_fmnistcnn-ba693ea7",
            value=value,
            stamp=stamps[metric],
            protocol={"metric": metric, "n_fake": n, **PROTOCOL},
        )
        for metric, value in {"fid": fid, "is": 5 / fid}.items()
    )
    return Evaluated(
        **common,
        of=of,
        generator_images=images,
        generator_wall_s=images / 1e3,
        scores=scores,
        seconds=1.0,
        diversity=DIVERSITY,
    )
