"""Searches of a store, page after page."""

from collections.abc import Callable, Iterator
from typing import Any

PAGE = 1000


def pages(search: Callable[..., Any]) -> Iterator[Any]:
    """Everything that a search finds, page after page."""
    token = None
    while True:
        page = search(page_token=token)
        yield from page
        token = page.token
        if not token:
            return
