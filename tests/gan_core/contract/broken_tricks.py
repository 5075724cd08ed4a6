"""Tricks that are broken on purpose, each in one way, and what is to be said of each."""

from typing import NamedTuple

HEAD = '''"""A trick that is broken on purpose."""
import random

import numpy as np
import torch
from pydantic import Field
from torch import nn

from gan_core.game.meter import DoseMeter
from gan_core.plugins import register
from gan_core.records import Record
from gan_core.tricks.seats import Parts, Term
from gan_core.tricks.trick import Trick


class Options(Record):
    """How strong."""

    weight: float = Field(0.1, gt=0, description="how strong")


def build(options, context):
    tally = DoseMeter(context.device)
    kept = dict(state={"own": tally}, dose=(tally.dose,))
'''
FOOT = """

register(Trick("own", "broken on purpose", "Nobody 2026, page 1", Options, build))
"""


def plugin(body: str) -> str:
    """The file with this body of `build`."""
    return HEAD + "\n".join(f"    {line}" if line else "" for line in body.strip("\n").splitlines()) + FOOT


class Broken(NamedTuple):
    """The body of `build`, the checks that have to fail, and words that have to be said."""

    body: str
    fails: set[str]
    words: str


BROKEN = {
    "draws from torch's global generator": Broken(
        """
def look(x):
    tally.note("noise", x.abs().mean())
    return x + options.weight * torch.randn_like(x)

return Parts(view=(look,), **kept)
""",
        {"random numbers", "resumed"},
        "draws from the global generator of torch in its seat view",
    ),
    "draws from numpy in a layer": Broken(
        """
class Noise(nn.Module):
    def forward(self, x):
        tally.note("noise", x.abs().mean())
        return x + float(np.random.normal())

def add(net, player):
    if player == "D":
        net.blocks[0].add_module("noise", Noise())

return Parts(layers=(add,), **kept)
""",
        {"random numbers", "resumed"},
        "draws from the global generator of numpy outside its seats, in a layer",
    ),
    "keeps state without declaring it": Broken(
        """
steps = [0]

def term(seen):
    steps[0] += 1
    tally.note("steps", seen.logits_fake.detach().mean() * 0 + steps[0])
    return options.weight * steps[0] * seen.logits_fake.square().mean()

return Parts(d_terms=(Term("own", 1, term),), **kept)
""",
        {"resumed"},
        "Parts.state, with state_dict and load_state_dict",
    ),
    "changes images in place": Broken(
        """
def look(x):
    with torch.no_grad():
        x.clamp_(-options.weight, options.weight)
    tally.note("largest", x.abs().max())
    return x * 1

return Parts(view=(look,), **kept)
""",
        {"in place", "runs"},
        "changes a tensor that it was given, in its seat view",
    ),
    "does nothing": Broken(
        """
def look(x):
    tally.note("looked", torch.ones(()))
    return x

return Parts(view=(look,), **kept)
""",
        {"on"},
        "it changes nothing with non_saturating",
    ),
    "sits in no seat": Broken("return Parts()", {"on", "dose"}, "it reports no dose"),
    "has a term that is detached": Broken(
        """
def term(seen):
    value = seen.logits_fake.detach().square().mean()
    tally.note("own", value)
    return options.weight * value

return Parts(d_terms=(Term("own", 1, term),), **kept)
""",
        {"on", "gradient"},
        "the term own has no gradient",
    ),
    "has a term that is read as a number": Broken(
        """
def term(seen):
    value = seen.logits_fake.square().mean().item()
    tally.note("own", torch.tensor(value))
    return options.weight * value + 0 * seen.logits_fake.sum()

return Parts(d_terms=(Term("own", 1, term),), **kept)
""",
        {"on", "gradient"},
        "but its gradient is 0",
    ),
    "has a gradient that is wrong": Broken(
        """
class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return grad * x  # the 2 is missing

def term(seen):
    value = Square.apply(seen.logits_fake).mean()
    tally.note("own", value)
    return options.weight * value

return Parts(d_terms=(Term("own", 1, term),), **kept)
""",
        {"gradient"},
        "by finite differences",
    ),
    "has a term that is no scalar": Broken(
        """
def term(seen):
    tally.note("own", seen.logits_fake.mean())
    return options.weight * seen.logits_fake.square()

return Parts(d_terms=(Term("own", 1, term),), **kept)
""",
        {"runs", "gradient"},
        "a tensor of shape [8], not a scalar",
    ),
    "gives NaN with one of the losses": Broken(
        """
def term(seen):
    value = seen.logits_fake.square().mean()
    tally.note("own", value)
    if context.config.loss == "hinge":
        value = value + (seen.logits_real - 100).sqrt().mean()
    return options.weight * value

return Parts(d_terms=(Term("own", 1, term),), **kept)
""",
        {"losses"},
        "with loss: hinge own is nan at step 1",
    ),
    "reports no dose": Broken(
        """
def look(x):
    return x * (1 - options.weight)

return Parts(view=(look,))
""",
        {"dose"},
        "it reports no dose: nobody could tell whether it acted",
    ),
    "reports a dose that is not finite": Broken(
        """
def look(x):
    return x * (1 - options.weight)

return Parts(view=(look,), dose=(lambda: {"share": float("nan")},))
""",
        {"dose"},
        "share is nan",
    ),
    "reports a dose of 0": Broken(
        """
def look(x):
    return x * (1 - options.weight)

return Parts(view=(look,), dose=(lambda: {"share": 0.0},))
""",
        {"dose"},
        "the dose says that it never acted: share 0",
    ),
    "is not off when it is off": Broken(
        """
torch.nn.functional.binary_cross_entropy_with_logits = lambda x, t: (x - t).square().mean()

def look(x):
    tally.note("own", x.abs().mean())
    return x * (1 - options.weight)

return Parts(view=(look,), **kept)
""",
        {"off"},
        "the first step differs: D's loss",
    ),
    "raises where it trains": Broken(
        """
def look(x):
    return x @ torch.zeros(3, 5)

return Parts(view=(look,), **kept)
""",
        {"runs"},
        "in look: return x @ torch.zeros(3, 5)",
    ),
    "keeps what no checkpoint can hold": Broken(
        """
class Kept:
    def state_dict(self):
        return {"what": lambda: 0}
    def load_state_dict(self, state):
        pass

def look(x):
    tally.note("own", x.abs().mean())
    return x * (1 - options.weight)

return Parts(view=(look,), state={"own": tally, "more": Kept()}, dose=(tally.dose,))
""",
        {"resumed"},
        "state_dict has to give plain data and tensors",
    ),
    "draws within an update and does not say so": Broken(
        """
def look(x):
    tally.note("noise", x.abs().mean())
    return x + options.weight * torch.randn(x.shape, generator=context.stream)

return Parts(view=(look,), **kept)
""",
        {"cuda graphs"},
        "draws random numbers, which can't be captured: own.py:",
    ),
    "reads the clock within an update and does not say so": Broken(
        """
def look(x):
    tally.note("shrunk", x.abs().mean())
    return x * (1 - options.weight * min(context.clock.kimg / 1000, 1)) * (1 - options.weight)

return Parts(view=(look,), **kept)
""",
        {"cuda graphs"},
        "reads the clock within an update",
    ),
    "reads a value within an update and does not say so": Broken(
        """
def look(x):
    tally.note("shrunk", x.abs().mean())
    return x * (1 - options.weight) if x.mean() > -2 else x

return Parts(view=(look,), **kept)
""",
        {"cuda graphs"},
        "waits for the device, which can't be captured",
    ),
    "moves the order of the data": Broken(
        """
def look(x):
    tally.note("own", x.abs().mean())
    return x * (1 - options.weight)

import gan_core.training.build as trainer
stream = trainer.BatchStream
class Other(stream):
    def draw(self, count):
        drawn = super().draw(count)
        self.position += 1
        return drawn

trainer.BatchStream = Other
return Parts(view=(look,), **kept)
""",
        {"off", "pairs"},
        "the images or z of later updates are not those of the run without it",
    ),
}
