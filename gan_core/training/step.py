"""One step of each player. Every trick sits in a seat; none has a name here."""

import torch
from torch import Tensor

from gan_core.game.updates import Update, images_per_step, updates
from gan_core.training.build import State
from gan_core.training.diagnostics import note_d, note_g
from gan_core.tricks.seats import Pass, Term


def train_step(s: State) -> None:
    """The updates of D and then of G that make up one step, one of each unless the configuration has more."""
    s.rates.set()
    for update in updates(s.config, s.batches.next, s.latents):
        (train_d if update.player == "D" else train_g)(s, update)
    for act in s.parts.after:
        act(s.G, s.D)
    for shadow in s.shadows:
        shadow.update()
    s.clock.step += 1
    s.clock.images += images_per_step(s.config)


def train_d(s: State, update: Update) -> None:
    """D learns to tell the reals from G(z)."""
    x_real = update.x_real
    for act in s.parts.before_d:
        act(s.D)

    # What D gets to see
    with torch.no_grad():
        x_fake = s.G(update.z)
    for replace in s.parts.fakes:
        x_fake = replace(x_fake)
    for look in s.parts.view:
        x_real, x_fake = look(x_real), look(x_fake)

    # What it is to say
    logits_real, logits_fake = s.D(x_real), s.D(x_fake)  # [N]
    t_real, t_fake = torch.ones_like(logits_real), torch.zeros_like(logits_fake)
    for aim in s.parts.targets:
        t_real, t_fake = aim(t_real, t_fake)

    # How wrong it was
    loss = s.loss.d(logits_real, logits_fake, t_real, t_fake)
    seen = Pass(s.D, x_real, x_fake, logits_real, logits_fake)
    total = _with_terms(s, loss, s.parts.d_terms, seen, s.clock.step * s.config.d_steps + update.number)
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


def train_g(s: State, update: Update) -> None:
    """G learns to be taken for real by D, which stands still. D looks at x_real only if the loss compares with it."""
    # What D gets to see, and says
    s.D.requires_grad_(False)
    seen_real, logits_real = _reals_for_g(s, update.x_real) if s.loss.g_sees_reals else (None, None)
    x_fake = s.G(update.z)
    for look in s.parts.view:
        x_fake = look(x_fake)
    logits_fake = s.D(x_fake)  # [N]

    # What G wants it to say
    t_fake = torch.ones_like(logits_fake)
    for aim in s.parts.g_targets:
        t_fake = aim(t_fake)
    loss = s.loss.g(logits_fake, t_fake, logits_real)
    seen = Pass(s.D, seen_real, x_fake, logits_real, logits_fake)
    total = _with_terms(s, loss, s.parts.g_terms, seen, s.clock.step * s.config.g_steps + update.number)

    # What it learns
    s.opt_g.zero_grad(set_to_none=True)
    total.backward()  # type: ignore[no-untyped-call]
    for change in s.parts.grads:
        change(s.G, "G")
    note_g(s.meter, loss, logits_fake - s.loss.boundary, s.gradients_g)
    s.opt_g.step()
    s.D.requires_grad_(True)


def _reals_for_g(s: State, x_real: Tensor) -> tuple[Tensor, Tensor]:
    """What D sees and says of the reals, without a graph: it stands still."""
    for look in s.parts.view:
        x_real = look(x_real)
    with torch.no_grad():
        return x_real, s.D(x_real)


def _with_terms(s: State, loss: Tensor, terms: tuple[Term, ...], seen: Pass, number: int) -> Tensor:
    """The loss with the terms that are due; `number`: of the player's updates in the whole run, from 0."""
    for term in terms:
        if number % term.every == 0:
            value = term.value(seen)
            s.meter.note(term.name, value)
            loss = loss + value
    return loss
