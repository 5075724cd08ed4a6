"""Verdicts on made-up series and on small real runs that were built to fail."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from gan_core.config import resolve
from gan_core.dynamics import CRITICS
from gan_core.evaluation.names import named
from gan_core.events import AnyEvent, Evaluated, Finished, Score, Started, Ticked
from gan_core.game.losses import LOSSES
from gan_core.train import train
from gan_core.verdict import reversals, verdict_of

Series = Callable[[float], float]  # of the run's progress, 0 to 1
TICKS, SCORES = 40, 10


def usual(_: float) -> float:
    return 0.7


def constant(value: float) -> Series:
    return lambda _: value


def run(
    fid: Series,
    spread: Series | None = usual,
    dimensions: float = 1.0,
    status: Any = "finished",
    more: Callable[[float], dict[str, float]] = lambda _: {"classes": 5.0},
    **means: Any,
) -> list[AnyEvent]:
    """Events of a run whose reals have variance 5; a healthy game unless `means` say otherwise."""
    game: dict[str, Series] = {
        "loss_d": constant(1.1),
        "loss_g": constant(1.2),
        "d_real": constant(0.65),
        "d_fake": constant(0.35),
        "d_accuracy": constant(0.75),
        "grad_norm_g": constant(2.0),
        **means,
    }
    events: list[AnyEvent] = []

    def common(at: float) -> dict[str, Any]:
        return {"seq": len(events), "time": 0.0, "step": int(at * 1000), "images": int(at * 1000), "wall_s": at}

    for i in range(1, TICKS + 1):
        at = i / TICKS
        events.append(
            Ticked(**common(at), means={n: f(at) for n, f in game.items()}, dose={}, images_per_s=1.0, gradients={})
        )
        if i % (TICKS // SCORES) == 0:
            score = Score(metric="fid", name="fid1k_x", value=fid(at), stamp="s", protocol={})
            diversity = {"dimensions": dimensions, "real_variance": 5.0, **more(at)}
            events.append(
                Evaluated(
                    **common(at),
                    of="progress",
                    generator_images=0,
                    generator_wall_s=0.0,
                    scores=(score,),
                    seconds=0.0,
                    diversity={"spread": spread(at), **diversity} if spread else {},
                )
            )
    events.append(Finished(**common(1), status=status, reason="not finite: loss_d" if status == "diverged" else ""))
    return events


def learning(at: float) -> float:
    return 20 * math.exp(-3 * at) + 2


WON: dict[str, Series] = {
    "d_accuracy": constant(1.0),
    "loss_d": lambda at: math.exp(-20 * at),
    "loss_g": lambda at: 1 + 9 * at,
}


def shares(first: float) -> dict[str, float]:
    """Two classes in place of ten."""
    return named([first, 1 - first])


LOST: dict[str, Series] = {"d_accuracy": constant(0.5), "d_real": constant(0.5), "d_fake": constant(0.5)}
CASES: list[tuple[str, list[AnyEvent]]] = [
    ("healthy", run(learning)),
    ("healthy", run(learning, spread=None)),  # an older journal
    ("healthy", run(constant(4.0))),  # good from the first score on, and no better later
    ("healthy", run(learning, **LOST)),  # the equilibrium: D guesses because the images are good
    ("healthy", run(learning, **WON)),  # D is sure of itself, and G learns all the same
    ("healthy", run(lambda at: 60.0 if at < 0.6 else 3.0)),  # a bad start is forgiven
    ("healthy", run(lambda at: 30.0 if 0.65 < at < 0.75 else learning(at))),  # and one accident
    ("diverged", run(learning, status="diverged")),
    ("diverged", run(learning, loss_d=constant(-1e7))),
    ("mode collapse", run(learning, spread=lambda at: 0.7 if at < 0.5 else 0.1)),
    ("mode collapse", run(learning, dimensions=0.15)),  # two images, far apart
    ("mode collapse", run(constant(30.0), spread=constant(0.001), **WON)),  # one image, and D knows it
    ("mode collapse", run(learning, more=lambda _: {"nearest": 0.05})),  # some images again and again, far apart
    ("healthy", run(learning, more=lambda _: {"nearest": 0.25})),
    ("can't tell", run(learning, spread=constant(0.2), more=lambda _: {"nearest": 0.06})),  # alike, and no two the same
    ("mode collapse", run(learning, more=lambda at: {"classes": 4.0 if at < 0.5 else 1.2})),
    ("healthy", run(learning, more=lambda at: {"classes": 1.2})),  # a classifier that knows no more of these data
    ("vanishing gradients", run(constant(25.0), **WON)),
    ("vanishing gradients", run(constant(25.0), None, **WON)),
    (
        "vanishing gradients",
        run(constant(25.0), **{**WON, "loss_g": constant(0.0)}, grad_norm_g=lambda at: 2 * 0.01**at),
    ),
    ("D overpowered", run(lambda at: 20 + 20 * at, spread=constant(0.1), **LOST)),
    ("D overpowered", run(lambda at: 20 + 20 * at, None, **LOST)),
    ("oscillating", run(learning, d_real=lambda at: 0.6 + 0.3 * math.sin(60 * at))),
    ("oscillating", run(lambda at: 3.0 if round(at * SCORES) % 2 else 12.0)),
    ("healthy", run(lambda at: 3.0 if round(at * SCORES) % 2 else 5.0)),
    ("oscillating", run(learning, more=lambda at: shares(0.9 if round(at * SCORES) % 2 else 0.2))),
    ("healthy", run(learning, more=lambda at: shares(0.7 if round(at * SCORES) % 2 else 0.2))),
    ("healthy", run(learning, more=lambda at: shares(0.9 if at < 0.55 else 0.1))),  # moved once
    ("D overpowered", run(constant(7.0), constant(0.2), **LOST)),  # all alike, and further than the mean image
    ("can't tell", run(constant(6.0), constant(0.2), **LOST)),
    ("healthy", run(constant(7.0), **LOST)),  # various: the classifier may not know these data
    ("can't tell", run(learning)[:10]),
    ("can't tell", run(learning, spread=constant(0.2))),  # a young G
    ("can't tell", []),
    ("can't tell", run(constant(40.0))),
]


def critic_run(fid: Series, loss: str = "wasserstein", **means: Series) -> list[AnyEvent]:
    """Events of a run whose D is a critic: its loss is negative, and it has no accuracy."""
    events = run(fid, **{"loss_d": lambda at: -30 * at, "loss_g": lambda at: 20 * at, "d_auc": constant(0.9), **means})
    for i, event in enumerate(events):
        if isinstance(event, Ticked):
            own = {name: value for name, value in event.means.items() if name != "d_accuracy"}
            events[i] = event.model_copy(update={"means": own})
    start = Started(
        seq=0,
        time=0.0,
        step=0,
        images=0,
        wall_s=0.0,
        fingerprint="f",
        config={"loss": loss},
        device="cpu",
        threads=1,
        data_digest="d",
        parameters={},
        data_scaling={},
        versions={},
    )
    return [start, *events]


@pytest.mark.parametrize("loss", CRITICS)
def test_critics_are_judged_by_what_their_outputs_mean(loss: str) -> None:
    """A D that ranks all pairs rightly is not overpowered; a gradient that rises does not vanish; -30 is no victory."""
    slow_g = critic_run(constant(40.0), loss, d_auc=constant(1.0), grad_norm_g=lambda at: 0.24 + 70 * at)
    assert verdict_of(slow_g).kind == "can't tell"
    assert "ranks a real image above a fake one in 100 %" in str(verdict_of(slow_g))
    faded = critic_run(constant(40.0), loss, d_auc=constant(1.0), grad_norm_g=lambda at: math.exp(-10 * at))
    assert verdict_of(faded).kind == "vanishing gradients"
    assert verdict_of(critic_run(constant(40.0), loss, d_auc=constant(0.5))).kind == "D overpowered"
    assert verdict_of(critic_run(learning, loss)).kind == "healthy"
    swinging = critic_run(learning, loss, d_auc=lambda at: 0.75 + 0.24 * math.sin(60 * at))
    assert verdict_of(swinging).kind == "oscillating"


def test_a_critic_of_an_older_journal_is_judged_by_the_rest_and_not_by_an_accuracy_that_it_has_not() -> None:
    def of_older_version(events: Sequence[AnyEvent]) -> list[AnyEvent]:
        return [
            e.model_copy(update={"means": {**{n: v for n, v in e.means.items() if n != "d_auc"}, "d_accuracy": 0.5}})
            if isinstance(e, Ticked)
            else e
            for e in events
        ]

    verdict = verdict_of(of_older_version(critic_run(constant(40.0))))
    assert verdict.kind == "can't tell"
    assert "far from the reals" in str(verdict)
    assert "nan" not in str(verdict)
    assert verdict_of(of_older_version(critic_run(learning))).kind == "healthy"
    fell = [
        e.model_copy(update={"diversity": {**e.diversity, "spread": 0.7 if e.step < 500 else 0.1}})
        if isinstance(e, Evaluated)
        else e
        for e in critic_run(learning)
    ]
    assert verdict_of(of_older_version(fell)).kind == "mode collapse"


def test_the_critics_are_the_losses_without_a_boundary() -> None:
    assert {name for name, loss in LOSSES.items() if not loss.has_boundary} == set(CRITICS)


@pytest.mark.parametrize(("kind", "events"), CASES)
def test_made_up_runs(kind: str, events: Sequence[AnyEvent]) -> None:
    verdict = verdict_of(events)
    assert verdict.kind == kind, verdict
    assert all(verdict.evidence)


@pytest.mark.parametrize(
    ("values", "count"),
    [([], 0), ([1.0], 0), ([0, 1, 2, 3], 1), ([0, 1, 0, 1, 0], 4), ([0, 0.4, 0.1, 0.9, 0.2], 2), ([3, 0, 0.9, 0], 1)],
)
def test_turns_counts_moves_between_turning_points(values: list[float], count: int) -> None:
    assert reversals(values, 1.0 if max(values, default=0) >= 1 else 0.5) == count


TINY = {
    "data": "shapes",
    "image_size": 16,
    "width": 8,
    "latent_dim": 16,
    "norm_d": "none",
    "batch_size": 16,
    "budget_kimg": 3.2,
    "progress_evaluations": 6,
    "progress_samples": 50,
    "full_samples": 50,
    "lr_g": 2e-3,
    "lr_d": 2e-3,
}


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("diverged", {"lr_g": 1e30, "lr_d": 1e30}),
        ("vanishing gradients", {"lr_g": 1e-12}),
        ("D overpowered", {"lr_d": 1e-12}),
        ("mode collapse", {}),  # with a G that is blind to z
    ],
)
def test_small_real_runs_that_must_fail(
    kind: str, settings: dict[str, Any], tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.set_num_threads(1)
    if kind == "mode collapse":
        from gan_core.nets.dcgan import Generator

        seeing = Generator.forward
        monkeypatch.setattr(Generator, "forward", lambda self, z: seeing(self, torch.zeros_like(z)))
    verdict = verdict_of(list(train(resolve({**TINY, **settings}), tmp_path, home)))
    assert verdict.kind == kind, verdict


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_small_real_runs_that_learn(seed: int, tmp_path: Path, home: Path) -> None:
    torch.set_num_threads(1)
    learns = {"data": "fashion-mnist", "image_size": 32, "latent_dim": 100, "batch_size": 32, "budget_kimg": 10.0}
    scored = {"progress_evaluations": 10, "progress_samples": 500}
    verdict = verdict_of(list(train(resolve({**TINY, **learns, **scored, "seed": seed}), tmp_path, home)))
    assert verdict.kind == "healthy", verdict
