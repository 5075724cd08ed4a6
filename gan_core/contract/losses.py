"""The contract of a loss: scalars, means over the batch, the right direction, gradients, and targets as it says."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from gan_core.contract.finding import Finding, failed, findings_of, judged, passed, told
from gan_core.contract.global_random import global_random_state, random_numbers
from gan_core.contract.trains import trains
from gan_core.game.losses import Loss

CONFIDENT = 8.0  # a logit of a D that is sure
ADVICE_SIGN = "D minimises `d` and G minimises `g`: look for a sign"


def check_loss(name: str, loss: Loss, use: tuple[str, ...] = ()) -> list[Finding]:
    """All checks of a loss that is registered under this name. `use`: the plug-in that it comes from."""
    before = global_random_state()
    scalars = findings_of(lambda: [_scalars(loss)])
    if scalars[0].failed:
        return scalars
    found = findings_of(
        lambda: [_means(loss)],
        lambda: [_directions(loss)],
        lambda: [_gradients(loss)],
        lambda: [_targets(loss)],
        lambda: [_reals(loss)],
        lambda: [_not_finite(loss)],
        lambda: [trains({"loss": name, "use": use})],
    )
    return [*scalars, *found, random_numbers(before)]


def _logits(count: int = 6, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Of reals and fakes, [count] float64 about 0, away from the edges of hinges."""
    stream = torch.Generator().manual_seed(seed)
    real, fake = (torch.randn(count, generator=stream, dtype=torch.float64) * 2 for _ in range(2))
    return real + 0.123, fake - 0.123


def _d(loss: Loss, real: Tensor, fake: Tensor, t_real: float = 1.0, t_fake: float = 0.0) -> Tensor:
    with told("runs", "D's loss"):
        return loss.d(real, fake, torch.full_like(real, t_real), torch.full_like(fake, t_fake))


def _g(loss: Loss, real: Tensor, fake: Tensor, t_fake: float = 1.0) -> Tensor:
    with told("runs", "G's loss"):
        return loss.g(fake, torch.full_like(fake, t_fake), real if loss.g_sees_reals else None)


def _scalars(loss: Loss) -> Finding:
    real, fake = _logits()
    values = {"d": _d(loss, real, fake), "g": _g(loss, real, fake)}
    for name, value in values.items():
        if value.ndim or not math.isfinite(float(value)):
            shape = f"a tensor of shape {list(value.shape)}" if value.ndim else f"{float(value)}"
            return failed("scalar", f"`{name}` gives {shape}", "a finite scalar: the mean over the batch")
    return passed("scalar", f"d {float(values['d']):.4g}, g {float(values['g']):.4g} at some logits")


def _means(loss: Loss) -> Finding:
    real, fake = _logits()
    twice = real.repeat(2), fake.repeat(2)
    bad = [
        name
        for name, of in (("d", _d), ("g", _g))
        if not math.isclose(float(of(loss, *twice)), float(of(loss, real, fake)), rel_tol=1e-9, abs_tol=1e-12)
    ]
    return judged(
        "mean",
        not bad,
        "the same for a batch and for that batch twice",
        f"`{' and '.join(bad)}` of a batch that is given twice is another number",
        "take means over the batch, not sums: else the learning rate depends on the batch size",
    )


def _directions(loss: Loss) -> Finding:
    sure = torch.full((4,), CONFIDENT, dtype=torch.float64)
    knows, errs = float(_d(loss, sure, -sure)), float(_d(loss, -sure, sure))
    if not knows < errs:
        text = f"a D that knows better has no lower loss: {knows:.4g} where it is right, {errs:.4g} where it is wrong"
        return failed("direction", text, ADVICE_SIGN)
    real = torch.zeros_like(sure)
    fooled, caught = float(_g(loss, real, sure)), float(_g(loss, real, -sure))
    if not fooled < caught:
        text = f"a G that fools D has no lower loss: {fooled:.4g} where D takes fakes for real, {caught:.4g} where not"
        return failed("direction", text, ADVICE_SIGN)
    return passed("direction", "D's falls where D is right, G's where D is fooled")


def _gradients(loss: Loss) -> Finding:
    real, fake = (logits.requires_grad_() for logits in _logits())
    players: dict[str, tuple[Callable[..., Tensor], tuple[Tensor, ...]]] = {
        "d": (lambda on_real, on_fake: _d(loss, on_real, on_fake), (real, fake)),
        "g": (lambda on_fake: _g(loss, real.detach(), on_fake), (fake,)),
    }
    for name, (function, inputs) in players.items():
        value = function(*inputs)
        gradients = torch.autograd.grad(value, inputs, allow_unused=True) if value.requires_grad else (None,)
        if any(gradient is None or not gradient.any() for gradient in gradients):
            text = f"`{name}` passes no gradient to {'each of ' if name == 'd' else ''}the logits that it is given"
            return failed("gradient", text, "is something detached, or left out?")
        if not torch.autograd.gradcheck(function, inputs, raise_exception=False):
            text = f"that of `{name}` is not the one that finite differences give"
            return failed("gradient", text, "is something detached on the way?")
    return passed("gradient", "d and g agree with finite differences")


def _targets(loss: Loss) -> Finding:
    real, fake = _logits()
    plain_d, plain_g = float(_d(loss, real, fake)), float(_g(loss, real, fake))
    used = float(_d(loss, real, fake, 0.9)) != plain_d and float(_d(loss, real, fake, 1.0, 0.1)) != plain_d
    either = float(_d(loss, real, fake, 0.9, 0.1)) != plain_d
    used_by_g = float(_g(loss, real, fake, 0.9)) != plain_g
    if loss.has_targets and not used:
        text = "has_targets is True, and t_real or t_fake changes nothing"
    elif not loss.has_targets and either:
        text = "has_targets is False, and the targets change D's loss"
    elif loss.g_has_target != used_by_g:
        text = (
            f"g_has_target is {loss.g_has_target}, and t_fake {'changes' if used_by_g else 'does not change'} G's loss"
        )
    else:
        return passed("targets", "used where the record says so, and nowhere else")
    return failed(
        "targets", text, "tricks that set targets are refused or allowed by what the record says: put it right"
    )


def _reals(loss: Loss) -> Finding:
    """G's loss compares with reals where it says so."""
    real, fake = _logits()
    if not loss.g_sees_reals:
        return passed("reals", "G's loss does without reals")
    moved = float(_g(loss, real + torch.linspace(0, 1, 6, dtype=torch.float64), fake)) != float(_g(loss, real, fake))
    return judged(
        "reals",
        moved,
        "G's loss compares with reals, as it says",
        "g_sees_reals is True, and D's logits on reals change nothing",
        "g_sees_reals: False saves a forward pass of D",
    )


def _not_finite(loss: Loss) -> Finding:
    """A run that diverges is counted as diverged: an exception would call it failed, and train it again."""
    for extreme in (1e4, -1e4):
        logits = torch.full((3,), extreme)
        if not math.isfinite(float(_d(loss, -logits, logits))) or not math.isfinite(float(_g(loss, -logits, logits))):
            return failed("extremes", f"not finite at logits of {extreme:g}", "log-sigmoids by softplus stay finite")
    with told("extremes", "a logit that is not a number", "let it through: a run that diverges has to be told as one"):
        for strange in (math.nan, math.inf):
            logits = torch.tensor([strange, 0.5])
            _d(loss, logits, logits), _g(loss, logits, logits)
    return passed("extremes", "finite at logits of ±10000, no exception at NaN and infinity")
