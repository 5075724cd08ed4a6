"""What is noted at every step, for a person to judge the game by."""

import torch
from torch import Tensor, nn

from gan_core.meter import Meter


def note_d(meter: Meter, loss: Tensor, logits_real: Tensor, logits_fake: Tensor, D: nn.Module) -> None:
    """D's loss, its mean probabilities before the update, the share that it got right, its gradient's norm."""
    meter.note("loss_d", loss)
    meter.note("d_real", logits_real.detach().sigmoid().mean())  # D(x)
    meter.note("d_fake", logits_fake.detach().sigmoid().mean())  # D(G(z)) before D's update
    right = (logits_real > 0).float().mean() + (logits_fake < 0).float().mean()
    meter.note("d_accuracy", right / 2)
    meter.note("grad_norm_d", gradient_norm(D))


def note_g(meter: Meter, loss: Tensor, logits_fake: Tensor, G: nn.Module) -> None:
    """G's loss, D(G(z)) after D's update, G's gradient's norm."""
    meter.note("loss_g", loss)
    meter.note("d_fake_after", logits_fake.detach().sigmoid().mean())
    meter.note("grad_norm_g", gradient_norm(G))


def gradient_norm(net: nn.Module) -> Tensor:
    """Euclidean norm over all gradients of a network, scalar."""
    gradients = [p.grad for p in net.parameters() if p.grad is not None]
    norm: Tensor = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))
    return norm
