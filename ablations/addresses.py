"""Addresses of servers and databases as they may be shown."""

from urllib.parse import urlsplit, urlunsplit

HIDDEN = "***"  # in place of a password


def without_password(uri: str) -> str:
    """The URI as it may be shown and stored, without its password."""
    parts = urlsplit(uri)
    if parts.password is None:
        return uri
    return urlunsplit(parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", f":{HIDDEN}@")))
