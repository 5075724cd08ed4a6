"""One step of each player. Every trick sits in a seat; none has a name here."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from gan_core.game.updates import Update, images_per_step, updates
from gan_core.nets.conditional import bound
from gan_core.training.build import State
from gan_core.training.diagnostics import note_d, note_g
from gan_core.tricks.seats import Pass, Term

Learn = Callable[[State, Update], None]


def learn(s: State, update: Update) -> None:
    """One update of one player, with the terms that are due."""
    (train_d if update.player == "D" else train_g)(s, update.x_real, update.z, due_terms(s, update), update.y)


def train_step(s: State, learn: Learn = learn) -> None:
    """The updates of D and then of G that make up one step, one of each unless the configuration has more."""
    s.rates.set()
    for update in updates(s.config, s.batches.draw, s.latents):
        learn(s, update)
    for act in s.parts.after:
        act(s.G, s.D)
    for shadow in s.shadows:
        shadow.update()
    s.clock.step += 1
    s.clock.images += images_per_step(s.config)


def due_terms(s: State, update: Update) -> tuple[Term, ...]:
    """The terms of this update's loss: each enters at every `every`th of its player's updates in the whole run."""
    terms, a_step = (s.parts.d_terms, s.config.d_steps) if update.player == "D" else (s.parts.g_terms, s.config.g_steps)
    number = s.clock.step * a_step + update.number
    return tuple(term for term in terms if number % term.every == 0)


def train_d(s: State, x_real: Tensor, z: Tensor, terms: tuple[Term, ...], y: Tensor | None = None) -> None:
    """D learns to tell the reals [N C H W] from G(z), z [N latent_dim], both of the classes y [N] if there are any."""
    G, D = bound(s.G, y), bound(s.D, y)
    for act in s.parts.before_d:
        act(s.D)

    # What D gets to see
    with torch.no_grad():
        x_fake = G(z)
    for replace in s.parts.fakes:
        x_fake = replace(x_fake)
    unseen = _leaves(x_real, x_fake) if any(term.before_view for term in terms) else None
    if unseen is not None:
        x_real, x_fake = unseen
    for look in s.parts.view:
        x_real, x_fake = look(x_real), look(x_fake)

    # What it is to say
    logits_real, logits_fake = D(x_real), D(x_fake)  # [N]
    t_real, t_fake = torch.ones_like(logits_real), torch.zeros_like(logits_fake)
    for aim in s.parts.targets:
        t_real, t_fake = aim(t_real, t_fake)

    # How wrong it was
    loss = s.loss.d(logits_real, logits_fake, t_real, t_fake)
    unseen_real, unseen_fake = unseen or (None, None)
    seen = Pass(D, x_real, x_fake, logits_real, logits_fake, unseen_real, unseen_fake, y)
    total = _with_terms(s, loss, terms, seen)
    for hear in s.parts.observers:
        hear(seen)

    # What it learns
    s.opt_d.zero_grad(set_to_none=True)
    total.backward()  # type: ignore[no-untyped-call]
    for change in s.parts.grads:
        change(s.D, "D")
    outputs = logits_real - s.loss.boundary, logits_fake - s.loss.boundary
    note_d(s.meter, loss, *outputs, s.gradients_d, s.loss.has_boundary)
    s.opt_d.step()
    for act in s.parts.after_d:
        act(s.D)


def train_g(s: State, x_real: Tensor, z: Tensor, terms: tuple[Term, ...], y: Tensor | None = None) -> None:
    """G learns to be taken for real by D, which stands still. D looks at x_real only if the loss compares with it."""
    G, D = bound(s.G, y), bound(s.D, y)
    # What D gets to see, and says
    s.D.requires_grad_(False)
    seen_real, logits_real = _reals_for_g(s, D, x_real) if s.loss.g_sees_reals else (None, None)
    x_fake = G(z)
    for look in s.parts.view:
        x_fake = look(x_fake)
    logits_fake = D(x_fake)  # [N]

    # What G wants it to say
    t_fake = torch.ones_like(logits_fake)
    for aim in s.parts.g_targets:
        t_fake = aim(t_fake)
    loss = s.loss.g(logits_fake, t_fake, logits_real)
    seen = Pass(D, seen_real, x_fake, logits_real, logits_fake, y=y)
    total = _with_terms(s, loss, terms, seen)

    # What it learns
    s.opt_g.zero_grad(set_to_none=True)
    total.backward()  # type: ignore[no-untyped-call]
    for change in s.parts.grads:
        change(s.G, "G")
    note_g(s.meter, loss, logits_fake - s.loss.boundary, s.gradients_g)
    s.opt_g.step()
    s.D.requires_grad_(True)


def _leaves(x_real: Tensor, x_fake: Tensor) -> tuple[Tensor, Tensor]:
    """The same images as the beginnings of a graph."""
    return x_real.detach().requires_grad_(True), x_fake.detach().requires_grad_(True)


def _reals_for_g(s: State, D: nn.Module, x_real: Tensor) -> tuple[Tensor, Tensor]:
    """What D sees and says of the reals, without a graph: it stands still."""
    for look in s.parts.view:
        x_real = look(x_real)
    with torch.no_grad():
        return x_real, D(x_real)


def _with_terms(s: State, loss: Tensor, terms: tuple[Term, ...], seen: Pass) -> Tensor:
    for term in terms:
        value = term.value(seen)
        s.meter.note(term.name, value)
        loss = loss + value
    return loss
