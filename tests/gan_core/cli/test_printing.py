"""What the commands print."""

import pytest

from gan_core.cli.printing import Counter, say


def test_names_do_not_act_on_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    say("a\x1b[2J\nb")
    Counter("x\r")("y\u202e", 1, 1)
    shown = capsys.readouterr()
    assert shown.out == "a\\x1b[2J\nb\n"
    assert shown.err == "x\\r: y\\u202e 1 of 1 images\n"
