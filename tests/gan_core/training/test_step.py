"""The plain step against a loop written out by hand, and what each seat does to it."""

from copy import deepcopy

import pytest
import torch
from torch import Tensor, nn

from gan_core import streams
from gan_core.datasets.batches import BatchStream, ImageArray
from gan_core.training.step import train_step
from gan_core.tricks.seats import Parts, Term
from tests.gan_core.trainer import TINY, same, steps, tiny_state, weights


def plain_networks(width: int, latent_dim: int) -> tuple[nn.Sequential, nn.Sequential]:
    """The 16x16 DCGAN, layer by layer as the paper has it."""
    G = nn.Sequential(
        nn.Unflatten(1, (latent_dim, 1, 1)),
        nn.ConvTranspose2d(latent_dim, 2 * width, 4, 1, 0, bias=False),
        nn.BatchNorm2d(2 * width),
        nn.ReLU(),
        nn.ConvTranspose2d(2 * width, width, 4, 2, 1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        nn.ConvTranspose2d(width, 1, 4, 2, 1),
        nn.Tanh(),
    )
    D = nn.Sequential(
        nn.Conv2d(1, width, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(width, 2 * width, 4, 2, 1, bias=False),
        nn.BatchNorm2d(2 * width),
        nn.LeakyReLU(0.2),
        nn.Conv2d(2 * width, 1, 4, 1, 0),
        nn.Flatten(0),
    )
    return G, D


def load_in_order(target: nn.Module, source: nn.Module) -> None:
    """Copy weights by position: the names differ."""
    values = list(source.state_dict().values())
    target.load_state_dict({name: value.clone() for name, value in zip(target.state_dict(), values, strict=True)})


def test_plain_dcgan_follows_a_loop_written_by_hand(images: ImageArray) -> None:
    state = tiny_state(images)
    G, D = plain_networks(TINY["width"], TINY["latent_dim"])
    load_in_order(G, state.G)
    load_in_order(D, state.D)
    opt_g = torch.optim.Adam(G.parameters(), lr=2e-4, betas=(0.5, 0.999))
    opt_d = torch.optim.Adam(D.parameters(), lr=2e-4, betas=(0.5, 0.999))
    bce = nn.BCEWithLogitsLoss()
    batches = BatchStream(images, 0, torch.device("cpu"))
    latent = streams.generator(0, "latent")

    for _ in range(20):
        x = batches.next(8)
        D.zero_grad()
        fake = G(torch.randn(8, 8, generator=latent)).detach()
        (bce(D(x), torch.ones(8)) + bce(D(fake), torch.zeros(8))).backward()
        opt_d.step()
        G.zero_grad()
        bce(D(G(torch.randn(8, 8, generator=latent))), torch.ones(8)).backward()
        opt_g.step()
    steps(state, 20)

    for ours, by_hand in ((state.G, G), (state.D, D)):
        for a, b in zip(ours.state_dict().values(), by_hand.state_dict().values(), strict=True):
            torch.testing.assert_close(a, b, rtol=0, atol=1e-6)


def test_plain_step_is_the_loop_by_hand_bit_for_bit(images: ImageArray) -> None:
    """On copies of the very same networks nothing is left to round differently."""
    state = tiny_state(images)
    G, D = deepcopy(state.G), deepcopy(state.D)
    opt_g = torch.optim.Adam(G.parameters(), lr=2e-4, betas=(0.5, 0.999), fused=True)
    opt_d = torch.optim.Adam(D.parameters(), lr=2e-4, betas=(0.5, 0.999), fused=True)
    bce = nn.functional.binary_cross_entropy_with_logits
    batches = BatchStream(images, 0, torch.device("cpu"))
    latent = streams.generator(0, "latent")

    for _ in range(5):
        x = batches.next(8)
        with torch.no_grad():
            fake = G(torch.randn(8, 8, generator=latent))
        D.zero_grad()
        (bce(D(x), torch.ones(8)) + bce(D(fake), torch.zeros(8))).backward()
        opt_d.step()
        G.zero_grad()
        D.requires_grad_(False)
        bce(D(G(torch.randn(8, 8, generator=latent))), torch.ones(8)).backward()
        D.requires_grad_(True)
        opt_g.step()
    assert same(weights(steps(state, 5).G, state.D), weights(G, D))


def with_parts(images: ImageArray, **parts: object) -> list[Tensor]:
    state = tiny_state(images)
    state.parts = Parts(**parts)  # type: ignore[arg-type]
    return weights(steps(state, 3).G, state.D)


@pytest.mark.parametrize(
    "parts",
    [
        {"view": (lambda x: x * 0.5,)},
        {"fakes": (lambda x: x.flip(0) * 0.5,)},
        {"targets": (lambda real, fake: (real * 0.9, fake + 0.1),)},
        {"d_terms": (Term("penalty", 2, lambda seen: seen.logits_real.square().mean()),)},
        {"g_terms": (Term("penalty", 2, lambda seen: seen.logits_fake.square().mean()),)},
        {"grads": (lambda net, player: nn.utils.clip_grad_value_(net.parameters(), 1e-3),)},
        {"g_targets": (lambda fake: fake * 0.9,)},
        {"before_d": (lambda D: [p.data.clamp_(-0.01, 0.01) for p in D.parameters()],)},
        {"after_d": (lambda D: [p.data.clamp_(-0.01, 0.01) for p in D.parameters()],)},
        {"after": (lambda G, D: [p.data.clamp_(-0.01, 0.01) for p in D.parameters()],)},
    ],
    ids=lambda parts: next(iter(parts)),
)
def test_a_seat_that_is_taken_changes_the_run(images: ImageArray, parts: dict[str, object]) -> None:
    assert not same(with_parts(images, **parts), with_parts(images))


def test_a_term_acts_every_so_many_steps_and_is_noted(images: ImageArray) -> None:
    state, calls = tiny_state(images), []
    state.parts = Parts(d_terms=(Term("penalty", 3, lambda seen: calls.append(state.clock.step) or torch.tensor(7.0)),))
    steps(state, 7)
    assert calls == [0, 3, 6]
    assert state.meter.take()["penalty"] == 7.0


def test_d_phase_leaves_g_alone_and_g_phase_leaves_d_alone(images: ImageArray) -> None:
    state = tiny_state(images)
    seen: dict[str, list[Tensor]] = {}

    def grads(net: nn.Module, player: str) -> None:
        other = state.G if player == "D" else state.D
        seen[player] = [p.detach().clone() for p in other.parameters()]

    before_g = [p.detach().clone() for p in state.G.parameters()]
    state.parts = Parts(grads=(grads,))
    train_step(state)
    assert same(seen["D"], before_g)  # G has not moved when D steps
    assert same(seen["G"], [p.detach() for p in state.D.parameters()])  # D does not move any more when G steps


def test_d_gets_no_gradient_from_g_phase(images: ImageArray) -> None:
    state = tiny_state(images)
    gradients: list[list[Tensor]] = []

    def grads(net: nn.Module, player: str) -> None:
        gradients.append([p.grad.clone() for p in state.D.parameters() if p.grad is not None])

    state.parts = Parts(grads=(grads,))
    train_step(state)
    assert same(gradients[0], gradients[1])
