"""A colleague on the same machine uses results and caches that are not his: he reads all, and writes elsewhere."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ablations.results.summary_file import NAME as SUMMARY
from gan_core import journal
from tests.ablations.command import Outcome, ablations, tree
from tests.ablations.second_user import as_second_user, close, lend
from tests.ablations.tiny import write_study

RUN = "ttur-seed0"


@pytest.fixture(scope="module")
def lent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """`runs` with a finished study, `home` with the caches of its training, `own` for what the colleague writes."""
    folder = tmp_path_factory.mktemp("lent")
    study = write_study(folder, seeds=2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GAN_ABLATIONS_HOME", str(folder / "home"))
        patch.setattr("gan_core.workers.unattended.draw_run", lambda *_: None)
        place = ("--executor", "inline", "--threads", 1, "--device", "cpu", "--runs", folder / "runs")
        assert ablations("run", study, *place, "--offline", "--no-report", "--no-floors").code == 0
    for summary in (folder / "runs").rglob(SUMMARY):
        summary.unlink()  # what a reader would leave
    lend(folder / "runs")
    lend(folder / "home")
    (folder / "own").mkdir()
    yield folder
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755)


def trial(runs: Path) -> Path:
    (folder,) = (runs / "tiny" / "trials").glob(f"{RUN}-*")
    return folder


def of_colleague(lent: Path, *commands: tuple[object, ...], runs: str = "runs") -> list[Outcome]:
    with_runs = [(*words, "--runs", lent / runs) for words in commands]
    return as_second_user(with_runs, lent / "home", lent / "own")


def test_reading_needs_no_right_to_write(lent: Path) -> None:
    before = tree(lent / "runs") | tree(lent / "home")
    commands: dict[str, tuple[object, ...]] = {
        "leaderboard": ("leaderboard", "tiny", "--csv", "own.csv"),
        "report": ("report", "tiny", "--out", "report.html"),
        "report on the standard output": ("report", "tiny", "--out", "-"),
        "compare": ("compare", "ttur", "baseline", "--out", "compare.html"),
        "sample": ("sample", f"tiny/{RUN}", "--n", 4, "--out", "grid.png"),
        "evaluate": ("evaluate", f"tiny/{RUN}"),
        "evaluate what the cache has not": ("evaluate", f"tiny/{RUN}", "--metrics", "fid,kid,precision", "--n", 60),
        "verify": ("verify", "ttur", "--seed", 0, "--study", "tiny"),
        "plan": ("plan", lent / "tiny.yaml", "--device", "cpu", "--workers", 1),
    }
    outcomes = dict(zip(commands, of_colleague(lent, *commands.values()), strict=True))
    assert {name: outcome.err for name, outcome in outcomes.items() if outcome.code} == {}
    assert {path.name for path in (lent / "own").iterdir()} == {"own.csv", "report.html", "compare.html", "grid.png"}
    assert outcomes["report on the standard output"].out.startswith("<!DOCTYPE html>")
    assert "the same: every number" in outcomes["verify"].out
    assert tree(lent / "runs") | tree(lent / "home") == before


def test_what_needs_it_says_whose_the_files_are(lent: Path) -> None:
    commands: list[tuple[object, ...]] = [
        ("run", lent / "tiny.yaml"),
        ("sync", "tiny"),
        ("report", "tiny"),
        ("leaderboard", "tiny", "--csv", lent / "runs" / "l.csv"),
    ]
    for outcome in of_colleague(lent, *commands):
        assert outcome.code == 2
        assert outcome.err.startswith("error: ")
        assert "ermission denied" in outcome.err
        assert outcome.err.count("\n") == 1
        assert ".tmp" not in outcome.err
    assert "belongs to" in of_colleague(lent, commands[0])[0].err


@pytest.mark.parametrize("closed", ["weights", "journal", "folder"])
def test_permission_is_the_reason_where_something_is_closed(lent: Path, closed: str) -> None:
    """And a table is not drawn without the trial that can't be read."""
    copy = lent / closed
    shutil.copytree(lent / "runs", copy)
    run = trial(copy)
    close({"weights": run / "best.safetensors", "journal": run / journal.NAME, "folder": run}[closed])
    sampled, ranked, compared = of_colleague(
        lent,
        ("sample", f"tiny/{RUN}", "--out", "other.png"),
        ("leaderboard", "tiny"),
        ("compare", "ttur", "baseline"),
        runs=closed,
    )
    assert (sampled.code, "permission denied" in sampled.err) == (2, True)
    if closed != "weights":
        assert (ranked.code, "permission denied" in ranked.err) == (2, True)
        assert (compared.code, "permission denied" in compared.err) == (2, True)
    run.chmod(0o755)


def test_an_open_trial_among_closed_studies_is_found(lent: Path) -> None:
    """Somebody else's closed study does not keep others from reading."""
    copy = lent / "several"
    shutil.copytree(lent / "runs", copy)
    shutil.copytree(lent / "runs" / "tiny", copy / "closed")
    (copy / "closed").chmod(0)
    sampled, compared = of_colleague(
        lent, ("sample", RUN, "--out", "open.png"), ("compare", "ttur", "baseline"), runs="several"
    )
    (copy / "closed").chmod(0o755)
    assert (sampled.code, sampled.err) == (0, "")
    assert (compared.code, compared.err) == (0, "")
