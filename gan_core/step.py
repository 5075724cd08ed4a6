"""One step of each player. Every trick sits in a seat; none has a name here."""

import torch
from torch import Tensor

from gan_core.build import State
from gan_core.diagnostics import note_d, note_g
from gan_core.seats import Pass, Term


def train_step(s: State) -> None:
    """One step of D and one of G, each with latents of its own."""
    x_real = s.batches.next(s.config.batch_size)  # [N C H W] in [-1, 1]
    train_d(s, x_real, s.latents(len(x_real)))
    train_g(s, s.latents(len(x_real)))
    for act in s.parts.after:
        act(s.G, s.D)
    for update in s.shadow_updates:
        update()
    s.clock.step += 1
    s.clock.images += len(x_real)


def train_d(s: State, x_real: Tensor, z: Tensor) -> None:
    """D learns to tell the reals from G(z)."""
    # What D gets to see
    with torch.no_grad():
        x_fake = s.G(z)
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
    total = _with_terms(s, loss, s.parts.d_terms, seen)
    for hear in s.parts.observers:
        hear(seen)

    # What it learns
    s.opt_d.zero_grad(set_to_none=True)
    total.backward()  # type: ignore[no-untyped-call]
    for change in s.parts.grads:
        change(s.D, "D")
    note_d(s.meter, loss, logits_real, logits_fake, s.D)
    s.opt_d.step()


def train_g(s: State, z: Tensor) -> None:
    """G learns to be taken for real by D, which stands still."""
    s.D.requires_grad_(False)
    x_fake = s.G(z)
    for look in s.parts.view:
        x_fake = look(x_fake)
    logits_fake = s.D(x_fake)
    loss = s.loss.g(logits_fake)
    total = _with_terms(s, loss, s.parts.g_terms, Pass(s.D, None, x_fake, None, logits_fake))

    s.opt_g.zero_grad(set_to_none=True)
    total.backward()  # type: ignore[no-untyped-call]
    for change in s.parts.grads:
        change(s.G, "G")
    note_g(s.meter, loss, logits_fake, s.G)
    s.opt_g.step()
    s.D.requires_grad_(True)


def _with_terms(s: State, loss: Tensor, terms: tuple[Term, ...], seen: Pass) -> Tensor:
    for term in terms:
        if s.clock.step % term.every == 0:
            value = term.value(seen)
            s.meter.note(term.name, value)
            loss = loss + value
    return loss
