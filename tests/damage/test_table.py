"""Every file of a small study damaged in every way: no traceback, nothing lost; after the next run all agree."""

from pathlib import Path

import pytest

from tests.damage.studies import DamagedStudy, finished_study, interrupted_study, offline_study
from tests.damage.table import PROMISES, Promise, document
from tests.damage.ways import WAYS

DOCUMENT = Path(__file__).parents[2] / "docs" / "damage.md"
CASES = [pytest.param(each, way, id=f"{each.file}-{way}") for each in PROMISES for way in WAYS]
INTERRUPTED = (
    *(f"trials/ttur-seed0-*/{name}" for name in ("trial.json", "events.jsonl", "checkpoint.pt", "mlflow.json")),
    *("study.json", "optuna.db", "mlflow.db", "executions/*/execution.json", "identity.json"),
)
INTERRUPTED_CASES = [(each, way) for each in INTERRUPTED for way in WAYS]
OFFLINE = ("study.json", "trial.json", "identity.json", "execution.json")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> DamagedStudy:
    return finished_study(tmp_path_factory.mktemp("finished"))


@pytest.fixture(scope="module")
def offline(tmp_path_factory: pytest.TempPathFactory) -> DamagedStudy:
    return offline_study(tmp_path_factory.mktemp("offline"))


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory: pytest.TempPathFactory) -> DamagedStudy:
    return interrupted_study(tmp_path_factory.mktemp("interrupted"))


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def _aside(path: Path) -> Path:
    return path.with_name(f"{path.name}.damaged-1")


def _check_reading(study: DamagedStudy, promise: Promise, way: str, path: Path) -> None:
    """Commands that only read do as promised, and leave the file as it is."""
    there = _content(path)
    for words in (("leaderboard", "tiny"), ("plan", study.file)):
        outcome = study.command(*words)
        said = outcome.err.replace("\n", "")
        assert outcome.code == (2 if promise.readers == "refuse" else 0), outcome
        assert (str(path) in said) is (promise.readers != "go on" and way not in promise.unsaid), said
        assert "remove" not in said
        if promise.readers == "refuse":
            assert said.count("error: ") == 1
            assert "allowed: `run` with the study's file makes it anew" in said
    if promise.file != "summary.json":  # which is written by readers
        assert _content(path) == there


def _check_run(study: DamagedStudy, promise: Promise, way: str, path: Path, *words: str) -> None:
    """`run` does as promised, once."""
    there = _content(path)
    outcome = study.run(*words)
    assert outcome.code == 0, outcome
    assert (f"warning: {path}" in outcome.err.replace("\n", "")) is (way not in promise.unsaid), outcome.err
    is_set_aside = promise.is_set_aside and way not in promise.unsaid and there is not None
    assert _content(_aside(path)) == (there if is_set_aside else None)
    assert study.scores() == study.whole_scores()
    again = study.run(*words)
    assert (again.code, str(path) in again.err.replace("\n", "")) == (0, False), again


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("promise", "way"), CASES)
def test_nothing_is_lost(study: DamagedStudy, promise: Promise, way: str) -> None:
    path = study.damage(promise.pattern, way)
    _check_reading(study, promise, way, path)
    _check_run(study, promise, way, path)
    assert set(study.in_ledger().values()) == {1}
    assert len(study.in_ledger()) == 4
    assert study.in_store() == dict.fromkeys(("baseline-seed0", "baseline-seed1", "ttur-seed0", "ttur-seed1"), 1)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("promise", "way"), CASES)
def test_no_command_ends_in_a_traceback(study: DamagedStudy, promise: Promise, way: str) -> None:
    study.damage(promise.pattern, way)
    folder = study.folder
    for words in (
        ("report", "tiny", "--out", folder / "page.html"),
        ("compare", "baseline", "ttur"),
        ("sample", "baseline-seed0", "--out", folder / "samples.png"),
        ("evaluate", "baseline-seed0"),
        ("export", "tiny", "--out", folder / "trials.tar"),
        ("sync", "tiny"),
        ("run", study.file, "--executor", "inline"),
        ("delete", "tiny", "--yes"),
    ):
        outcome = study.command(*words)  # raises what is not caught
        assert outcome.code in (0, 1, 2), outcome
        assert "Traceback" not in outcome.out + outcome.err
        assert outcome.code != 2 or outcome.err.startswith("error: "), outcome
    assert not study.root.exists()


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("pattern", "way"), INTERRUPTED_CASES)
def test_an_interrupted_study_goes_on(study: DamagedStudy, interrupted: DamagedStudy, pattern: str, way: str) -> None:
    interrupted.damage(pattern, way)
    for words in (("leaderboard", "tiny"), ("plan", interrupted.file)):
        outcome = interrupted.command(*words)
        assert outcome.code in (0, 2), outcome
    outcome = interrupted.run()
    assert outcome.code == 0, outcome
    assert interrupted.scores() == study.whole_scores()
    assert set(interrupted.in_ledger().values()) == {1}
    assert interrupted.in_store() == dict.fromkeys(("baseline-seed0", "baseline-seed1", "ttur-seed0", "ttur-seed1"), 1)
    again = interrupted.run()
    assert (again.code, "warning" in again.err) == (0, False), again


@pytest.mark.parametrize("file", OFFLINE)
def test_a_cross_section(offline: DamagedStudy, file: str) -> None:
    promise, way = next(each for each in PROMISES if each.file == file), "halved"
    path = offline.damage(promise.pattern, way)
    _check_reading(offline, promise, way, path)
    _check_run(offline, promise, way, path, "--offline", "--no-floors")


def test_the_document_is_the_table() -> None:
    assert DOCUMENT.read_text() == document()
