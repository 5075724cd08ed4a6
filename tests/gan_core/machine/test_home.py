"""A user whom the machine does not know: no $HOME, no entry in passwd."""

import getpass
import os
import pwd
from pathlib import Path

import pytest

from gan_core.machine.home import HOME_VARIABLE, expanded, machine_home, settle_user
from gan_core.problems import UserError


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(key: object) -> None:
        raise KeyError(f"getpwuid(): uid not found: {key}")

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    monkeypatch.setattr(pwd, "getpwnam", unknown)
    monkeypatch.setattr(os, "environ", {"PATH": os.environ["PATH"]})


@pytest.mark.usefixtures("nobody")
def test_no_home_is_one_message_with_a_way_on() -> None:
    settle_user()
    with pytest.raises(UserError, match=f"the home folder of this user is unknown.*{HOME_VARIABLE}"):
        machine_home()
    with pytest.raises(UserError, match="that home folder is unknown"):
        expanded(Path("~somebody/pictures"))


@pytest.mark.usefixtures("nobody")
def test_a_home_of_ours_serves_all(tmp_path: Path) -> None:
    os.environ[HOME_VARIABLE] = str(tmp_path)
    settle_user()
    assert machine_home() == Path.home() == tmp_path
    assert getpass.getuser() == f"uid-{os.getuid()}"


def test_what_is_known_stays(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    before = dict(os.environ)
    settle_user()
    assert dict(os.environ) == before
