"""What a person at a terminal is asked while the server does not answer."""

import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from rich.prompt import Prompt

from ablations.terminal import unreachable
from gan_core.problems import UserError


class Desk:
    """A session whose server is away for the first `away` questions; what the person answers; what was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, away_for: int, answer: str, terminal: bool = True) -> None:
        self.session: Any = SimpleNamespace(offline=False, tracking_uri="http://x", needs_store=lambda: True)
        self.asked: list[str] = []
        self.troubles: Iterator[str] = iter(["gone"] * away_for)
        for stream in (sys.stdin, sys.stdout):
            monkeypatch.setattr(stream, "isatty", lambda: terminal, raising=False)
        monkeypatch.setattr(unreachable, "server_trouble", lambda uri, environment: next(self.troubles, ""))
        monkeypatch.setattr(unreachable, "AGAIN_S", 0.0)

        def ask(question: str, **_: Any) -> str:
            self.asked.append(question)
            return answer

        monkeypatch.setattr(Prompt, "ask", ask)


def test_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(monkeypatch, 5, "wait")
    unreachable.settle_store(desk.session)
    assert (len(desk.asked), desk.session.offline) == (1, False)
    assert next(desk.troubles, "") == ""


def test_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(monkeypatch, 5, "offline")
    unreachable.settle_store(desk.session)
    assert desk.session.offline


def test_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="gone"):
        unreachable.settle_store(Desk(monkeypatch, 5, "stop").session)


@pytest.mark.parametrize(("away_for", "terminal"), [(0, True), (5, False)])
def test_no_question(away_for: int, terminal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """None where the server answers, none where nobody can be asked."""
    desk = Desk(monkeypatch, away_for, "stop", terminal)
    unreachable.settle_store(desk.session)
    assert desk.asked == []
