"""Statistics that belong to a network's weights, computed anew where those weights were never trained themselves.

In training, batch normalisation tracks the statistics of the activations, and spectral normalisation the first singular
vectors, of the weights as they were. An average of weights has other activations and other singular vectors.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.utils import parametrize
from torch.nn.utils.parametrizations import _SpectralNorm

from gan_core.nets.conditional import bound
from gan_core.nets.evaluating import evaluating

Inputs = tuple[Tensor, Tensor | None]  # z [N latent_dim], and the classes [N] of a conditional network
POWER_ITERATIONS = 50  # from vectors that lie near already


@torch.no_grad()
def recompute_statistics(net: nn.Module, inputs: Iterable[Inputs]) -> None:
    """Give `net` the statistics of its own weights: the singular vectors of spectral normalisation, then the running
    statistics of batch normalisation, averaged evenly over these batches of inputs (standing statistics: Brock et al.
    2019, arXiv:1809.11096; as `torch.optim.swa_utils.update_bn` does, but with everything else in evaluation mode).

    Nothing is drawn at random and nothing else is changed: dropout and noise stay off, momenta and modes are restored.
    A network without running statistics is not run at all.
    """
    _find_singular_vectors(net)
    normalised = [module for module in net.modules() if isinstance(module, _BatchNorm) and module.track_running_stats]
    if not normalised:
        return
    momenta = [module.momentum for module in normalised]
    try:
        with evaluating(net):
            for module in normalised:
                module.reset_running_stats()
                module.momentum = None  # a cumulative average
                module.train()
            for z, y in inputs:
                bound(net, y)(z)
    finally:
        for module, momentum in zip(normalised, momenta, strict=True):
            module.momentum = momentum


def _find_singular_vectors(net: nn.Module) -> None:
    """Bring the power iterations of all spectrally normalised weights to their end."""
    for module in net.modules():
        if not parametrize.is_parametrized(module):
            continue
        for name, chain in module.parametrizations.items():  # type: ignore[union-attr, operator]
            for normalisation in chain:
                if isinstance(normalisation, _SpectralNorm):
                    _iterate(module, name, normalisation)


def _iterate(module: nn.Module, name: str, normalisation: _SpectralNorm) -> None:
    was_training, iterations = normalisation.training, normalisation.n_power_iterations
    normalisation.n_power_iterations = POWER_ITERATIONS
    normalisation.train()
    getattr(module, name)  # in training mode, reading the weight iterates
    normalisation.train(was_training)
    normalisation.n_power_iterations = iterations
