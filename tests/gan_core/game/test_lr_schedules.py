"""Learning-rate schedules: closed forms, the rates that the optimizers really have, ticks, the end of the budget."""

import math
from pathlib import Path

import pytest

from gan_core.config import resolve
from gan_core.datasets.batches import ImageArray
from gan_core.events import Started, Ticked
from gan_core.game.lr_schedules import SCHEDULES
from gan_core.train import train
from gan_core.training.timetable import total_steps
from tests.gan_core.trainer import TINY, same, steps, tiny_state, weights

CLOSED_FORMS = {
    "constant": [1, 1, 1, 1],
    "linear": [1, 0.75, 0.5, 0.25],
    "late_linear": [1, 1, 1, 0.5],
    "cosine": [1, (1 + math.sqrt(0.5)) / 2, 0.5, (1 - math.sqrt(0.5)) / 2],
    "exponential": [1, 1 / math.sqrt(10), 0.1, 0.1 / math.sqrt(10)],
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_the_optimizers_have_the_rates_of_the_closed_form(name: str, images: ImageArray) -> None:
    state = tiny_state(images, lr_decay=name, lr_g=1e-4, lr_d=4e-4, batch_size=250)  # four steps
    assert total_steps(state.config) == 4
    for factor in CLOSED_FORMS[name]:
        steps(state, 1)
        assert state.opt_g.param_groups[0]["lr"] == pytest.approx(1e-4 * factor)
        assert state.opt_d.param_groups[0]["lr"] == pytest.approx(4e-4 * factor)
        assert state.rates.now() == {"lr_g": pytest.approx(1e-4 * factor), "lr_d": pytest.approx(4e-4 * factor)}
    steps(state, 1)  # a measurement may go on beyond the budget
    assert state.opt_g.param_groups[0]["lr"] == pytest.approx(1e-4 * CLOSED_FORMS[name][-1])
    assert SCHEDULES[name].paper
    assert SCHEDULES[name].summary


def test_a_falling_rate_changes_the_run_and_the_first_step_is_the_same(images: ImageArray) -> None:
    falling, constant = (tiny_state(images, lr_decay=name) for name in ("linear", "constant"))
    assert same(weights(steps(falling, 1).G), weights(steps(constant, 1).G))
    assert not same(weights(steps(falling, 3).G), weights(steps(constant, 3).G))


def test_ticks_tell_the_rates_and_the_start_tells_the_scaling(tmp_path: Path, home: Path) -> None:
    small = {"data": "shapes", "progress_evaluations": 1, "progress_samples": 20, "full_samples": 20}
    config = resolve({**TINY, **small, "budget_kimg": 0.08, "lr_decay": "linear", "data_scaling": "standardised"})
    events = list(train(config, tmp_path, home))
    rates = [event.means["lr_d"] for event in events if isinstance(event, Ticked)]
    assert rates == pytest.approx([2e-4 * (1 - i / 10) for i in range(10)])
    start = events[0]
    assert isinstance(start, Started)
    low, high = start.data_scaling["range"]
    assert high - low == pytest.approx(1 / start.data_scaling["std"][0])
    assert low == pytest.approx(-start.data_scaling["mean"][0] / start.data_scaling["std"][0])
