"""ADA: its transforms, and its controller on signals made up for it."""

import math

import pytest
import torch
from torch import Tensor, nn

from gan_core.config import broken_rules, resolve
from gan_core.datasets.batches import ImageArray
from gan_core.game.player import Clock
from gan_core.problems import UserError
from gan_core.tricks.ada import Controller, Options
from gan_core.tricks.ada_transforms import TRANSFORMS
from gan_core.tricks.seats import Context, Pass
from tests.gan_core.trainer import TINY, steps, tiny_state

NOTHING = nn.Identity()


class Game:
    """A controller without a GAN: D's logits on reals are whatever a test says."""

    def __init__(self, batch_size: int = 64, **options: float) -> None:
        self.clock = Clock()
        context = Context(resolve({}), self.clock, torch.Generator(), torch.device("cpu"), (1, 4, 4))
        self.controller = Controller(Options(**options), context)
        self.batch_size = batch_size

    def step(self, logits: Tensor) -> float:
        x = torch.zeros(len(logits), 1, 4, 4)
        self.controller.observe(Pass(NOTHING, x, x, logits, logits))
        self.controller.adjust(NOTHING, NOTHING)
        self.clock.step += 1
        return float(self.controller.p)

    def overfitting(self, r: float) -> Tensor:
        """Logits whose signs have this mean."""
        positive = round((1 + r) / 2 * self.batch_size)
        return torch.cat([torch.full((positive,), 2.5), torch.full((self.batch_size - positive,), -0.1)])


def test_p_moves_every_fourth_step_by_the_images_seen_since() -> None:
    game = Game(rise_kimg=10.0)
    path = [game.step(game.overfitting(1.0)) for _ in range(9)]
    move = 4 * 64 / 10_000
    assert path == pytest.approx([0, 0, 0, move, move, move, move, 2 * move, 2 * move])
    assert game.controller.dose() == {"p": pytest.approx(2 * move), "r_t": 1.0}


def test_p_rises_from_0_to_1_in_the_asked_number_of_images_and_stays_there() -> None:
    game = Game(rise_kimg=6.4, interval_steps=1)
    path = [game.step(game.overfitting(1.0)) for _ in range(120)]
    assert path[98] == pytest.approx(0.99, abs=1e-3)
    assert path[100:] == [1.0] * 20
    assert game.step(game.overfitting(0.0)) == pytest.approx(0.99)  # and comes down at once


def test_p_never_leaves_zero_without_overfitting() -> None:
    game = Game(interval_steps=1)
    assert [game.step(game.overfitting(0.5)) for _ in range(20)] == [0.0] * 20


def test_r_is_the_mean_sign_over_the_whole_interval() -> None:
    game = Game(interval_steps=2)
    game.step(game.overfitting(1.0))
    assert "r_t" not in game.controller.dose()  # not measured yet
    game.step(game.overfitting(0.5))
    assert game.controller.dose()["r_t"] == pytest.approx(0.75)


@pytest.mark.parametrize("target", [0.2, 0.6])
def test_overfitting_that_augmentation_lowers_settles_at_the_target(target: float) -> None:
    """A D whose r_t falls as p rises, r = 0.95 - p: p must find 0.95 - target and stay there."""
    game = Game(target=target, rise_kimg=20.0, batch_size=200)
    p, ps, rs = 0.0, [], []
    for _ in range(800):
        p = game.step(game.overfitting(0.95 - p))
        ps.append(p)
        rs.append(game.controller.dose().get("r_t", math.nan))
    assert sum(ps[-100:]) / 100 == pytest.approx(0.95 - target, abs=0.03)
    assert sum(rs[-100:]) / 100 == pytest.approx(target, abs=0.03)
    assert max(ps[-100:]) - min(ps[-100:]) <= 3 * 4 * 200 / 20_000  # it swings by a move or two


def test_the_controllers_state_goes_on_where_it_was() -> None:
    whole, first, second = (Game(rise_kimg=5.0, interval_steps=3) for _ in range(3))
    signal = [whole.overfitting(r) for r in (1, 0.2, 0.9, 1, 1, 0.7, 1)]
    path = [whole.step(logits) for logits in signal]
    half = [first.step(logits) for logits in signal[:4]]
    second.controller.load_state_dict(first.controller.state_dict())
    second.clock.step = 4
    assert half + [second.step(logits) for logits in signal[4:]] == path
    assert second.controller.dose() == whole.controller.dose()


@pytest.mark.parametrize("name", list(TRANSFORMS))
@pytest.mark.parametrize("channels", [1, 3])
def test_a_transform_applies_where_it_is_on_and_only_there(name: str, channels: int) -> None:
    x = torch.rand(400, channels, 16, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1
    on = torch.arange(400) % 2 == 0
    y = TRANSFORMS[name](x, on, torch.Generator().manual_seed(1))
    assert torch.equal(y[~on], x[~on])
    changed = (y != x).flatten(1).any(dim=1)[on].float().mean()
    expected = {"flip": 0.5, "rotation": 0.75, "translation": 24 / 25, "saturation": float(channels > 1)}
    assert float(changed) == pytest.approx(expected.get(name, 1.0), abs=0.08)


def test_the_ranges_are_the_papers() -> None:
    ones, on, stream = torch.ones(4000, 1, 2, 2), torch.ones(4000, dtype=torch.bool), torch.Generator().manual_seed(0)
    shift = (TRANSFORMS["brightness"](ones, on, stream) - ones)[:, 0, 0, 0]
    assert (float(shift.mean()), float(shift.std())) == pytest.approx((0, 0.2), abs=0.01)
    octaves = TRANSFORMS["contrast"](ones, on, stream)[:, 0, 0, 0].log2()
    assert (float(octaves.mean()), float(octaves.std())) == pytest.approx((0, 0.5), abs=0.03)
    red = torch.tensor([1.0, -0.5, -0.5])[:, None, None].expand(4000, 3, 2, 2)  # its grey is 0
    octaves = TRANSFORMS["saturation"](red, on, stream)[:, 0, 0, 0].log2()
    assert (float(octaves.mean()), float(octaves.std())) == pytest.approx((0, 1), abs=0.05)
    dot = torch.zeros(4000, 1, 17, 25)
    dot[:, :, 8, 12] = 1
    _, _, rows, columns = TRANSFORMS["translation"](dot, on, stream).nonzero().T
    assert (int(rows.min()), int(rows.max()), int(columns.min()), int(columns.max())) == (6, 10, 9, 15)


@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_p_is_the_share_of_images_that_are_transformed(images: ImageArray, p: float) -> None:
    (look,) = tiny_state(images, ada={"initial_p": p, "policy": "brightness"}).parts.view
    x = torch.zeros(4000, 1, 4, 4)
    assert float((look(x)[:, 0, 0, 0] != 0).float().mean()) == pytest.approx(p, abs=0.03)


def test_while_p_is_0_the_run_is_the_plain_one(images: ImageArray) -> None:
    plain = steps(tiny_state(images), 5)
    idle = steps(tiny_state(images, ada={"target": 1.0}), 5)
    assert all(torch.equal(a, b) for a, b in zip(plain.G.parameters(), idle.G.parameters(), strict=True))


def test_in_a_run_r_is_what_d_says_of_the_reals_that_it_saw(images: ImageArray) -> None:
    state = tiny_state(images, ada={"interval_steps": 2}, lr_d=0.01)
    seen: list[Tensor] = []
    state.D.register_forward_hook(lambda module, inputs, output: seen.append(output.detach()))
    steps(state, 4)
    reals = torch.cat([seen[6], seen[9]])  # of the last two steps: real, fake, G's fake each
    (dose,) = state.doses["ada"]
    assert dose()["r_t"] == pytest.approx(float(reals.sign().mean()))


def test_with_several_updates_of_d_a_step_all_their_reals_count(images: ImageArray) -> None:
    """Intervals are steps; p moves by all images that D saw in them, and r_t is over all of these."""
    state = tiny_state(images, ada={"interval_steps": 2, "rise_kimg": 1.0, "target": -1.0}, d_steps=3, lr_d=0.01)
    seen: list[Tensor] = []
    state.D.register_forward_hook(lambda module, inputs, output: seen.append(output.detach()))
    (dose,) = state.doses["ada"]
    ps = [dose()["p"] for _ in range(4) if steps(state, 1)]
    reals = torch.cat([seen[turn] for turn in (14, 16, 18, 21, 23, 25)])  # 7 passes a step: three pairs, then G's fake
    assert dose()["r_t"] == pytest.approx(float(reals.sign().mean()))
    move = 2 * 3 * 8 / 1000  # two steps of three batches of 8
    assert ps == pytest.approx([0, move, move, 2 * move])


def test_under_least_squares_the_sign_is_that_of_the_output_above_a_half() -> None:
    context = Context(resolve({"loss": "least_squares"}), Clock(), torch.Generator(), torch.device("cpu"), (1, 4, 4))
    controller = Controller(Options(interval_steps=1), context)
    x, outputs = torch.zeros(4, 1, 4, 4), torch.tensor([0.6, 0.9, 0.4, 1.2])  # one of four is taken for fake
    controller.observe(Pass(NOTHING, x, x, outputs, outputs))
    controller.adjust(NOTHING, NOTHING)
    assert controller.dose()["r_t"] == 0.5


def test_no_step_waits_for_p(images: ImageArray) -> None:
    """Nothing reads a tensor's value on the way: on a meta device that would raise."""
    context = Context(resolve(TINY), Clock(), torch.Generator(), torch.device("meta"), (1, 16, 16))
    controller = Controller(Options(interval_steps=1), context)
    x = torch.zeros(8, 1, 16, 16, device="meta")
    controller.observe(Pass(NOTHING, x, x, x[:, 0, 0, 0], x[:, 0, 0, 0]))
    controller.adjust(NOTHING, NOTHING)
    assert controller.p.device.type == "meta"


def test_losses_without_a_sign_are_refused_and_short_budgets_warned_about() -> None:
    for loss in ("hinge", "least_squares"):
        resolve({"ada": True, "loss": loss})
    for loss in ("wasserstein", "relativistic"):
        with pytest.raises(UserError, match="above some output: not wasserstein, relativistic"):
            resolve({"ada": True, "loss": loss, "norm_d": "none"})
    assert any("rises too slowly" in str(p) for p in broken_rules(resolve({"ada": True}), "warning"))
    assert not broken_rules(resolve({"ada": {"rise_kimg": 20.0}}), "warning")
    assert len(broken_rules(resolve({"ada": {"rise_kimg": 20.0}, "diffaugment": True}), "warning")) == 1
    with pytest.raises(UserError, match="no transform is called 'rotate'"):
        resolve({"ada": {"policy": "rotate"}})


@pytest.mark.parametrize("loss", ["relativistic", "wasserstein", "non_saturating"])
def test_a_p_that_is_given_needs_no_feedback_and_is_the_share_that_is_transformed(
    loss: str, images: ImageArray
) -> None:
    """The dose after a step is the p of the next one; R3GAN's augmentation begins as none at all."""
    state = tiny_state(images, loss=loss, ada={"p": "0:0.5", "policy": "brightness"}, norm_d="none", batch_size=250)
    (look,), (dose,) = state.parts.view, state.parts.dose
    assert not state.parts.observers
    assert not state.parts.after
    x = torch.rand(4000, 1, 16, 16)
    assert torch.equal(look(x), x)
    steps(state, 2)
    assert dose() == {"p": 0.25}
    changed = (look(x) != x).flatten(1).any(dim=1).float().mean()
    assert float(changed) == pytest.approx(0.25, abs=0.03)


def test_a_given_p_leaves_no_option_idle() -> None:
    with pytest.raises(UserError, match="p is given, so there is no feedback for rise_kimg, target"):
        resolve({"ada": {"p": 0.3, "target": 0.5, "rise_kimg": 100}})
    assert "p" not in resolve({"ada": True}).plain()["ada"]
    assert not [
        p for p in broken_rules(resolve({"ada": {"p": 0.3}, "data": "shapes"}), "warning") if "budget" in p.message
    ]
