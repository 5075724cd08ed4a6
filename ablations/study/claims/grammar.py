"""How a comparison is written: text -> what stands on its two sides. Names are looked up elsewhere.

spectral_norm < spectral_norm + batch_norm        arms, by name or by the tricks that are on; > and = likewise
dropout better than baseline                      or `worse than`: < or >, as the metric has it
dropout makes little difference [with ttur]       the same as `dropout + ttur = ttur`
effect of dropout with ttur < effect of dropout   what a trick does in one company and in another
main effect of dropout < 0                        in factorial designs, over all arms
interaction of dropout and ttur = 0
last of every arm > best of every arm             generators of the same runs
"""

import re
from typing import Literal, NamedTuple

from ablations.study.claims.measures import Of

Sign = Literal["<", ">", "=", "better than", "worse than"]
SIGNS: tuple[Sign, ...] = ("<", ">", "=", "better than", "worse than")
ALLOWED = (
    "`A < B`, `A > B`, `A = B`, `A better than B`, `A worse than B`, `X makes little difference [with A]`, "
    "`effect of X [with A] < effect of X [with B]`, `main effect of X < 0`, `interaction of X and Y = 0`, "
    "`last of A > best of A`"
)
_SIGNS = re.compile(r"(?P<left>.+?)\s*(?P<sign><|>|=|\bbetter than\b|\bworse than\b)\s*(?P<right>.+)")
_LITTLE = re.compile(r"(?P<trick>.+?)\s+makes little difference(?:\s+with\s+(?P<company>.+))?")
_EFFECT = re.compile(r"effect of\s+(?P<trick>.+?)(?:\s+with\s+(?P<company>.+))?")
_MAIN = re.compile(r"main effect of\s+(?P<trick>.+)")
_INTERACTION = re.compile(r"interaction of\s+(?P<one>.+?)\s+and\s+(?P<other>.+)")
_GENERATORS = re.compile(r"(?P<of>best|last) of\s+(?P<arm>.+)")


class ArmTerm(NamedTuple):
    """An arm by its name, or by the tricks that are on: 'a + b'."""

    text: str


class EffectTerm(NamedTuple):
    """The effect of one trick (or several) in the company of others; '' is the company of none."""

    trick: str
    company: str


class Factors(NamedTuple):
    """The effect of a factor, or of two that interact."""

    names: tuple[str, ...]


class Generators(NamedTuple):
    """The best or the last generators of an arm, or of 'every arm'."""

    of: Of
    arm: str


class Zero(NamedTuple):
    """No effect, the right side of a comparison."""


Side = ArmTerm | EffectTerm | Factors | Generators | Zero


class ComparisonTerm(NamedTuple):
    """The two sides of a comparison, and the relation that is claimed."""

    left: Side
    sign: Sign
    right: Side


def read_comparison(text: str) -> ComparisonTerm:
    """The comparison in a text. Raises ValueError with what is wrong with it."""
    text = " ".join(text.split())
    if match := _LITTLE.fullmatch(text):
        trick, company = match["trick"], match["company"] or ""
        together = f"{trick} + {company}" if company else trick
        return ComparisonTerm(ArmTerm(together), "=", ArmTerm(company or "baseline"))
    match = _SIGNS.fullmatch(text)
    if match is None or any(re.search(r"[<>=]", match[side]) for side in ("left", "right")):
        raise ValueError("no comparison")
    left, right = _side(match["left"]), _side(match["right"])
    _check(left, right)
    sign = next(known for known in SIGNS if known == match["sign"])
    return ComparisonTerm(left, sign, right)


def _side(text: str) -> Side:
    if text == "0":
        return Zero()
    if match := _MAIN.fullmatch(text):
        return Factors((match["trick"],))
    if match := _INTERACTION.fullmatch(text):
        return Factors((match["one"], match["other"]))
    if match := _EFFECT.fullmatch(text):
        return EffectTerm(match["trick"], match["company"] or "")
    if match := _GENERATORS.fullmatch(text):
        return Generators("best" if match["of"] == "best" else "last", match["arm"])
    return ArmTerm(text)


def _check(left: Side, right: Side) -> None:
    if isinstance(left, Factors):
        if not isinstance(right, Zero):
            raise ValueError("a main effect or an interaction is compared with 0, on the right")
    elif type(left) is not type(right) or isinstance(left, Zero):
        raise ValueError("the two sides are not of one kind")
    if isinstance(left, Generators) and isinstance(right, Generators):
        if left.arm != right.arm:
            raise ValueError("the best and the last generators are compared within one arm, or every arm")
        if left.of == right.of:
            raise ValueError("both sides are the same generators")
