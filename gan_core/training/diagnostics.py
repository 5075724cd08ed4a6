"""What is noted at every step, so that a person can judge how the two players are doing."""

import torch
from torch import Tensor, nn

from gan_core.game.meter import Meter
from gan_core.game.player import Player

GRADIENTS = "gradients/"  # beginning of the names of what `note_gradients` notes


class Gradients:
    """The gradients of one player's network, whose parameters are looked up once."""

    def __init__(self, net: nn.Module, player: Player) -> None:
        self._player = player
        self._parameters = tuple(net.parameters())
        self._layers = tuple((_layer(name), weight) for name, weight in net.named_parameters() if weight.ndim > 1)

    def note(self, meter: Meter) -> None:
        """The Euclidean norm over all gradients, and mean and largest |gradient| of each layer.

        Layers are the weights of every linear map, convolutions among them.
        """
        meter.note(f"grad_norm_{self._player.lower()}", self.norm())
        layers = [(name, weight.grad) for name, weight in self._layers if weight.grad is not None]
        sizes = torch._foreach_abs([gradient for _, gradient in layers])  # its norms are slower than these reductions
        names = [f"{GRADIENTS}{self._player}/{name}" for name, _ in layers]
        meter.note(
            tuple(f"{name}/{kind}" for kind in ("mean", "max") for name in names),
            torch.stack([*(size.mean() for size in sizes), *(size.amax() for size in sizes)]),
        )

    def norm(self) -> Tensor:
        """Scalar."""
        norms = torch._foreach_norm([p.grad for p in self._parameters if p.grad is not None])
        norm: Tensor = torch.linalg.vector_norm(torch.stack(norms))
        return norm


def note_d(
    meter: Meter,
    loss: Tensor,
    logits_real: Tensor,
    logits_fake: Tensor,
    gradients: Gradients,
    has_boundary: bool = True,
) -> None:
    """D's loss, the mean sigmoid of its outputs before the update, how often it is right, its gradients.

    `d_auc` is 0.5 for a D that guesses, whatever its outputs mean. `d_accuracy` needs a boundary between real and fake
    (0 here), which a critic has not: its outputs mean something in comparison only.
    """
    meter.note("loss_d", loss)
    meter.note("d_real", logits_real.detach().sigmoid().mean())  # D(x)
    meter.note("d_fake", logits_fake.detach().sigmoid().mean())  # D(G(z)) before D's update
    meter.note("d_auc", ranked_rightly(logits_real.detach(), logits_fake.detach()))
    if has_boundary:
        right = (logits_real > 0).float().mean() + (logits_fake < 0).float().mean()
        meter.note("d_accuracy", right / 2)
    gradients.note(meter)


def ranked_rightly(real: Tensor, fake: Tensor) -> Tensor:
    """The share of pairs of a real and a fake image whose real one has the higher output, ties counting half: scalar.

    It is the area under the curve of true over false positives (AUC). Counted in the order of the fakes, so that the
    time goes with N log N and not with the number of pairs.
    """
    ordered = fake.sort().values
    below, not_above = (torch.searchsorted(ordered, real, right=right) for right in (False, True))
    return (below + not_above).sum() / (2 * len(real) * len(fake))


def note_g(meter: Meter, loss: Tensor, logits_fake: Tensor, gradients: Gradients) -> None:
    """G's loss, D(G(z)) after D's update, G's gradients."""
    meter.note("loss_g", loss)
    meter.note("d_fake_after", logits_fake.detach().sigmoid().mean())
    gradients.note(meter)


def _layer(parameter: str) -> str:
    """The layer that a parameter belongs to: 'blocks.0.linear.weight' -> 'blocks.0.linear'."""
    return parameter.partition(".parametrizations.")[0].removesuffix(".weight")
