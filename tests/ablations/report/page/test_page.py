"""The page as a reader's browser meets it: whole, balanced, closed to the outside, names as text."""

import html
import re
import shutil
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import PIL.Image
import pytest

from ablations.report.figures.canvas import NARROW, WIDE, short, written
from ablations.report.page.figures import figures_of
from ablations.report.page.page import POLICY, page_of
from ablations.report.page.write import write_at_the_end
from ablations.report.study_report import study_reports
from ablations.workspace.workspace import Workspace
from tests.ablations.command import ablations
from tests.ablations.report.studies import arm_of, factorial, ladder, one_in, search, write_study

VOID = {"meta", "img", "source", "br", "hr", "link", "wbr"}
REFERS = ("src", "href", "srcset", "poster", "action", "data")


class Reader(HTMLParser):
    """Follows the tags; `open` must be empty at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.mistakes: list[str] = []
        self.references: list[str] = []
        self.ids: list[str] = []
        self.tags: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.references += [value for name, value in attrs if name in REFERS and value is not None]
        self.ids += [value for name, value in attrs if name == "id" and value is not None]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.mistakes.append(f"</{tag}> at {self.getpos()}")

    def handle_data(self, data: str) -> None:
        self.text += data


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    return reader


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    runs = tmp_path_factory.mktemp("runs")
    one_in(runs / "s")
    return runs


@pytest.fixture(scope="module")
def page(runs: Path) -> str:
    return page_of(study_reports([runs / "s"]))


def test_the_page_is_balanced_and_needs_nothing_from_outside(page: str) -> None:
    reader = read(page)
    assert (reader.open, reader.mistakes) == ([], [])
    assert "script" not in reader.tags
    outside = [text for text in reader.references if not text.startswith(("data:", "#"))]
    assert not outside
    assert "@import" not in page
    assert "url(" not in page
    assert len(reader.ids) == len(set(reader.ids))
    anchors = {text[1:] for text in reader.references if text.startswith("#")}
    assert anchors <= set(reader.ids)
    assert 'name="viewport"' in page


@pytest.mark.parametrize("make", [ladder, factorial, search])
def test_so_is_that_of_every_design(
    make: Callable[[Path], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ablations.report.page.page.written", lambda *_: b"")  # figures are tested by themselves
    page = page_of(study_reports([make(tmp_path / "s")]))
    reader = read(page)
    assert (reader.open, reader.mistakes) == ([], [])
    assert len(reader.ids) == len(set(reader.ids))
    assert {text[1:] for text in reader.references if text.startswith("#")} <= set(reader.ids)


def test_so_is_that_of_a_bare_source_tree(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not installed, the package has no version to name."""
    monkeypatch.setattr("ablations.report.page.page.written", lambda *_: b"")
    monkeypatch.setattr("ablations.report.page.page.versions", lambda _: {"python": "3.12"})
    assert "by gan-ablations. The page needs" in page_of(study_reports([runs / "s"]))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Chromium")
def test_a_browser_shows_it_under_its_policy(page: str, tmp_path: Path) -> None:
    """Styles and pictures are there, and the browser has nothing to complain of; a script that got in would not run."""
    evil = (
        "<script>document.title='ran'</script><img src='https://evil.example/b.png' onerror=\"document.title='ran'\">"
    )
    found = {}
    for name, text in (("clean", page), ("evil", page.replace("</footer>", f"</footer>{evil}"))):
        (tmp_path / f"{name}.html").write_text(text, encoding="utf-8")
        command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--v=0"]
        command += [
            f"--user-data-dir={tmp_path / 'profile'}",
            f"--screenshot={tmp_path / name}.png",
            "--window-size=900,900",
        ]
        shown = subprocess.run(
            [*command, (tmp_path / f"{name}.html").as_uri()], capture_output=True, text=True, timeout=60, check=True
        )
        found[name] = [line for line in shown.stderr.splitlines() if "CONSOLE" in line]
    assert found["clean"] == []
    assert any("script" in line and "Content Security Policy" in line for line in found["evil"])
    assert any("evil.example" in line for line in found["evil"])
    with PIL.Image.open(tmp_path / "clean.png") as screen:
        assert len(screen.convert("RGB").getcolors(1 << 24)) > 50  # not a bare page


def test_the_page_says_what_it_may_load(page: str) -> None:
    (policy,) = re.findall(r'<meta http-equiv="Content-Security-Policy" content="(.*?)">', page)
    assert html.unescape(policy) == POLICY
    assert page.index("Content-Security-Policy") < page.index("<style>")
    assert "script-src" not in policy  # so that of default-src holds: none


def test_names_and_files_are_text(page: str) -> None:
    text = read(page).text
    assert "Do tricks <help> & how much?" in text
    assert "a rule <x>" in text
    assert "question: <b>quoted</b>" in text
    assert "<help>" not in page


def test_the_page_has_what_was_asked(page: str) -> None:
    text = read(page).text
    for expected in (
        "dropout helps.",
        "Every seed",
        "FID against images",
        "FID against seconds",
        "Samples at the same z",
        "Leaderboard",
        "12345678",
        "1 diverged",
        "python -m ablations run s.yaml",
        "lr_d",
        "torch 0",
    ):
        assert expected in text


def test_figures_are_svg_with_text_and_the_same_each_time(runs: Path) -> None:
    (report,) = study_reports([runs / "s"])
    pictures = list(figures_of(report.tables[0]))
    assert [picture.name for picture in pictures] == ["effects", "seeds", "curves-kimg", "curves-seconds"]
    for width in (WIDE, NARROW):
        content = written(pictures[0].drawing, width, "svg")
        assert content == written(pictures[0].drawing, width, "svg")
        root = ElementTree.fromstring(content)
        words = " ".join(root.itertext())
        assert "dropout" in words
        assert "helps" in words
        outside = re.findall(rb'(?:href|src)="(?!#)[^"]*"', content)
        assert not outside


def test_a_name_finds_room() -> None:
    assert short("spectral_norm", 30) == "spectral_norm"
    assert short("label_smoothing+spectral_norm", 17) == "label_smoothing+\nspectral_norm"
    for letters in (11, 17, 30):
        assert all(len(line) <= letters for line in short("a+" * 31 + "b", letters).split("\n"))


def test_report_writes_page_and_figures(runs: Path, tmp_path: Path) -> None:
    outcome = ablations("report", "s", "--runs", runs, "--figures", tmp_path / "figures")
    assert outcome.code == 0, outcome.err
    assert "dropout helps." in outcome.out
    assert (runs / "s" / "report.html").read_text().startswith("<!DOCTYPE html>")
    names = {path.name for path in (tmp_path / "figures").iterdir()}
    assert {"s-effects.png", "s-effects.svg", "s-curves-seconds.png"} <= names


def test_several_studies_are_one_page(runs: Path, tmp_path: Path) -> None:
    other = [arm_of("baseline"), arm_of("ttur", ["ttur"])]
    root = write_study(tmp_path / "t", other, {"baseline": (1.0, 2.0), "ttur": (1.0, 2.0)})
    out = tmp_path / "both.html"
    assert ablations("report", runs / "s", root, "--out", out).code == 0
    reader = read(out.read_text())
    assert (reader.open, reader.mistakes) == ([], [])
    assert {"s", "t"} <= set(reader.ids)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["report", "nonsense"], "'nonsense' has not been run"),
        (["report"], "STUDY"),
        (["report", "s", "--out", "page.pdf"], "allowed: a name that ends with .html"),
        (["report", "s", "--out", "no/such/page.html"], "there is no no/such"),
        (["compare", "baseline"], "B"),
        (["compare", "dropuot", "baseline"], "did you mean 'dropout'?"),
        (["compare", "baseline", "s/baseline"], "are the same runs"),
        (["compare", "ttur", "baseline", "--study", "nonsense"], "'nonsense' has not been run"),
        (["compare", "ttur", "baseline", "--out", "x.txt"], ".html"),
    ],
)
def test_mistakes_are_told(runs: Path, words: list[str], expected: str) -> None:
    outcome = ablations(*words, "--runs", runs)
    assert outcome.code == 2
    assert expected in " ".join(outcome.err.replace("│", " ").split())


def test_a_mistake_in_the_drawing_is_told_and_no_old_page_is_left(tmp_path: Path) -> None:
    root = one_in(tmp_path / "s")
    (root / "report.html").write_text("old")
    (root / "floors.json").write_text('{"schema_version": 99}')
    assert "no report was written" in write_at_the_end(Workspace(root))
    assert not (root / "report.html").exists()
