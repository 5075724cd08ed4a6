"""Losses of the two players: one call signature for all, means over the batch, logits in.

D: (logits_real [N], logits_fake [N], t_real [N], t_fake [N]) -> scalar.
G: (logits_fake [N], t_fake [N], logits_real [N] or None) -> scalar.
Targets are what D is to say of the reals and of the fakes, and what G wants D to say of the fakes; a loss without
targets ignores them. G is given D's logits on the reals only where the loss compares with them (`g_sees_reals`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812  the field's name
from torch import Tensor

from gan_core.registry import Registry
from gan_core.schema.rules import Compatibility

MEAN = 1  # torch's number for that reduction
BOUNDS_ON_D = ("weight_clipping", "gradient_penalty", "dragan", "r1", "r2")  # tricks that bound D's slope, or punish it


@dataclass(frozen=True)
class Loss:
    """What D and G minimise."""

    summary: str
    paper: str
    has_targets: bool  # D's loss knows t_real and t_fake
    d: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
    g: Callable[[Tensor, Tensor, Tensor | None], Tensor]
    g_has_target: bool = False  # G's loss knows t_fake
    g_sees_reals: bool = False  # D(x_real) is computed in the G phase too
    boundary: float = 0.0  # D's output where it is undecided; diagnostics read outputs relative to it
    has_boundary: bool = True  # an output above it means "real"; else only differences of outputs mean anything
    output: str = "logit"  # what D's output is, less the boundary: of a logit the sigmoid is a probability
    needs: tuple[Compatibility, ...] = ()


def _cross_entropy_d(real: Tensor, fake: Tensor, t_real: Tensor, t_fake: Tensor) -> Tensor:
    on_real = F.binary_cross_entropy_with_logits(real, t_real)
    return on_real + F.binary_cross_entropy_with_logits(fake, t_fake)


def _saturating_g(fake: Tensor, t_fake: Tensor, real: Tensor | None) -> Tensor:
    return -F.softplus(fake).mean()  # log(1 - D(G(z))), of which D's own term is the negative


def _non_saturating_g(fake: Tensor, t_fake: Tensor, real: Tensor | None) -> Tensor:
    return F.binary_cross_entropy_with_logits(fake, t_fake)  # -log D(G(z)) for the target 1


class _BinaryCrossEntropy(torch.autograd.Function):
    """torch's mean binary cross-entropy on probabilities, to the last bit, without its refusal of NaN and soft targets.

    torch's own raises where a probability is NaN, so that a run that diverges would count as failed, and for targets
    outside [0, 1], which noisy labels draw.
    """

    @staticmethod
    def forward(p: Tensor, target: Tensor) -> Tensor:
        each = (target - 1) * torch.log1p(-p).clamp(min=-100) - target * torch.log(p).clamp(min=-100)
        return each.mean()

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor], output: Tensor) -> None:
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        p, target = ctx.saved_tensors
        return torch.ops.aten.binary_cross_entropy_backward(grad, p, target, None, MEAN), None


def _cross_entropy(p: Tensor, target: Tensor) -> Tensor:
    mean: Tensor = _BinaryCrossEntropy.apply(p, target)
    return mean


def _sigmoid_d(real: Tensor, fake: Tensor, t_real: Tensor, t_fake: Tensor) -> Tensor:
    return _cross_entropy(real.sigmoid(), t_real) + _cross_entropy(fake.sigmoid(), t_fake)


def _sigmoid_g(fake: Tensor, t_fake: Tensor, real: Tensor | None) -> Tensor:
    """The same function in exact arithmetic, but sigmoid loses what it rounds before the logarithm is taken.

    In float32 sigmoid is 1 above a logit of about 17: a fake with such a logit costs D 100 (torch clamps the
    logarithm at -100) and has no gradient at all. Torch divides the gradient by at least 1e-12, so below a logit of
    about -27.6, where sigmoid's slope is less, what G gets fades by a factor of e with each further unit.
    """
    return _cross_entropy(fake.sigmoid(), t_fake)


def _least_squares_d(real: Tensor, fake: Tensor, t_real: Tensor, t_fake: Tensor) -> Tensor:
    return ((real - t_real).square().mean() + (fake - t_fake).square().mean()) / 2


def _least_squares_g(fake: Tensor, t_fake: Tensor, real: Tensor | None) -> Tensor:
    return (fake - t_fake).square().mean() / 2


def _hinge_d(real: Tensor, fake: Tensor, t_real: Tensor, t_fake: Tensor) -> Tensor:
    return F.relu(1 - real).mean() + F.relu(1 + fake).mean()


def _wasserstein_d(real: Tensor, fake: Tensor, t_real: Tensor, t_fake: Tensor) -> Tensor:
    return fake.mean() - real.mean()


def _raise_fakes_g(fake: Tensor, t_fake: Tensor, real: Tensor | None) -> Tensor:
    return -fake.mean()


def _relativistic_d(real: Tensor, fake: Tensor, t_real: Tensor, t_fake: Tensor) -> Tensor:
    return F.softplus(fake - real).mean()  # -log sigmoid(D(x) - D(G(z))), pair by pair


def _relativistic_g(fake: Tensor, t_fake: Tensor, real: Tensor | None) -> Tensor:
    assert real is not None  # g_sees_reals
    return F.softplus(real - fake).mean()


_own: dict[str, Loss] = {
    "non_saturating": Loss(
        summary="D: binary cross-entropy on logits; G: -log D(G(z))",
        paper="Goodfellow et al. 2014, arXiv:1406.2661, section 3",
        has_targets=True,
        d=_cross_entropy_d,
        g=_non_saturating_g,
        g_has_target=True,
    ),
    "minimax": Loss(
        summary="D: binary cross-entropy on logits; G: log(1 - D(G(z))), saturating where D is sure",
        paper="Goodfellow et al. 2014, arXiv:1406.2661, equation 1 and Algorithm 1",
        has_targets=True,
        d=_cross_entropy_d,
        g=_saturating_g,
    ),
    "non_saturating_sigmoid": Loss(
        summary="non_saturating computed as sigmoid, then binary cross-entropy: gradients vanish where sigmoid rounds",
        paper="Goodfellow et al. 2014, arXiv:1406.2661, section 3; the form of the first DCGAN codes",
        has_targets=True,
        d=_sigmoid_d,
        g=_sigmoid_g,
        g_has_target=True,
    ),
    "least_squares": Loss(
        summary="D: ((D(x) - 1)^2 + D(G(z))^2) / 2; G: (D(G(z)) - 1)^2 / 2",
        paper="Mao et al. 2017, arXiv:1611.04076, equation 9 (a = 0, b = c = 1)",
        has_targets=True,
        d=_least_squares_d,
        g=_least_squares_g,
        g_has_target=True,
        boundary=0.5,
        output="output less 0.5",
    ),
    "hinge": Loss(
        summary="D: max(0, 1 - D(x)) + max(0, 1 + D(G(z))); G: -D(G(z))",
        paper="Lim and Ye 2017, arXiv:1705.02894; Miyato et al. 2018, arXiv:1802.05957, equations 16 and 17",
        has_targets=False,
        output="output",
        d=_hinge_d,
        g=_raise_fakes_g,
    ),
    "wasserstein": Loss(
        summary="D: D(G(z)) - D(x), for a D whose slope something else bounds; G: -D(G(z))",
        paper="Arjovsky et al. 2017, arXiv:1701.07875, equations 2 and 3, Algorithm 1",
        has_targets=False,
        output="critic value",
        d=_wasserstein_d,
        g=_raise_fakes_g,
        has_boundary=False,
        needs=(
            Compatibility(
                text=f"a bound on D's slope: {', '.join(BOUNDS_ON_D)} or spectral_norm on D",
                holds=lambda c: (
                    any(c.trick(name) is not None for name in BOUNDS_ON_D)
                    or (c.trick("spectral_norm") is not None and c.trick("spectral_norm").on != "G")
                ),
                reason="it is a distance only over D of bounded slope; without a bound D lowers its loss for ever by "
                "growing (Arjovsky et al. 2017, arXiv:1701.07875, section 3)",
                severity="warning",
            ),
        ),
    ),
    "relativistic": Loss(
        summary="pairs: D: -log sigmoid(D(x) - D(G(z))); G: -log sigmoid(D(G(z)) - D(x))",
        paper="Jolicoeur-Martineau 2018, arXiv:1807.00734 (RSGAN); Huang et al. 2024 (R3GAN), arXiv:2501.05441",
        has_targets=False,
        output="output",
        d=_relativistic_d,
        g=_relativistic_g,
        g_sees_reals=True,
        has_boundary=False,
    ),
}
LOSSES: Registry[Loss] = Registry("loss", _own)
