"""What is shown of an address: everything but its secrets, however it is written."""

from pathlib import Path

import pytest
import sqlalchemy

from ablations.addresses import is_one_database, scheme_of, sqlite_address, without_password, without_passwords

SHOWN = {
    "postgresql://me:SECRET@host:5432/db": "postgresql://me:***@host:5432/db",
    "postgresql+psycopg://me:SECRET@host/db": "postgresql+psycopg://me:***@host/db",
    "https://SECRET@host/x": "https://***@host/x",
    "http://host:5000/?password=SECRET&x=1": "http://host:5000/?password=***&x=1",
    "postgresql://host/db?user=me&password=SECRET": "postgresql://host/db?user=me&password=***",
    "https://host/?x=1&access_token=SECRET": "https://host/?x=1&access_token=***",
    "me:SECRET@host/db": "me:***@host/db",
    **{
        f"{scheme}://me:SEC{sign}RET@host/db": f"{scheme}://me:***@host/db"
        for scheme in ("https", "postgresql")
        for sign in ("[", "]", "@", "%40", "#", "?", "/", ":", " ")
    },
}
AS_THEY_ARE = (
    "sqlite:////a/b@c:d@e.db",
    "http://host:5000/#/experiments/x@y",
    "http://host:5000",
    "postgresql://me@host/db",
    "http://[::1]:5000/a@b",
    "ganhacks@1a2b",
    "",
)


@pytest.mark.parametrize("uri", SHOWN)
def test_no_secret_is_shown(uri: str) -> None:
    shown = without_password(uri)
    assert shown == SHOWN[uri]
    assert without_password(shown) == shown
    assert "RET" not in without_passwords(f"can't parse {uri!r}; at '{uri}'", uri)


@pytest.mark.parametrize("uri", AS_THEY_ARE)
def test_what_is_no_secret_stays(uri: str) -> None:
    assert without_password(uri) == uri


def test_a_text_with_addresses() -> None:
    text = "HTTPConnectionPool(host='h'): url: /api?token=SECRET (of https://me:SECRET@h:5000/a, me:SECRET@h/db)"
    hidden = "HTTPConnectionPool(host='h'): url: /api?token=*** (of https://me:***@h:5000/a, me:***@h/db)"
    assert without_passwords(text) == hidden
    assert without_passwords("invalid port 'hunter[2'", "https://me:hunter[2@host") == "invalid port '***'"


@pytest.mark.parametrize(
    ("uri", "scheme"), [("https://u:p[w@h", "https"), ("postgresql+psycopg://h", "postgresql"), ("/a/b", ""), ("", "")]
)
def test_scheme(uri: str, scheme: str) -> None:
    assert scheme_of(uri) == scheme


@pytest.mark.parametrize(
    "name", ["plain", "a b", "ü", "a?b", "%20", "100%", "#", "{e}", "it's", '"', "a+b", "a@b:c", "a&b=c"]
)
def test_an_sqlite_address_leads_to_its_file(name: str, tmp_path: Path) -> None:
    """For SQLAlchemy and for Optuna, which fills in what stands in braces."""
    address = sqlite_address(tmp_path / name / "x.db")
    url = sqlalchemy.make_url(address.format())
    assert (url.database, dict(url.query)) == (str(tmp_path / name / "x.db"), {})
    assert without_password(address) == address


def test_ordinary_sqlite_addresses_are_what_they_were(tmp_path: Path) -> None:
    """Records name them, so another spelling would be another store."""
    assert sqlite_address(tmp_path / "a b-ü.db") == f"sqlite:///{tmp_path}/a b-ü.db"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("sqlite:////x/a.db", "sqlite+pysqlite:////x/y/../a.db", True),
        ("sqlite:////x/a.db", "sqlite:////x/b.db", False),
        ("sqlite://", "sqlite://", False),
        ("postgresql://me:p@host/db", "postgresql+psycopg://host/db", True),
        ("postgresql://host/db", "postgresql://host/other", False),
        ("http://host:5000", "http://host:5000", False),
        ("nothing", "nothing", False),
    ],
)
def test_whether_two_addresses_are_one_database(one: str, other: str, same: bool) -> None:
    """A user, a driver or another spelling of a path makes no other database."""
    assert is_one_database(one, other) is same
