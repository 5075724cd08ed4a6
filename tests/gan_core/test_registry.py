"""Registries: in order, open, and with one record a name."""

import pytest

from gan_core.config import catalog, resolve
from gan_core.game.losses import LOSSES
from gan_core.problems import UserError
from gan_core.registry import Registry, registry_of
from gan_core.tricks import TRICKS


def test_records_stand_in_order_and_a_second_of_one_name_is_refused() -> None:
    registry = Registry("fruit", {"pear": 1, "apple": 2})
    registry.add("fig", 3, "mine.py@0123456789abcdef")
    assert list(registry.items()) == [("pear", 1), ("apple", 2), ("fig", 3)]
    assert (registry.owner("fig"), registry.owner("pear"), registry.owner("plum")) == (
        "mine.py@0123456789abcdef",
        "",
        "",
    )
    with pytest.raises(UserError, match="there is a fruit 'fig' already, from mine"):
        registry.add("fig", 4)
    registry.drop("mine.py@0123456789abcdef")
    assert list(registry) == ["pear", "apple"]
    assert registry.version == 2


def test_two_records_of_one_name_are_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="two records of kind trick are called dropout"):
        registry_of("trick", [TRICKS["dropout"], TRICKS["dropout"]])


def test_what_is_made_from_a_registry_sees_what_was_added() -> None:
    try:
        LOSSES.add("mine", LOSSES["hinge"], "mine.py@0123456789abcdef")
        assert resolve({"loss": "mine"}).loss == "mine"
        assert "mine" in {entry.level for entry in catalog.levels()}
        assert any("mine" in option.kind for option in catalog.choices() if option.name == "loss")
    finally:
        LOSSES.drop("mine.py@0123456789abcdef")
    with pytest.raises(UserError, match="no loss is called 'mine'"):
        resolve({"loss": "mine"})
