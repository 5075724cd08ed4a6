import stat
from pathlib import Path

import pytest

from ablations.server.credentials import FILE, PASSWORD, SECRET_KEY, USERNAME, credentials_for
from gan_core.problems import UserError

GIVEN = {PASSWORD: "correct horse", SECRET_KEY: "battery staple"}


def test_drawn_once_for_the_owner_alone(tmp_path: Path) -> None:
    first = credentials_for(tmp_path, {})
    assert first.drawn_in == tmp_path / FILE
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert credentials_for(tmp_path, {}).environment == first.environment
    assert credentials_for(tmp_path / "other", {}).environment[PASSWORD] != first.environment[PASSWORD]


def test_what_is_given_is_kept_nowhere(tmp_path: Path) -> None:
    credentials = credentials_for(tmp_path, {**GIVEN, "HOME": "/root"})
    assert credentials.environment == {**GIVEN, USERNAME: "admin"}
    assert credentials.drawn_in is None
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("wrong", [{PASSWORD: ""}, {SECRET_KEY: ""}, {PASSWORD: "short"}])
def test_half_of_it_or_a_short_one_is_refused(wrong: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        credentials_for(tmp_path, {**GIVEN, **wrong})
    assert caught.value.problems[0].where == tuple(wrong)


def test_a_damaged_file_says_what_it_lacks(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(f"{USERNAME}=admin\n{PASSWORD}=\n")
    with pytest.raises(UserError) as caught:
        credentials_for(tmp_path, {})
    assert f"{PASSWORD}, {SECRET_KEY}" in caught.value.problems[0].message
