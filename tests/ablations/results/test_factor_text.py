"""What a factor sets is read from arms that differ in it alone, in one block."""

from ablations.results.factor_text import FactorFacts, factor_values


def test_arms_of_two_blocks_are_not_compared() -> None:
    plain, smooth = {"width": 4, "label_smoothing": None}, {"width": 4, "label_smoothing": 0.9}
    wide = {"width": 8, "label_smoothing": None}  # in its block a rule forbids the trick
    arms = [
        FactorFacts({"smooth": False}, plain, block="narrow"),
        FactorFacts({"smooth": True}, smooth, block="narrow"),
        FactorFacts({"smooth": False}, wide, block="wide"),
    ]
    assert [values["smooth"] for values in factor_values(arms)] == ["off", "0.9", "off"]
