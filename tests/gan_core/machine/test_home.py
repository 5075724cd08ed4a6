"""Where caches lie, and what is said where there is no such place."""

from pathlib import Path

import pytest

from gan_core.machine.home import machine_home
from gan_core.problems import UserError


def test_a_user_without_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("GAN_ABLATIONS_HOME", raising=False)
    monkeypatch.setattr(Path, "home", nobody)
    with pytest.raises(UserError, match="GAN_ABLATIONS_HOME: there is no home folder"):
        machine_home()
    monkeypatch.setenv("GAN_ABLATIONS_HOME", "/somewhere")
    assert machine_home() == Path("/somewhere")
