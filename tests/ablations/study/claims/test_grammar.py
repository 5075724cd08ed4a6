"""How comparisons are written."""

import pytest

from ablations.study.claims.grammar import Arm, Comparison, Effect, Factors, Generators, Zero, read_comparison

A, B = Arm("a"), Arm("b")


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("a < b", Comparison(A, "<", B)),
        ("a>b", Comparison(A, ">", B)),
        ("a  =  b", Comparison(A, "=", B)),
        ("a < a + b", Comparison(A, "<", Arm("a + b"))),
        ("a better than b", Comparison(A, "better than", B)),
        ("a worse than b + c", Comparison(A, "worse than", Arm("b + c"))),
        ("a makes little difference", Comparison(A, "=", Arm("baseline"))),
        ("a makes little difference with b + c", Comparison(Arm("a + b + c"), "=", Arm("b + c"))),
        ("effect of a with b < effect of a", Comparison(Effect("a", "b"), "<", Effect("a", ""))),
        ("effect of a = effect of b with c + d", Comparison(Effect("a", ""), "=", Effect("b", "c + d"))),
        ("main effect of a < 0", Comparison(Factors(("a",)), "<", Zero())),
        ("interaction of a and b = 0", Comparison(Factors(("a", "b")), "=", Zero())),
        ("last of every arm > best of every arm", Comparison(Generators("last", "every arm"), ">",
                                                             Generators("best", "every arm"))),
    ],
)  # fmt: skip
def test_forms(text: str, means: Comparison) -> None:
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
