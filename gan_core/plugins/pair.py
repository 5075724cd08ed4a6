"""`pair`: a generator and a discriminator that somebody has already, as an architecture."""

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from gan_core.nets import Architecture
from gan_core.nets.plain import PlainDiscriminator, PlainGenerator, Range, last_sigmoid, without_sigmoid
from gan_core.problems import Problem, UserError
from gan_core.schema.configuration import Config
from gan_core.schema.sizes import Size, shape_of, size_of, size_text

Make = Callable[[], nn.Module]
TRIED = 4  # images
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)
# What these settings mean is in the modules, and can't be chosen
OWN = ("width", "max_width", "bias", "activation_g", "activation_d", "last_activation_d", "norm_g", "norm_d")


class Facts(NamedTuple):
    """What was seen of a pair: how G takes z, what it draws, how D answers."""

    as_maps: bool
    shape: tuple[int, int, int]  # [C H W]
    sigmoid: str | None  # D's last module, to be left out
    g_draws: bool
    d_draws: bool
    norms: tuple[str, str]  # of G and of D, as a setting names them


def pair(
    generator: Make,
    discriminator: Make,
    *,
    latent_dim: int,
    image_size: Size | None = None,
    output: Range = "tanh",
    probability: bool = False,
    paper: str = "",
) -> Architecture:
    """An architecture of two plain modules, to be registered under a name.

    `generator()` and `discriminator()` make them: a class, or `lambda: Generator(3, 64)`. G: z [N latent_dim] or [N
    latent_dim 1 1] -> [N C H W], in [-1, 1] (`output="tanh"`) or [0, 1] ("sigmoid"). D: [N C H W] -> one number an
    image, of any shape. A `nn.Sigmoid` at D's end is left out, since losses take logits; `probability=True`: it ends in
    a sigmoid that is no module. `image_size`: as a check. Both are tried once, here. Raises UserError.
    """
    with torch.random.fork_rng(devices=[]):
        facts = _seen(generator, discriminator, latent_dim, probability)
    channels, *sides = facts.shape
    size = size_of(sides)
    if image_size is not None and shape_of(image_size) != shape_of(size):
        raise _problem(f"G draws images of {size_text(size)} px, and image_size is {size_text(image_size)}")

    def make_g(config: Config, of_channels: int) -> PlainGenerator:
        _refuse_channels(of_channels)
        return PlainGenerator(generator(), facts.as_maps, output, facts.g_draws)

    def make_d(config: Config, of_channels: int, tails: tuple[Any, ...] = ()) -> PlainDiscriminator:
        _refuse_channels(of_channels)
        if tails:
            raise UserError("a trick wants a place before D's last layer, which a plain module does not have")
        module = discriminator()
        if facts.sigmoid is not None:
            module = without_sigmoid(module, facts.sigmoid)
        return PlainDiscriminator(module, probability, facts.d_draws)

    def _refuse_channels(of_channels: int) -> None:
        if of_channels != channels:
            raise UserError(Problem(f"these networks are for images of {channels} channels, not {of_channels}"))

    def check_size(height: int, width: int) -> None:
        if (height, width) != tuple(sides):
            raise ValueError(f"these networks draw {size_text(size)} px, not {height}x{width}")

    return Architecture(
        paper=paper,
        check_size=check_size,
        generator=make_g,
        discriminator=make_d,
        defaults={
            "latent_dim": latent_dim,
            "image_size": size,
            "norm_g": facts.norms[0],
            "norm_d": facts.norms[1],
            "initialisation_g": "as_built",
            "initialisation_d": "as_built",
        },
        has_blocks=False,
        fixed={"latent_dim": latent_dim},
        ignores=OWN,
        channels=channels,
    )


def _seen(generator: Make, discriminator: Make, latent_dim: int, probability: bool) -> Facts:
    """Make both, and try them on a few latents."""
    if type(latent_dim) is not int or latent_dim < 1:
        raise _problem(f"latent_dim is {latent_dim!r}", "the dimensions of z that G takes, 1 or more")
    G, D = _made(generator, "generator"), _made(discriminator, "discriminator")
    z = torch.randn(TRIED, latent_dim)
    as_maps, images = _images(G, z)
    drew = _drawing()
    answer = D(images)
    d_draws = drew()
    if not isinstance(answer, Tensor) or answer.numel() != TRIED:
        raise _problem(f"D gives {_form(answer)} for {TRIED} images {_form(images)}", "one number an image")
    sigmoid, is_sigmoid = last_sigmoid(D, images.detach())
    if is_sigmoid and sigmoid is None and not probability:
        message = "D ends in a sigmoid that is no nn.Sigmoid, and losses take logits"
        raise _problem(message, "D without it, or pair(..., probability=True)")
    if probability and sigmoid is not None:
        raise _problem("probability=True, and D ends in nn.Sigmoid, which is left out by itself", "no `probability`")
    drew = _drawing()
    G(z[:, :, None, None] if as_maps else z)
    norms = ("batch" if any(isinstance(part, NORMS) for part in net.modules()) else "none" for net in (G, D))
    norm_g, norm_d = norms
    shape = (int(images.shape[1]), int(images.shape[2]), int(images.shape[3]))
    return Facts(as_maps, shape, sigmoid, drew(), d_draws, (norm_g, norm_d))


def _made(make: Make, which: str) -> nn.Module:
    if isinstance(make, nn.Module):
        message = f"the {which} is a network already, and each run needs a new one"
        raise _problem(message, f"the class, or `lambda: {type(make).__name__}(...)`")
    if not callable(make):
        raise _problem(f"the {which} is {make!r}", "a class, or a function without arguments that makes the network")
    if missing := _required(make):
        name = getattr(make, "__name__", which)
        raise _problem(f"{name} wants {', '.join(missing)}", f"`lambda: {name}(...)` with its arguments")
    net = make()
    if not isinstance(net, nn.Module):
        raise _problem(f"the {which} makes {type(net).__name__}, no nn.Module", "a network")
    return net.train()


def _required(make: Make) -> list[str]:
    try:
        parameters = inspect.signature(make).parameters.values()
    except (TypeError, ValueError):  # a callable that tells nothing
        return []
    plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [one.name for one in parameters if one.kind in plain and one.default is one.empty]


def _images(G: nn.Module, z: Tensor) -> tuple[bool, Tensor]:
    """Whether G takes z as maps, and the images that it draws."""
    errors = []
    for as_maps, form in ((False, z), (True, z[:, :, None, None])):
        try:
            images = G(form)
        except Exception as error:
            errors.append(error)
            continue
        if isinstance(images, Tensor) and images.ndim == 4 and len(images) == TRIED:
            return as_maps, images
        errors.append(_problem(f"G gives {_form(images)} for z {_form(form)}", "images [N C H W]"))
    if isinstance(errors[0], UserError):
        raise errors[0]
    raise errors[1]


def _drawing() -> Callable[[], bool]:
    """A function that says whether numbers were drawn from the global generator since."""
    before = torch.get_rng_state()
    return lambda: not torch.equal(before, torch.get_rng_state())


def _form(value: object) -> str:
    return f"[{' '.join(map(str, value.shape))}]" if isinstance(value, Tensor) else type(value).__name__


def _problem(message: str, allowed: str = "") -> UserError:
    return UserError(Problem(message, allowed=allowed))
