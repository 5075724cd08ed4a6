"""How comparisons are written."""

import pytest

from ablations.study.claims.grammar import (
    ArmTerm,
    ComparisonTerm,
    EffectTerm,
    Factors,
    Generators,
    Zero,
    read_comparison,
)

A, B = ArmTerm("a"), ArmTerm("b")


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("a < b", ComparisonTerm(A, "<", B)),
        ("a>b", ComparisonTerm(A, ">", B)),
        ("a  =  b", ComparisonTerm(A, "=", B)),
        ("a < a + b", ComparisonTerm(A, "<", ArmTerm("a + b"))),
        ("a better than b", ComparisonTerm(A, "better than", B)),
        ("a worse than b + c", ComparisonTerm(A, "worse than", ArmTerm("b + c"))),
        ("a makes little difference", ComparisonTerm(A, "=", ArmTerm("baseline"))),
        ("a makes little difference with b + c", ComparisonTerm(ArmTerm("a + b + c"), "=", ArmTerm("b + c"))),
        ("effect of a with b < effect of a", ComparisonTerm(EffectTerm("a", "b"), "<", EffectTerm("a", ""))),
        ("effect of a = effect of b with c + d", ComparisonTerm(EffectTerm("a", ""), "=", EffectTerm("b", "c + d"))),
        ("main effect of a < 0", ComparisonTerm(Factors(("a",)), "<", Zero())),
        ("interaction of a and b = 0", ComparisonTerm(Factors(("a", "b")), "=", Zero())),
        ("last of every arm > best of every arm", ComparisonTerm(Generators("last", "every arm"), ">",
                                                             Generators("best", "every arm"))),
    ],
)  # fmt: skip
def test_forms(text: str, means: ComparisonTerm) -> None:
    assert read_comparison(text) == means


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a", "no comparison"),
        ("a < b < c", "no comparison"),
        ("a <= b", "no comparison"),
        ("a <", "no comparison"),
        ("a < 0", "not of one kind"),
        ("0 = 0", "not of one kind"),
        ("effect of a < b", "not of one kind"),
        ("main effect of a < b", "compared with 0"),
        ("last of a < best of b", "within one arm"),
        ("last of a < last of a", "the same generators"),
    ],
)
def test_mistakes(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_comparison(text)
