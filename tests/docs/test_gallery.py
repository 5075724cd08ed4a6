"""The gallery: its page says the commands that its script runs, and shows the pictures that they make."""

import csv
import re
from pathlib import Path

import pytest

from ablations.study.overrides import Overrides, settings_in
from ablations.study.study import load_study
from tests.docs.scripts import script

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGE = (DOCS / "gallery.md").read_text()

SCRIPT = script("make_gallery")


@pytest.mark.parametrize("exhibit", SCRIPT.EXHIBITS, ids=lambda exhibit: exhibit.name)
def test_an_exhibit_is_on_the_page_as_it_was_made(exhibit: object) -> None:
    assert isinstance(exhibit, SCRIPT.Exhibit)
    assert SCRIPT.command(exhibit.training()) in PAGE
    for arm in exhibit.arms:
        assert SCRIPT.command(exhibit.drawing(arm)) in PAGE
        assert f"](gallery/{exhibit.name}-{arm}.png)" in PAGE


@pytest.mark.parametrize("exhibit", SCRIPT.EXHIBITS, ids=lambda exhibit: exhibit.name)
def test_an_exhibit_has_all_arms_and_the_results_of_its_budget(exhibit: object) -> None:
    assert isinstance(exhibit, SCRIPT.Exhibit)
    seeds = None if exhibit.seed is not None else 1
    texts = [value for flag, value in zip(exhibit.more[::2], exhibit.more[1::2], strict=True) if flag == "--set"]
    data, extractor = ("folder:PHOTOS", "none") if exhibit.photos else ("fashion-mnist", None)
    overrides = Overrides(float(exhibit.kimg), data, extractor, seeds, settings_in(texts))
    study = load_study(ROOT / "studies" / "seeds" / f"{exhibit.recipe}.yaml", exhibit.study, overrides)
    assert [arm.name for arm in study.arms] == list(exhibit.arms)
    assert study.seeds == ((exhibit.seed or 0),)
    with open(DOCS / "gallery" / "results.csv", newline="") as file:
        kimg = {row["arm"]: float(row["kimg"]) for row in csv.DictReader(file) if row["exhibit"] == exhibit.name}
    a_step = 0.7  # kimg, at most: the last step may exceed the budget
    assert kimg == {arm.name: pytest.approx(arm.config.budget_kimg, abs=a_step) for arm in study.arms}


def test_every_picture_is_shown_and_small() -> None:
    shown = set(re.findall(r"\]\(gallery/([^)]+\.png)\)", PAGE))
    pictures = {path.name: path.stat().st_size for path in (DOCS / "gallery").glob("*.png")}
    assert shown == pictures.keys()
    assert max(pictures.values()) < 250_000
    assert sum(pictures.values()) < 2_000_000
