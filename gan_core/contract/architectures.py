"""The contract of a pair of networks: shapes and ranges at each size that it draws, gradients to every parameter."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import torch

from gan_core.contract.finding import Finding, failed, findings_of, judged, not_tried, passed, told
from gan_core.contract.global_random import global_random_state, random_numbers
from gan_core.contract.tiny import CPU, STEPS, blobs, configured, finite, same, stepped, weights
from gan_core.nets import Architecture
from gan_core.problems import UserError
from gan_core.schema.sizes import Size, shape_of, size_text
from gan_core.training.build import State, build
from gan_core.training.step import train_step

SIZES: tuple[Size, ...] = (16, 28, 32, 64, (24, 40), (157, 128))
LARGE = 64 * 64  # pixels; of larger ones only the first that is drawn is tried


@dataclass(frozen=True)
class Tiny:
    """A pair of networks in tiny runs. `use`: the plug-in that it comes from, if any."""

    name: str
    architecture: Architecture
    use: tuple[str, ...]

    @property
    def channels(self) -> tuple[int, ...]:
        """Of the images that it is tried with."""
        return (1, 3) if self.architecture.channels is None else (self.architecture.channels,)

    def state(self, size: Size, channels: int | None = None, **more: Any) -> State:
        """A run at step 0 with it. Raises UserError where a rule refuses it."""
        channels = self.channels[0] if channels is None else channels
        data = {"data": "shapes"} if channels == 1 else {"data": "cifar-10", "extractor": "none"}
        small = {"batch_size": 4, "width": 2, "use": self.use, **data}
        config = configured({**small, "architecture": self.name, "image_size": size, **self.architecture.fixed, **more})
        with told("builds", f"building it for {size_text(size)} and {channels} channel(s)"):
            return build(config, blobs(channels, *config.shape, count=12), CPU)


def check_architecture(name: str, architecture: Architecture, use: tuple[str, ...] = ()) -> list[Finding]:
    """All checks of an architecture that is registered under this name. `use`: the plug-in that it comes from."""
    before = global_random_state()
    sizes, tiny = drawn(architecture), Tiny(name, architecture, use)
    if not sizes:
        words = ", ".join(size_text(size) for size in SIZES)
        return [
            failed("sizes", f"its check_size refuses all of {words}", "raise ValueError only for what it can't draw")
        ]
    found = findings_of(
        *(partial(_at, tiny, size, channels) for size in sizes for channels in tiny.channels),
        lambda: [_round_trip(tiny, sizes[0])],
        lambda: [_repeats(tiny, sizes[0])],
        lambda: _trains(tiny, sizes[0]),
    )
    first = list({finding.check: finding for finding in reversed(found)}.values())[::-1]  # at many sizes: once
    fine: list[Finding] = []
    if not {"builds", "shapes", "gradient", "pixels"} & {finding.check for finding in found if finding.failed}:
        kinds = " and ".join({1: "grey", 3: "colour"}[channels] for channels in tiny.channels)
        text = f"images [N C H W] in [-1, 1] and logits [N] at {', '.join(map(size_text, sizes))}, {kinds}"
        fine = [passed("shapes", text), passed("gradient", "reaches every parameter of G and D, and every pixel")]
    return [*fine, *first, random_numbers(before)]


def drawn(architecture: Architecture) -> list[Size]:
    """The sizes of our list that its `check_size` lets through, without the large ones if there is a small one."""
    sizes: list[Size] = []
    own = architecture.defaults.get("image_size")
    for size in (*SIZES, *([own] if own is not None and own not in SIZES else [])):
        try:
            architecture.check_size(*shape_of(size))
        except ValueError:
            continue
        sizes.append(size)
    small = [size for size in sizes if shape_of(size)[0] * shape_of(size)[1] < LARGE]
    return small or sizes[:1]


def _at(tiny: Tiny, size: Size, channels: int) -> list[Finding]:
    """Shapes, range and gradients at one size. Nothing where all is well."""
    state = tiny.state(size, channels)
    where = f"at {size_text(size)} with {channels} channel(s)"
    z = state.latents(5)
    with told("shapes", f"a forward pass {where}"):
        x = state.G(z)
        expected = (5, channels, *shape_of(size))
        if tuple(x.shape) != expected:
            return [failed("shapes", f"G gives {list(x.shape)} {where}", f"images [N C H W]: {list(expected)}")]
        logits = state.D(x)
        if tuple(logits.shape) != (5,):
            return [failed("shapes", f"D gives {list(logits.shape)} {where}", "logits [N]: [5]; .flatten() them")]
    with torch.no_grad():
        far = state.G(100 * z)
    if not finite([far]):
        return [
            failed(
                "shapes",
                f"G's images are not finite {where}",
                "images of numbers, for z as far from 0 as 100 times N(0, 1)",
            )
        ]
    if getattr(state.G, "bounded", True) and float(far.abs().max()) > 1:
        return [failed("shapes", f"G's images leave [-1, 1] {where}", "end G in tanh, or say `bounded = False` of it")]
    seen = x.detach().requires_grad_()
    with told("gradient", f"the backward pass {where}"):
        logits.square().sum().backward()
        pixels = torch.autograd.grad(state.D(seen).sum() + state.D(seen.flip(0)).square().sum(), seen)[0]
    for player, net in (("G", state.G), ("D", state.D)):
        if idle := [n for n, parameter in net.named_parameters() if parameter.grad is None]:
            text = f"no gradient reaches {player}'s {', '.join(idle[:3])} {where}"
            return [failed("gradient", text, "it is made and then left out of the forward pass")]
    unseen = int((pixels.abs().sum(dim=(0, 1)) == 0).sum())
    if unseen > 0.02 * pixels[0, 0].numel():
        return [
            failed("pixels", f"D does not look at {unseen} pixels {where}", "strides and paddings that fit the size")
        ]
    return []


def _round_trip(tiny: Tiny, size: Size) -> Finding:
    """A state dict that is saved and loaded gives the same images, in evaluation mode."""
    first, second = tiny.state(size), tiny.state(size, seed=1)
    z = first.latents(3)
    with told("state dict", "loading a state dict"):
        for player in ("G", "D"):
            getattr(second, player).load_state_dict(getattr(first, player).state_dict())
        first.G.eval(), second.G.eval()
        with torch.no_grad():
            equal = torch.equal(first.G(z), second.G(z))
    return judged(
        "state dict",
        equal,
        "saved and loaded it draws the same images",
        "a G that is loaded from another one's state dict draws other images",
        "register_buffer for every tensor that is no parameter",
    )


def _repeats(tiny: Tiny, size: Size) -> Finding:
    first, second = tiny.state(size), tiny.state(size)
    return judged(
        "repeats",
        same(weights(first.G, first.D), weights(second.G, second.D)),
        "the same initial weights from the same seed",
        "two networks of one seed have different weights",
        "draw from torch's global generator while the networks are made, or not at all: it is seeded then",
    )


def _trains(tiny: Tiny, size: Size) -> list[Finding]:
    with told("trains", "a tiny run"):
        ran, again = stepped(tiny.state(size)), stepped(tiny.state(size))
    return [
        judged("trains", finite(ran.weights), f"{STEPS} steps of a tiny run", "a weight is not finite", "see above"),
        judged(
            "same run",
            ran.same(again),
            "a run twice is the same, bit for bit",
            f"a run twice: {ran.difference(again)}",
            "draw no random numbers in a forward pass; dropout and noise are tricks, with streams of their own",
        ),
        _with_layer_tricks(tiny, size),
    ]


def _with_layer_tricks(tiny: Tiny, size: Size) -> Finding:
    """What tricks edit: the linear maps of its layers."""
    company: dict[str, Any] = {} if "norm_d" in tiny.architecture.fixed else {"norm_d": "none"}
    try:
        state = tiny.state(size, spectral_norm={"on": "both"}, **company)
    except UserError as error:
        return not_tried("tricks in layers", str(error.problems[0]))
    with told("tricks in layers", "a step with spectral_norm in both networks"):
        train_step(state)
    fine = finite(weights(state.G, state.D))
    return judged(
        "tricks in layers", fine, "spectral_norm in both networks", "not finite with spectral_norm", "see above"
    )
