"""Tables between marks in a page of the documentation."""


def line(cells: list[str]) -> str:
    """A table's."""
    return f"| {' | '.join(cells)} |"


def between(page: str, mark: str, text: str) -> str:
    """The page with this text between the mark and the end."""
    before, _, rest = page.partition(mark)
    _, end, after = rest.partition("<!-- end -->")
    if not end:
        raise SystemExit(f"the page has no {mark} ... <!-- end -->")
    return f"{before}{mark}\n\n{text}\n\n{end}{after}"
