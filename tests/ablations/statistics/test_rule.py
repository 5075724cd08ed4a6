"""What a study's answers are held to, in words."""

import pytest

from ablations.statistics import Rule


@pytest.mark.parametrize(("part", "text"), [(0.1, "10 %"), (0.07, "7 %"), (0.025, "2.5 %"), (0.005, "0.5 %")])
def test_percentages_are_not_rounded_away(part: float, text: str) -> None:
    rule = Rule(margin=part, confidence=1 - part)
    assert (rule.margin_percent, rule.alpha_percent) == (text, text)
    assert Rule(confidence=0.975).confidence_percent == "97.5 %"
