"""Whether distances in a network's features grow with the damage: held-out pictures, spoilt more and more.

What it is that FID should notice: noise, blur, and classes that are missing (Heusel et al. 2017, arXiv:1706.08500,
section A1, spoil pictures in such ways). Each way is a chain that begins with the pictures as they are; a chain is in
order where each FID is above the one before. Chains are not compared with each other, with one exception: uniform noise
must be further away than a single class.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn

from gan_core.evaluation.extractors.own_facts import Spoilt
from gan_core.evaluation.features import extract
from gan_core.evaluation.metrics.fid import distance
from gan_core.evaluation.moments import Moments, moments_of, root_of
from gan_core.streams import generator

MOST = 2500  # held-out pictures that are spoilt
NOISE = (10, 30, 90)  # standard deviations, of 255
BLUR = (0.7, 1.4, 2.8)  # standard deviations in px, of 32
BATCH = 250
CPU = torch.device("cpu")


class Way(NamedTuple):
    """Pictures that were spoilt in one way, uint8 [N C H W]."""

    chain: str
    how: str
    images: Tensor


def ordering(network: nn.Module, reference: Tensor, images: Tensor, labels: Tensor, seed: int) -> tuple[Spoilt, ...]:
    """The FID of the held-out `images` [N C 32 32], and of each way of spoiling them, against `reference`.

    All uint8. Every set has as many pictures as there are held-out ones, so that they are biased alike.
    """
    reals = _moments(network, reference)
    root = root_of(reals.covariance)
    drawn = torch.randperm(len(images), generator=generator(seed, "extractor.ordering"))[:MOST].sort().values
    return tuple(
        Spoilt(chain=chain, how=how, fid=distance(reals, root, _moments(network, spoilt)))
        for chain, how, spoilt in ways(images[drawn], labels[drawn], seed)
    )


def ways(images: Tensor, labels: Tensor, seed: int) -> Iterator[Way]:
    """The pictures in every way of spoiling them, chain after chain, from the least spoilt on."""
    random = generator(seed, "extractor.noise")
    yield Way("noise", "as they are", images)
    noise = torch.randn(images.shape, generator=random)
    for level in NOISE:
        yield Way("noise", f"noise of {level}", _to_uint8(images.float() + level * noise))
    yield Way("blur", "as they are", images)
    for deviation in BLUR:
        yield Way("blur", f"blur of {deviation} px", _to_uint8(blurred(images.float(), deviation)))
    yield Way("classes", "as they are", images)
    counts = torch.bincount(labels)
    rarest_first = [int(k) for k in counts.argsort(stable=True) if counts[k] > 0]
    for left in sorted({max(1, len(rarest_first) * tenths // 10) for tenths in (8, 5, 0)}, reverse=True):
        kept = images[torch.isin(labels, torch.tensor(rarest_first[:left]))]
        some = kept[torch.arange(len(images)) % len(kept)]
        yield Way("classes", f"{left} of {len(rarest_first)} classes", some)
    uniform = torch.randint(0, 256, images.shape, generator=random, dtype=torch.uint8)
    yield Way("classes", "uniform noise", uniform)


def disordered(found: tuple[Spoilt, ...]) -> tuple[str, ...]:
    """What is not in order, in words."""
    return tuple(
        f"{after.how} has a FID of {after.fid:.4g}, and {before.how} one of {before.fid:.4g}"
        for before, after in pairwise(found)
        if before.chain == after.chain and not after.fid > before.fid
    )


def blurred(x: Tensor, deviation: float) -> Tensor:
    """Gaussian blur of [N C H W], reflected at the borders, cut at 3 standard deviations."""
    from torchvision.transforms.v2.functional import gaussian_blur  # a second to import

    width = 2 * int(3 * deviation + 0.5) + 1
    found: Tensor = gaussian_blur(x, [width, width], [deviation, deviation])
    return found


def _to_uint8(x: Tensor) -> Tensor:
    return x.round().clamp(0, 255).to(torch.uint8)


def _moments(network: nn.Module, images: Tensor) -> Moments:
    features = torch.cat([extract(network, batch).features for batch in torch.split(images, BATCH)])
    return moments_of(features, CPU)
