"""Designs: what holds for each of them, and the arms of each written out."""

import pytest

from ablations.designs import BASELINE, DESIGNS, DesignOptions

FACTORS = ("b", "a", "c")


@pytest.mark.parametrize("all_together", [False, True])
@pytest.mark.parametrize("design", DESIGNS)
def test_every_design(design: str, all_together: bool) -> None:
    arms = DESIGNS[design](FACTORS, DesignOptions(all_together=all_together))
    assert arms[0] == (BASELINE, frozenset())
    assert len({arm.arm for arm in arms}) == len(arms)
    assert all(arm.on <= set(FACTORS) for arm in arms)
    assert arms == DESIGNS[design](FACTORS, DesignOptions(all_together=all_together))


def test_one_in() -> None:
    alone = [("baseline", set()), ("b", {"b"}), ("a", {"a"}), ("c", {"c"})]
    design = DESIGNS["one-in"]
    assert [(arm, set(on)) for arm, on in design(FACTORS, DesignOptions())] == alone
    together = design(FACTORS, DesignOptions(all_together=True))
    assert [(arm, set(on)) for arm, on in together] == [*alone, ("all", {"a", "b", "c"})]


def test_designs_cannot_be_changed_in_passing() -> None:
    with pytest.raises(TypeError):
        DESIGNS["mine"] = DESIGNS["one-in"]  # type: ignore[index]
