"""A run says which of its tricks never acted."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from gan_core.config import Config, resolve
from gan_core.events import AnyEvent, Finished, Ticked
from gan_core.problems import UserError
from gan_core.train import train
from gan_core.tricks import TRICKS
from gan_core.tricks.doses import Doses
from gan_core.tricks.trick import any_nonzero
from tests.gan_core.trainer import TINY

NEVER: dict[str, dict[str, Any]] = {  # settings with which a trick is on and does nothing
    "minibatch_stddev": {"repeats": 0},
    "label_smoothing": {"real": 1.0},
    "ada": {"target": 1.0},
    "instance_noise": {"sigma": 0.1, "anneal_kimg": 0.001},
}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    former = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(former)


def tiny(**settings: Any) -> Config:
    run = {"data": "shapes", "budget_kimg": 0.08, "progress_evaluations": 1, "progress_samples": 20, "full_samples": 20}
    return resolve({**TINY, **run, **settings})


def end_of(events: list[AnyEvent]) -> Finished:
    assert isinstance(events[-1], Finished)
    return events[-1]


def test_tricks_that_did_nothing_are_named_in_canonical_order(tmp_path: Path, home: Path) -> None:
    end = end_of(list(train(tiny(dropout=0.3, **NEVER), tmp_path, home)))
    assert end.inert == tuple(trick.name for trick in TRICKS.values() if trick.name in NEVER)


def test_a_run_whose_tricks_all_acted_names_none(tmp_path: Path, home: Path) -> None:
    settings = {"dropout": 0.3, "minibatch_stddev": True, "label_smoothing": True, "instance_noise": 0.1}
    assert end_of(list(train(tiny(**settings), tmp_path, home))).inert == ()


def test_to_have_acted_once_is_enough_and_is_remembered_over_a_resumption(tmp_path: Path, home: Path) -> None:
    config = tiny(instance_noise={"sigma": 0.1, "anneal_kimg": 0.02})
    events = train(config, tmp_path, home)
    ticks: list[Ticked] = []
    while not ticks or ticks[-1].dose["instance_noise/sigma"] > 0:
        ticks += [event] if isinstance(event := next(events), Ticked) else []
    assert len(ticks) > 1
    events.close()
    assert end_of(list(train(config, tmp_path, home))).inert == ()


def test_a_run_that_diverged_says_it_too(tmp_path: Path, home: Path) -> None:
    end = end_of(list(train(tiny(lr_d=1e30, lr_g=1e30, minibatch_stddev={"repeats": 0}), tmp_path, home)))
    assert end.status == "diverged"
    assert end.inert == ("minibatch_stddev",)


def test_before_the_first_tick_nothing_is_known() -> None:
    config = resolve({"dropout": 0.3})
    doses = Doses(config, {"dropout": (lambda: {"fraction_dropped": 0.0},)})
    assert doses.inert is None
    assert doses.take() == {"dropout/fraction_dropped": 0.0}
    assert doses.inert == ("dropout",)


@pytest.mark.parametrize(
    ("dose", "acted"),
    [({}, False), ({"x": 0.0}, False), ({"x": float("nan")}, False), ({"x": 0.0, "y": -1.0}, True)],
    ids=str,
)
def test_a_number_other_than_zero_means_acted_unless_the_trick_knows_better(
    dose: dict[str, float], acted: bool
) -> None:
    assert any_nonzero(dose) == acted


def test_a_dose_that_is_no_number_by_name_is_told_in_words() -> None:
    measures: Any = {"dropout": (lambda: 0.3,)}
    with pytest.raises(UserError, match=r"the dose of the trick 'dropout' gives float; allowed: {name: how much"):
        Doses(resolve({"dropout": 0.3}), measures).take()
