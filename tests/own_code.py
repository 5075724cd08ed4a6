"""Plug-ins as a stranger would write them."""

TRICK = '''
"""G's images are pulled towards grey."""
from pydantic import Field

from gan_core.plugins import register
from gan_core.records import Record
from gan_core.tricks.last import Last
from gan_core.tricks.seats import Context, Parts, Pass, Term
from gan_core.tricks.trick import Trick


class Options(Record):
    weight: float = Field(0.5, gt=0, description="weight of the mean square")
    power: int = Field(2, ge=1, le=4, description="power of the pixels' size")


def build(options: Options, context: Context) -> Parts:
    last = Last()

    def value(seen: Pass):
        size = seen.x_fake.abs().pow(options.power).mean()
        last.keep(size)
        return options.weight * size

    return Parts(
        g_terms=(Term("grey", 1, value),),
        dose=(lambda: {} if last.value is None else {"size": float(last.value)},),
    )


register(Trick(name="grey", summary="pull G's images towards grey", paper="none", options=Options, build=build))
'''

METRIC = """
from gan_core.evaluation.metrics.record import Metric, Value
from gan_core.plugins import register


def measure(reals, sample, options):
    return {"spread": Value(float(sample.moments.covariance.trace()))}


register(
    Metric(
        name="spread",
        title="total variance of the features",
        bounds=(0, float("inf")),
        paper="none",
        cost="none",
        reads="features",
        needs_reference=False,
        options=lambda n_fake, n_real: {},
        measure=measure,
    ),
    better="higher",
)
"""

# A tutorial's two networks as they stand there, with a seed and a sigmoid, at 16x16 and with few channels
PAIR = """
import random

import torch
import torch.nn as nn

manualSeed = 999
random.seed(manualSeed)
torch.manual_seed(manualSeed)
torch.use_deterministic_algorithms(True)
nc, nz, ngf, ndf, ngpu = 1, 8, 4, 4, 1


class Generator(nn.Module):
    def __init__(self, ngpu):
        super(Generator, self).__init__()
        self.ngpu = ngpu
        self.main = nn.Sequential(
            nn.ConvTranspose2d(nz, ngf * 2, 4, 1, 0, bias=False),
            nn.BatchNorm2d(ngf * 2),
            nn.ReLU(True),
            nn.ConvTranspose2d(ngf * 2, ngf, 4, 2, 1, bias=False),
            nn.BatchNorm2d(ngf),
            nn.ReLU(True),
            nn.ConvTranspose2d(ngf, nc, 4, 2, 1, bias=False),
            nn.Tanh(),
        )

    def forward(self, input):
        return self.main(input)


class Discriminator(nn.Module):
    def __init__(self, ngpu):
        super(Discriminator, self).__init__()
        self.ngpu = ngpu
        self.main = nn.Sequential(
            nn.Conv2d(nc, ndf, 4, 2, 1, bias=False),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(ndf, ndf * 2, 4, 2, 1, bias=False),
            nn.BatchNorm2d(ndf * 2),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(ndf * 2, 1, 4, 1, 0, bias=False),
            nn.Sigmoid(),
        )

    def forward(self, input):
        return self.main(input)


from gan_core.plugins import pair, register

register("tutorial", pair(lambda: Generator(ngpu), lambda: Discriminator(ngpu), latent_dim=nz, image_size=16))
"""
