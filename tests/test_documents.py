"""Every file and folder that a document names is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted(str(path.relative_to(ROOT)) for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")))
NAMED = re.compile(r"`((?:ablations|gan_core|tests|studies|benchmarks|docs)/[\w/.-]+)`")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_named_places_are_there(document: str) -> None:
    names = [name for name in NAMED.findall((ROOT / document).read_text()) if "NAME" not in name]
    missing = [name for name in names if not (ROOT / name).exists()]
    assert not missing, f"{document} names {', '.join(missing)}"


def test_the_contributors_table_is_read() -> None:
    """CONTRIBUTING.md names at least a file for each thing to add: the pattern above still finds them."""
    assert len(NAMED.findall((ROOT / "CONTRIBUTING.md").read_text())) > 30


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    place = (ROOT / document).parent
    links = re.findall(r"\]\((?!https?:)([^)#\s]+)", (ROOT / document).read_text())
    missing = [link for link in links if not (place / link).exists()]
    assert not missing, f"{document} links to {', '.join(missing)}"


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text()
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert {page for page in pages if f"({page})" not in index} == set()
