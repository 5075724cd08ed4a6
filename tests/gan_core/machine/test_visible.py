"""Text from elsewhere does nothing on a terminal."""

import pytest

from gan_core.machine.visible import visible


@pytest.mark.parametrize(
    "character", ["\x00", "\x07", "\b", "\r", "\x1b", "\x7f", "\x9b", "\u202e", "\u2066", "\u2028"]
)
def test_what_acts_is_shown_escaped(character: str) -> None:
    shown = visible(f"a{character}b")
    assert shown == "a" + character.encode("unicode_escape").decode() + "b"
    assert shown.isprintable()


def test_what_does_not_act_stays() -> None:
    text = "a\tb\n± é 漢 \\x1b עברית"
    assert visible(text) == text
