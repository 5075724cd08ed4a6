"""Networks that are plain modules: what somebody has already, with the signature that training wants."""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn

from gan_core.nets.network import Network

Range = Literal["tanh", "sigmoid"]  # of the images that G gives: [-1, 1] or [0, 1]


class PlainNetwork(Network):
    """A module as it is, in a `Network`'s place. It has no blocks that a trick could edit.

    What it draws at random (torch's dropout, noise of its own) comes from the global generator; where it `draws`, it is
    seeded anew for each pass, by the number of the pass, which is in the checkpoint.
    """

    def __init__(self, module: nn.Module, draws: bool) -> None:
        nn.Module.__init__(self)
        self.module, self.tails = module, ()
        self.draws = draws
        if draws:
            self.register_buffer("passes", torch.randint(2**40, ()))

    @property
    def blocks(self) -> nn.ModuleList:  # type: ignore[override]
        """Raises TypeError: there are none."""
        raise TypeError("a plain module has no blocks that a trick could edit")

    def parts(self) -> tuple[nn.Module, ...]:
        """The modules without children."""
        return tuple(part for part in self.module.modules() if not list(part.children()))

    def given(self, x: Tensor) -> Tensor:
        """What the module gives for its own form of input."""
        if not self.draws:
            output: Tensor = self.module(x)
            return output
        assert isinstance(self.passes, Tensor)
        with torch.random.fork_rng(devices=[x.device] if x.is_cuda else []):
            torch.manual_seed(int(self.passes))
            output = self.module(x)
        self.passes += 1
        return output


class PlainGenerator(PlainNetwork):
    """z [N latent_dim] -> images [N C H W] in [-1, 1]. `as_maps`: the module takes z as [N latent_dim 1 1]."""

    def __init__(self, module: nn.Module, as_maps: bool, output: Range, draws: bool) -> None:
        super().__init__(module, draws)
        self.as_maps, self.unit = as_maps, output == "sigmoid"

    def _output(self, x: Tensor) -> Tensor:
        images = self.given(x[:, :, None, None] if self.as_maps else x)
        return images * 2 - 1 if self.unit else images


class PlainDiscriminator(PlainNetwork):
    """Images [N C H W] -> logits [N]. `from_probability`: the module gives probabilities, of which logits are taken.

    A sigmoid that is a module at its end is better left out, as `without_sigmoid` does: where it rounds to 0 or 1, no
    logit can be had from it, and no gradient.
    """

    EPSILON = 1e-6  # probabilities are taken to be within [EPSILON, 1 - EPSILON]

    def __init__(self, module: nn.Module, from_probability: bool, draws: bool) -> None:
        super().__init__(module, draws)
        self.from_probability = from_probability

    def _output(self, x: Tensor) -> Tensor:
        output = self.given(x).flatten()
        return torch.logit(output.float(), self.EPSILON) if self.from_probability else output


def without_sigmoid(module: nn.Module, name: str) -> nn.Module:
    """The module, the sigmoid of this name in it taken out: then it gives logits in place of probabilities."""
    if not name:
        return nn.Identity()
    parent, _, last = name.rpartition(".")
    setattr(module.get_submodule(parent), last, nn.Identity())
    return module


def last_sigmoid(module: nn.Module, x: Tensor) -> tuple[str | None, bool]:
    """The name of the sigmoid whose output the module gives for x, and whether its output comes out of any sigmoid.

    The output may have been reshaped. Followed in torch's graph, so that x needs no particular numbers.
    """
    outputs: dict[str, object] = {}
    hooks = [
        part.register_forward_hook(_noting(outputs, name))
        for name, part in module.named_modules()
        if isinstance(part, nn.Sigmoid)
    ]
    try:
        with torch.enable_grad():
            output = module(x)
    finally:
        for hook in hooks:
            hook.remove()
    step = getattr(output, "grad_fn", None)
    while step is not None and type(step).__name__.startswith(
        ("View", "Reshape", "Squeeze", "UnsafeView", "Unsqueeze")
    ):
        step = step.next_functions[0][0]
    found = [name for name, made_by in outputs.items() if made_by is step]
    return (found[0] if found else None), "Sigmoid" in type(step).__name__


def _noting(outputs: dict[str, object], name: str) -> Callable[[nn.Module, object, Tensor], None]:
    def note(_module: nn.Module, _inputs: object, output: Tensor) -> None:
        outputs[name] = output.grad_fn

    return note
