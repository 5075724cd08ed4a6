"""Text that people wrote, in Markdown: to be read as it was written, and nothing of it live."""

import pytest

from ablations.leaderboard.text.markdown import escaped

AS_WRITTEN = {
    "[a](javascript:alert(1))": r"\[a\](javascript:alert(1))",
    "![](https://evil.example/b.png)": r"!\[\](https\://evil.example/b.png)",
    "[1](https://evil.example)": r"\[1\](https\://evil.example)",
    "<https://evil.example>": r"&lt;https\://evil.example>",
    "www.evil.example": r"www\.evil.example",
    "<img src=x onerror=y>": "&lt;img src=x onerror=y>",
    "&#60;b&gt;": "&amp;#60;b&amp;gt;",
    "a | b * c ` d": r"a \| b \* c \` d",
    "_so_ one_sided": r"\_so\_ one_sided",
    "# heading": r"\# heading",
    "1. item": r"1\. item",
    "> quote": r"\> quote",
    "two\nlines\x1b[2J": r"two lines \[2J",
}
PLAIN = ("-50 % [-54, -45]", "1.5 [1e-05, 2]", "#", "-", "-1.5 %", "arm+other_arm", "1 < 2", "lr_d: 0.1")


@pytest.mark.parametrize("text", AS_WRITTEN)
def test_nothing_is_live(text: str) -> None:
    assert escaped(text) == AS_WRITTEN[text]


@pytest.mark.parametrize("text", PLAIN)
def test_what_is_harmless_is_as_it_was(text: str) -> None:
    assert escaped(text) == text
