"""Several updates a step: against a loop by hand, what each draws, what is counted."""

from collections import defaultdict
from copy import deepcopy
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from gan_core import streams
from gan_core.config import resolve
from gan_core.datasets.batches import BatchStream, ImageArray
from gan_core.game.updates import updates
from gan_core.problems import UserError
from gan_core.training.build import State
from gan_core.training.timetable import moments, total_steps
from gan_core.tricks.seats import Parts
from tests.gan_core.trainer import same, steps, tiny_state, weights

CRITIC = {"d_steps": 3, "g_steps": 2, "loss": "wasserstein", "optimizer_d": "sgd", "optimizer_g": "rmsprop"}


@pytest.mark.parametrize("reused", [False, True])
def test_critic_steps_follow_a_loop_written_by_hand(reused: bool, images: ImageArray) -> None:
    """Algorithm 1 of Arjovsky et al. 2017 with clipping after each update of D; or as written: one batch, one z."""
    state = tiny_state(images, **CRITIC, reuse_batch_and_latents=reused)
    state.parts = Parts(after_d=(lambda D: [p.data.clamp_(-0.02, 0.02) for p in D.parameters()],))
    G, D = deepcopy(state.G), deepcopy(state.D)
    opt_d = torch.optim.SGD(D.parameters(), lr=2e-4)
    opt_g = torch.optim.RMSprop(G.parameters(), lr=2e-4, alpha=0.99)
    batches, latent = BatchStream(images, 0, torch.device("cpu")), streams.generator(0, "latent")

    def draw_z() -> Tensor:
        return torch.randn(8, 8, generator=latent)

    for _ in range(3):
        if reused:
            x, z = batches.next(8), draw_z()
        for _ in range(3):
            x, z = (x, z) if reused else (batches.next(8), draw_z())
            with torch.no_grad():
                fake = G(z)
            D.zero_grad()
            (-(D(x).mean() - D(fake).mean())).backward()
            opt_d.step()
            with torch.no_grad():
                for p in D.parameters():
                    p.clamp_(-0.02, 0.02)
        for _ in range(2):
            z = z if reused else draw_z()
            G.zero_grad()
            (-D(G(z)).mean()).backward()
            opt_g.step()
    steps(state, 3)
    for ours, by_hand in zip(weights(state.G, state.D), weights(G, D), strict=True):
        torch.testing.assert_close(ours, by_hand, rtol=0, atol=1e-6)


@pytest.mark.parametrize("new", [False, True])
def test_a_step_of_r3gan_follows_a_loop_written_by_hand(new: bool, images: ImageArray) -> None:
    """Huang et al. 2024, code: pairs, R1 and R2 with half of gamma at the images before a view, Adam with beta1 = 0,
    G on reals of its own.
    """
    penalty = {"gamma": {"from": 3.0, "to": 1.0, "over": 0.016}, "before_augmentation": True}
    settings = {"r1": penalty, "r2": penalty, "beta1": 0, "beta2": 0.9, "norm_g": "none", "norm_d": "none"}
    state = tiny_state(images, loss="relativistic", new_reals_for_g=new, **settings)
    state.parts = replace(state.parts, view=(lambda x: 0.5 * x.flip(2),))
    G, D = deepcopy(state.G), deepcopy(state.D)
    opt_g, opt_d = (torch.optim.Adam(net.parameters(), 2e-4, (0.0, 0.9)) for net in (G, D))
    batches, latent = BatchStream(images, 0, torch.device("cpu")), streams.generator(0, "latent")
    for gamma in (3.0, 2.0, 1.0):
        x = batches.next(8).requires_grad_(True)
        fake = G(torch.randn(8, 8, generator=latent)).detach().requires_grad_(True)
        on_real, on_fake = D(0.5 * x.flip(2)), D(0.5 * fake.flip(2))
        slopes = (torch.autograd.grad(on.sum(), at, create_graph=True)[0] for on, at in ((on_real, x), (on_fake, fake)))
        penalties = sum(slope.square().sum(dim=(1, 2, 3)).mean() for slope in slopes)
        opt_d.zero_grad()
        ((1 + (on_fake - on_real).exp()).log().mean() + gamma / 2 * penalties).backward()
        opt_d.step()
        x = batches.next(8) if new else x.detach()
        fake = G(torch.randn(8, 8, generator=latent))
        opt_g.zero_grad()
        (1 + (D(0.5 * x.flip(2)) - D(0.5 * fake.flip(2))).exp()).log().mean().backward()
        opt_g.step()
    steps(state, 3)
    for ours, by_hand in zip(weights(state.G, state.D), weights(G, D), strict=True):
        torch.testing.assert_close(ours, by_hand, rtol=0, atol=1e-5)
    assert state.clock.images == 3 * 8  # reals of G's own are not counted


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"loss": "hinge"}, "no effect with loss: hinge.*relativistic"),
        ({"loss": "relativistic", "reuse_batch_and_latents": True}, "share one batch"),
    ],
)
def test_new_reals_that_nobody_looks_at_are_refused(settings: dict[str, object], words: str) -> None:
    with pytest.raises(UserError, match=f"^new_reals_for_g: .*{words}"):
        resolve({"new_reals_for_g": True, **settings})


def test_relativistic_g_compares_with_the_batch_that_d_learnt_from_last(images: ImageArray) -> None:
    plain_sgd = {"optimizer_g": "sgd", "optimizer_d": "sgd", "lr_g": 0.03, "lr_d": 0.03}  # nothing that normalises
    state = tiny_state(images, loss="relativistic", d_steps=2, norm_d="none", norm_g="none", **plain_sgd)
    with torch.no_grad():
        for parameter in (*state.D.parameters(), *state.G.parameters()):
            parameter.mul_(15)  # logits that are far from 0, and from each other
    G, D = deepcopy(state.G), deepcopy(state.D)
    opt_g, opt_d = (torch.optim.SGD(net.parameters(), lr=0.03) for net in (G, D))
    batches, latent = BatchStream(images, 0, torch.device("cpu")), streams.generator(0, "latent")
    log_sigmoid = nn.functional.logsigmoid
    for _ in range(3):
        for _ in range(2):
            x = batches.next(8)
            fake = G(torch.randn(8, 8, generator=latent)).detach()
            opt_d.zero_grad()
            (-log_sigmoid(D(x) - D(fake)).mean()).backward()
            opt_d.step()
        opt_g.zero_grad()
        (-log_sigmoid(D(G(torch.randn(8, 8, generator=latent))) - D(x)).mean()).backward()
        opt_g.step()
    steps(state, 3)
    for ours, by_hand in zip(weights(state.G, state.D), weights(G, D), strict=True):
        torch.testing.assert_close(ours, by_hand, rtol=0, atol=1e-6)


def drawn(d_steps: int, g_steps: int, reused: bool) -> list[tuple[str, int, int]]:
    """(player, number of its batch, number of its z) of one step's turns."""
    config = resolve({"d_steps": d_steps, "g_steps": g_steps, "reuse_batch_and_latents": reused})
    counts: dict[str, int] = defaultdict(int)

    def numbered(kind: str) -> Tensor:
        counts[kind] += 1
        return torch.tensor(counts[kind])

    made = list(updates(config, lambda count: (numbered("x"), torch.tensor(counts["x"])), lambda count: numbered("z")))
    assert all(turn.y is not None and int(turn.y) == int(turn.x_real) for turn in made)  # the labels of these reals
    return [(turn.player, int(turn.x_real), int(turn.z)) for turn in made]


def test_what_each_turn_draws() -> None:
    assert drawn(1, 1, False) == [("D", 1, 1), ("G", 1, 2)]
    assert drawn(3, 2, False) == [("D", 1, 1), ("D", 2, 2), ("D", 3, 3), ("G", 3, 4), ("G", 3, 5)]
    assert drawn(3, 2, True) == [("D", 1, 1)] * 3 + [("G", 1, 1)] * 2


@pytest.mark.parametrize(("reused", "position"), [(False, 48), (True, 16)])
def test_images_are_counted_as_often_as_d_learns_from_them(reused: bool, position: int, images: ImageArray) -> None:
    state: State = steps(tiny_state(images, d_steps=3, reuse_batch_and_latents=reused), 2)
    assert state.clock.images == 48
    assert state.batches.position == position


def test_the_budget_is_images_shown_to_d_whatever_the_number_of_updates() -> None:
    settings = {"budget_kimg": 10.0, "batch_size": 10}
    assert [total_steps(resolve({**settings, "d_steps": d})) for d in (1, 2, 5, 3)] == [1000, 500, 200, 334]
    assert total_steps(resolve({**settings, "g_steps": 4})) == 1000
    assert total_steps(resolve({**settings, "d_steps": 5, "reuse_batch_and_latents": True})) == 200
    assert moments(resolve({**settings, "d_steps": 5}))[-1].step == 200


def test_seats_act_once_an_update_or_once_a_step(images: ImageArray) -> None:
    state, calls = tiny_state(images, d_steps=3, g_steps=2), []
    state.parts = Parts(
        grads=(lambda net, player: calls.append(player),),
        after_d=(lambda D: calls.append("after D"),),
        after=(lambda G, D: calls.append("after"),),
    )
    steps(state, 1)
    assert calls == ["D", "after D"] * 3 + ["G", "G", "after"]


def test_default_turns_leave_the_run_as_it_was(images: ImageArray) -> None:
    """Spelt out or not: one update each, fresh latents."""
    spelt = tiny_state(images, d_steps=1, g_steps=1, reuse_batch_and_latents=False, lr_decay="constant")
    plain = tiny_state(images)
    assert same(weights(steps(spelt, 3).G, spelt.D), weights(steps(plain, 3).G, plain.D))
