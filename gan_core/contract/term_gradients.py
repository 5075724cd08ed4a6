"""The gradient of each term that a trick adds to a loss, against finite differences in float64.

The term is taken as a function of the weights of the player that pays for it: of D in D's phase, of G in G's. It is
moved along some directions, and what it takes for constant (detached, without gradients) stays as it was.
"""

import copy
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from gan_core.contract.constants import Constants, OtherCourseError
from gan_core.contract.finding import Finding, failed, not_tried, passed, told
from gan_core.contract.tiny import begun, blobs
from gan_core.contract.watch import Watch
from gan_core.datasets.batches import to_unit
from gan_core.training.build import State
from gan_core.training.step import train_d, train_g
from gan_core.tricks import Trick
from gan_core.tricks.seats import Pass, Term

CHECK = "gradient"
STEP = 1e-7  # along a direction of length 1
TOLERANCE = 1e-3
DIRECTIONS = 3
DETACHED = "compute the term without detach(), item(), float(), .data and torch.no_grad() on the way to its value"


class Slope(NamedTuple):
    """Along one direction."""

    computed: float  # by autograd
    measured: float

    @property
    def agrees(self) -> bool:
        return abs(self.computed - self.measured) <= TOLERANCE * max(abs(self.computed), abs(self.measured)) + 1e-9


def gradients_of_terms(trick: Trick, settings: Mapping[str, Any], watch: Watch) -> list[Finding]:
    """One finding for all its terms. `watch`: of runs that were trained."""
    for name, shape in watch.not_scalar.items():
        text = f"the term {name} is a tensor of shape {list(shape)}, not a scalar"
        return [failed(CHECK, text, "take its mean over the batch")]
    for name in watch.without_gradient:
        return [failed(CHECK, f"the term {name} has no gradient: it changes nothing but the loss's number", DETACHED)]
    state = begun(settings)
    if not state.parts.d_terms and not state.parts.g_terms:
        return [not_tried(CHECK, "it adds no term to a loss")]
    with _in_float64():
        try:
            found = [_gradient_of(state, term, player) for term, player in _terms(_prepared(state))]
        except (RuntimeError, TypeError) as error:  # it may insist on float32
            return [not_tried(CHECK, f"its terms can't be computed in float64: {str(error).splitlines()[0][:150]}")]
    wrong = [finding for finding in found if finding.outcome != "passed"]
    return wrong[:1] or [passed(CHECK, "; ".join(finding.text for finding in found))]


def _terms(state: State) -> Iterator[tuple[Term, str]]:
    yield from ((term, "D") for term in state.parts.d_terms)
    yield from ((term, "G") for term in state.parts.g_terms)


def _prepared(state: State) -> State:
    """In float64, and two updates of each player on: a part may compare with what another one has left behind."""
    state.G.double()
    state.D.double()
    for _ in range(2):
        train_d(state, _reals(), _latents(state), ())
        train_g(state, _reals(), _latents(state), ())
    return state


def _gradient_of(state: State, term: Term, player: str) -> Finding:
    net = state.D if player == "D" else state.G
    evaluate = _function(state, term, player)
    constants = Constants()
    with told(CHECK, f"the gradient of the term {term.name}", "a gradient of a gradient needs create_graph=True"):
        with constants:
            value = evaluate()
        parameters = [parameter for parameter in net.parameters() if parameter.requires_grad]
        if not value.requires_grad:
            return failed(CHECK, f"the term {term.name} has no gradient with respect to {player}'s weights", DETACHED)
        gradient = torch.autograd.grad(value, parameters, allow_unused=True)
        with constants.again():
            again = evaluate()
        if not torch.equal(again, value):
            return not_tried(CHECK, f"the term {term.name} is another number for the same weights and images")
    if all(part is None or not part.any() for part in gradient):
        if value == 0:
            return not_tried(CHECK, f"the term {term.name} is 0 in a tiny run, and so is its gradient")
        return failed(CHECK, f"the term {term.name} is {float(value.detach()):.4g}, but its gradient is 0", DETACHED)
    try:
        slopes = [_slope(evaluate, constants, parameters, gradient, seed) for seed in range(DIRECTIONS)]
    except OtherCourseError:
        return not_tried(CHECK, f"the term {term.name} takes another course when weights move")
    if sum(slope.agrees for slope in slopes) * 2 > DIRECTIONS:  # one direction may cross an edge of a ReLU
        return passed(CHECK, f"{term.name} agrees with finite differences in {player}'s weights")
    worst = max(slopes, key=lambda slope: abs(slope.computed - slope.measured))
    text = (
        f"the slope of the term {term.name} along a direction of {player}'s weights is {worst.computed:.6g} by "
        f"autograd and {worst.measured:.6g} by finite differences"
    )
    return failed(CHECK, text, "look for an autograd.Function with a wrong backward, or for what is changed in place")


def _function(state: State, term: Term, player: str) -> Callable[[], Tensor]:
    """The term's value with the weights as they are now; streams, parts and buffers are the same each time."""
    z = _latents(state)
    seen_real, seen_fake = _as_seen(state, z)
    streams = {name: value.clone() for name, value in state.streams.state_dict().items()}
    kept = {name: copy.deepcopy(thing.state_dict()) for name, thing in state.parts.state.items()}
    buffers = [(buffer, buffer.clone()) for net in (state.G, state.D) for buffer in net.buffers()]

    def evaluate() -> Tensor:
        state.streams.load_state_dict(streams)
        for name, thing in state.parts.state.items():
            thing.load_state_dict(copy.deepcopy(kept[name]))
        with torch.no_grad():
            for buffer, value in buffers:
                buffer.copy_(value)
        if player == "D":
            return term.value(Pass(state.D, seen_real, seen_fake, state.D(seen_real), state.D(seen_fake)))
        fake = state.G(z)
        for look in state.parts.view:
            fake = look(fake)
        with torch.no_grad():
            reals = (seen_real, state.D(seen_real)) if state.loss.g_sees_reals else (None, None)
        return term.value(Pass(state.D, reals[0], fake, reals[1], state.D(fake)))

    return evaluate


def _as_seen(state: State, z: Tensor) -> tuple[Tensor, Tensor]:
    """Reals and fakes [N C H W] as D sees them in its phase, detached."""
    images: list[Tensor] = []

    def look(seen: Pass) -> Tensor:
        assert seen.x_real is not None
        images[:] = [seen.x_real.detach().clone(), seen.x_fake.detach().clone()]
        return seen.logits_fake.sum() * 0

    train_d(state, _reals(), z, (Term("look", 1, look),))
    return images[0], images[1]


def _slope(
    evaluate: Callable[[], Tensor],
    constants: Constants,
    parameters: list[nn.Parameter],
    gradient: tuple[Tensor | None, ...],
    seed: int,
) -> Slope:
    stream = torch.Generator().manual_seed(seed)
    direction = [torch.randn(parameter.shape, generator=stream) for parameter in parameters]
    if seed == 0:  # the steepest one, in which a wrong size shows best
        direction = [torch.zeros_like(p) if g is None else g for p, g in zip(parameters, gradient, strict=True)]
    length = torch.stack([part.square().sum() for part in direction]).sum().sqrt()
    direction = [part / length for part in direction]
    products = zip(gradient, direction, strict=True)
    computed = sum(float((part * along).sum()) for part, along in products if part is not None)
    values = []
    for step in (STEP, -STEP):
        with torch.no_grad():
            for parameter, along in zip(parameters, direction, strict=True):
                parameter.add_(along, alpha=step)
        with constants.again():
            value = evaluate()
        values.append(float(value.detach()))
        with torch.no_grad():
            for parameter, along in zip(parameters, direction, strict=True):
                parameter.sub_(along, alpha=step)
    return Slope(computed, (values[0] - values[1]) / (2 * STEP))


def _reals() -> Tensor:
    """[8 1 16 16] in [-1, 1]"""
    return to_unit(torch.from_numpy(blobs()[:8].copy())).double()


def _latents(state: State) -> Tensor:
    """[8 latent_dim]"""
    return state.latents(8).double()


@contextmanager
def _in_float64() -> Iterator[None]:
    """New tensors are float64 unless they say otherwise."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(before)
