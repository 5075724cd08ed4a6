"""ARCHITECTURE.md has every module of both packages in a row, and no module that is not there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "ARCHITECTURE.md").read_text()
PACKAGES = ("gan_core", "ablations")
IN_PASSING = {"cli_NAME.py"}  # a row for all of them


def rows(package: str) -> str:
    """The lines of the package's table."""
    chapter = PAGE.partition(f"\n## {package}: ")[2].partition("\n## ")[0]
    return "\n".join(line.split(" | ")[0] for line in chapter.splitlines() if line.startswith("| `"))


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_has_a_row(package: str) -> None:
    told = rows(package)
    modules = {path.name for path in (ROOT / package).glob("*.py")} - {"__init__.py"}
    rooms = {f"{path.name}/" for path in (ROOT / package).iterdir() if (path / "__init__.py").exists()}
    assert {name for name in modules | rooms if f"`{name}`" not in told and not name.startswith("cli_")} == set()


@pytest.mark.parametrize("package", PACKAGES)
def test_what_has_a_row_is_there(package: str) -> None:
    named = set(re.findall(r"`([\w/]+(?:\.py|/))`", rows(package))) - IN_PASSING
    files = {str(path.relative_to(ROOT / package)) for path in (ROOT / package).rglob("*.py")}
    folders = {f"{path.relative_to(ROOT / package)}/" for path in (ROOT / package).rglob("*") if path.is_dir()}
    places = files | folders | {path.rpartition("/")[2] for path in files}
    assert named - places == set()
