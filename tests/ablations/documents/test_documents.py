"""What `--json` prints: one document on standard output, with the fields that docs/json.md has, and no others."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from ablations.execution.estimate import ArmCost
from tests.ablations.command import Outcome, ablations
from tests.ablations.tiny import TRICKS, write_study
from tests.gan_core.test_envelope import SCHEMA

PAGE = Path(__file__).parents[3] / "docs" / "json.md"
DESIGNS = Path(__file__).parents[3] / "studies" / "designs"


def documented(kind: str) -> set[str]:
    """The paths in the page's table of this kind of document."""
    chapter = PAGE.read_text().partition(f"\n## `{kind}`, version ")[2].partition("\n## ")[0]
    rows = [line.split(" | ")[0] for line in chapter.splitlines() if line.startswith("| `")]
    return {path for row in rows for path in re.findall(r"`([^`]+)`", row)}


def version(kind: str) -> int:
    return int(PAGE.read_text().partition(f"\n## `{kind}`, version ")[2].partition("\n")[0])


def paths_of(content: dict[str, Any], known: set[str]) -> set[str]:
    """Each key of the content; of keys in whose lists or mappings the page names keys, those instead."""
    found = set()
    for key, value in content.items():
        if any(path.startswith(f"{key}[].") for path in known):
            found |= {f"{key}[].{name}" for entry in value for name in entry}
        elif any(path.startswith(f"{key}.") for path in known):
            found |= {f"{key}.{name}" for name in value}
        else:
            found.add(key)
    return found


def refused(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


def checked(outcome: Outcome, kind: str, code: int = 0) -> dict[str, Any]:
    """The content of the one document on standard output."""
    assert outcome.code == code
    document = json.loads(outcome.out, parse_constant=refused)
    Draft7Validator(SCHEMA).validate(document)
    assert (document["format"], document["version"]) == (f"gan-ablations/{kind}", version(kind))
    content: dict[str, Any] = document["content"]
    return content


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    """A study of two arms and a seed, and what its run printed."""
    folder = tmp_path_factory.mktemp("ran")
    words = ("run", write_study(folder), "--runs", folder / "runs", "--offline", "--executor", "inline")
    return folder, ablations(*words, "--no-system-metrics", "--no-floors", "--json")


def test_run(ran: tuple[Path, Outcome]) -> None:
    folder, outcome = ran
    content = checked(outcome, "run")
    assert paths_of(content, documented("run")) == documented("run")
    assert content["trials"] == {"total": 2, "done": 2, "left": 0, "of_other_studies": 0}
    assert (content["state"], content["failed"], content["tracking_uri"]) == ("done", {}, None)
    assert content["folder"] == str(folder / "runs" / "tiny")
    assert Path(content["report"]).is_file()
    assert "2 of 2 done" in outcome.err
    again = checked(ablations("leaderboard", "tiny", "--runs", folder / "runs", "--json"), "leaderboard")
    assert content["leaderboard"] == again


def test_leaderboard(ran: tuple[Path, Outcome]) -> None:
    content = checked(ablations("leaderboard", "tiny", "--runs", ran[0] / "runs", "--json"), "leaderboard")
    assert paths_of(content, documented("leaderboard")) == documented("leaderboard")
    assert {line["arm"] for line in content["tables"][0]["lines"] if line["kind"] == "arm"} == {"baseline", *TRICKS}


def test_evaluation(ran: tuple[Path, Outcome]) -> None:
    outcome = ablations("evaluate", "tiny/ttur-seed0", "--runs", ran[0] / "runs", "--json")
    content = checked(outcome, "evaluation")
    assert paths_of(content, documented("evaluation")) == documented("evaluation")
    assert [score["metric"] for score in content["scored"][0]["scores"]] == ["fid", "is"]


@pytest.fixture
def costs(monkeypatch: pytest.MonkeyPatch) -> None:
    """4 s for every trial."""
    monkeypatch.setattr(
        "ablations.plan.arm_costs", lambda arms, _: {a.name: ArmCost(a.name, 10, 3.0, 1.0) for a in arms}
    )


@pytest.mark.parametrize("file", ["one_in", "factorial", "looks", "cluster"])
def test_plan(file: str, tmp_path: Path, costs: None) -> None:
    path = DESIGNS / f"{file if file == 'factorial' else 'one_in'}.yaml"
    if file == "looks":
        text = path.read_text().replace("seeds: 2", "seeds: {looks: [3, 5]}")
        path = tmp_path / "looks.yaml"
        path.write_text(text)
    where = ("--executor", "slurm", "--cluster", "time=60") if file == "cluster" else ()
    content = checked(ablations("plan", path, "--runs", tmp_path / "runs", "--json", *where), "plan")
    known = documented("plan")
    of_looks = {path for path in known if path.startswith("looks[].")}
    of_others = {path for path in known if path.startswith("alternatives[].")}
    of_clusters = {path for path in known if path.startswith("cluster.")}
    empty = (set() if content["looks"] else of_looks) | (set() if content["alternatives"] else of_others)
    empty |= set() if file == "cluster" else of_clusters
    assert paths_of(content, known) == known - empty
    assert bool(content["looks"]) == (file == "looks")
    assert content["trials"]["left"] == content["trials"]["total"] == sum(arm["trials"] for arm in content["arms"])
    assert all(arm["images_an_epoch"] == 60_000 for arm in content["arms"])


@pytest.mark.parametrize(
    "words",
    [
        ("plan", "nowhere.yaml", "--json"),
        ("run", "nowhere.yaml", "--json"),
        ("leaderboard", "nothing", "--json"),
        ("leaderboard", "tiny", "--json", "out.json"),
        ("leaderboard", "tiny", "--json", "--csv", "-"),
        ("leaderboard", "tiny", "--json", "--columns"),
        ("evaluate", "nothing", "--json"),
    ],
)
def test_a_mistake_is_no_document(words: tuple[str, ...], tmp_path: Path, ran: tuple[Path, Outcome]) -> None:
    outcome = ablations(*words, "--runs", ran[0] / "runs")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("error: ")


def test_a_run_in_which_trials_are_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("not today")

    monkeypatch.setattr("gan_core.training.actions.fixed_latents", broken)
    words = ("run", write_study(tmp_path), "--runs", tmp_path / "runs", "--offline", "--executor", "inline", "--json")
    content = checked(ablations(*words, "--no-report", "--no-floors"), "run", code=1)
    assert (content["state"], content["trials"]["left"], content["report"]) == ("not done", 2, None)
    assert all("not today" in why for why in content["failed"].values())
