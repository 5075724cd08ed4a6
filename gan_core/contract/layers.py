"""The contracts of what stands in a network's blocks: activations and normalisations."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from gan_core import streams
from gan_core.contract.finding import Finding, failed, findings_of, judged, not_tried, passed, told
from gan_core.contract.global_random import global_random_state, random_numbers
from gan_core.contract.tiny import finite
from gan_core.contract.trains import trains
from gan_core.nets.activations import Activation
from gan_core.nets.initialisations import INITIALISATIONS
from gan_core.nets.normalisations import Normalisation

CHANNELS = 6
MAPS, VECTORS = (5, CHANNELS, 4, 3), (5, CHANNELS)


def check_activation(name: str, activation: Activation, use: tuple[str, ...] = ()) -> list[Finding]:
    """All checks of an activation that is registered under this name. `use`: the plug-in that it comes from."""
    before = global_random_state()
    found = findings_of(
        lambda: [_initialisation(activation)],
        lambda: _pointwise(activation),
        lambda: [trains({"activation_g": name, "activation_d": name, "use": use})],
    )
    return [*found, random_numbers(before)]


def check_normalisation(name: str, normalisation: Normalisation, use: tuple[str, ...] = ()) -> list[Finding]:
    """All checks of a normalisation that is registered under this name. `use`: the plug-in that it comes from."""
    before = global_random_state()
    found = findings_of(
        lambda: _normalises(normalisation, "maps", normalisation.maps, MAPS),
        lambda: _normalises(normalisation, "vectors", normalisation.vectors, VECTORS),
        lambda: [trains({"norm_g": name, "norm_d": name, "use": use})],
    )
    return [*found, random_numbers(before)]


def _initialisation(activation: Activation) -> Finding:
    return judged(
        "record",
        activation.initialisation in (None, *INITIALISATIONS),
        "its initialisation is known",
        f"no initialisation is called {activation.initialisation!r}",
        f"one of {', '.join(INITIALISATIONS)}, or None for the architecture's own",
    )


def _pointwise(activation: Activation) -> list[Finding]:
    x = _inputs(MAPS)
    with told("shapes", "the activation"):
        kept = x.clone()
        y = activation.build(inplace=False)(kept)
        in_place = activation.build(inplace=True)(x.clone())
    if y.shape != x.shape:
        return [failed("shapes", f"[5 6 4 3] becomes {list(y.shape)}", "a point-wise function keeps the shape")]
    return [
        judged("finite", finite([y]), "finite", "not finite at ordinary inputs", "look for a logarithm or a division"),
        judged(
            "in place",
            torch.equal(kept, x),
            "built with inplace=False it leaves its input alone",
            "built with inplace=False it changes its input, which is needed once more",
            "hand `inplace` on to the module, or never work in place",
        ),
        judged(
            "same",
            torch.equal(y, in_place),
            "the same with inplace and without",
            "with inplace=True it gives other values",
            "one function, whether in place or not",
        ),
        _gradient(activation.build(inplace=False), x),
    ]


def _normalises(normalisation: Normalisation, kind: str, build: Any, shape: tuple[int, ...]) -> list[Finding]:
    if build is None:
        return [not_tried(kind, f"nothing for {kind}, as the record says")]
    with told(kind, f"a normalisation of {kind}"):
        module = build(CHANNELS)
        if module is None:
            return [passed(kind, "no module: it leaves them as they are")]
        x = _inputs(shape)
        module = module.double()
        y = module.train()(x)
        at_nothing = module(torch.zeros_like(x))
        evaluated = module.eval()(x)
        module.train()
    if y.shape != x.shape or evaluated.shape != x.shape:
        return [failed(kind, f"{list(shape)} becomes {list(y.shape)}", "keep the shape, in training and in evaluation")]
    if not finite([y, at_nothing, evaluated]):
        return [failed(kind, "not finite, or not at inputs of zeros", "add a small number before dividing")]
    shifts = any(name.rpartition(".")[2] == "bias" for name, _ in module.named_parameters())
    return [
        _gradient(module, x, kind),
        judged(
            f"bias of {kind}",
            shifts == normalisation.shifts,
            "shifts where the record says so",
            f"shifts is {normalisation.shifts}, and the module has {'a' if shifts else 'no'} parameter called bias",
            "`shifts` decides whether the linear map before it has a bias",
        ),
    ]


def _gradient(module: nn.Module, x: Tensor, check: str = "gradient") -> Finding:
    x = x.clone().requires_grad_()
    module = module.double()
    direction = _inputs(tuple(x.shape), seed=1)

    def weighted(inputs: Tensor) -> Tensor:
        result: Tensor = (module(inputs * 1) * direction).sum()  # a copy: it may work in place
        return result

    with told(check, "its gradient"):
        value = weighted(x)
        if not value.requires_grad:
            return failed(check, "passes no gradient to its input", "is something detached?")
        value.backward()  # type: ignore[no-untyped-call]
        idle = [name for name, parameter in module.named_parameters() if parameter.grad is None]
        if idle:
            return failed(check, f"no gradient reaches {', '.join(idle)}", "take it out, or use it")
        agrees = torch.autograd.gradcheck(weighted, (x,), raise_exception=False)
    return judged(
        check,
        agrees,
        "keeps the shape, is finite, and agrees with finite differences",
        "its gradient is not the one that finite differences give",
        "is something detached, or is a backward of your own wrong?",
    )


def _inputs(shape: tuple[int, ...], seed: int = 0) -> Tensor:
    """Float64, of mean 0.3."""
    make: Callable[..., Tensor] = torch.randn
    return make(shape, generator=streams.generator(seed, "contract"), dtype=torch.float64) * 1.5 + 0.3
