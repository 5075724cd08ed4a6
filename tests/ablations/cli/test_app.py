"""The commands on a tiny study: trained, ranked, run again, planned."""

import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import optuna
import pandas as pd
import pytest
import typer
from mlflow import MlflowClient

from ablations.cli.app import app
from ablations.workspace.trials import Trial, trials_of
from ablations.workspace.workspace import Workspace
from gan_core import journal
from gan_core.events import Evaluated, Finished, Started
from tests.ablations.command import CONTROL, Outcome, ablations, tree
from tests.ablations.tiny import TRICKS, tiny_study, write_study

ARMS = {**TRICKS, "wild": {"lr_g": 1e30, "lr_d": 1e30}}  # the last one diverges


class Ran:
    """The study after `run` in this process."""

    def __init__(self, folder: Path) -> None:
        self.file = write_study(folder, seeds=2, tricks=ARMS)
        self.runs = folder / "runs"
        self.outcome: Outcome = ablations(
            "run", self.file, "--runs", self.runs, "--executor", "inline", "--threads", "1"
        )
        self.workspace = Workspace(self.runs / "tiny")
        self.trials: tuple[Trial, ...] = trials_of(tiny_study(folder, seeds=2, tricks=ARMS), self.workspace.root)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    with pytest.MonkeyPatch.context() as patched:
        patched.delenv("MLFLOW_TRACKING_URI", raising=False)
        yield Ran(tmp_path_factory.mktemp("cli"))


def fid_best(trial: Trial) -> float:
    (best,) = (e for e in journal.read(trial.directory) if isinstance(e, Evaluated) and e.of == "best")
    return next(score.value for score in best.scores if score.metric == "fid")


def test_every_trial_has_a_result_and_a_divergence_is_one(ran: Ran) -> None:
    assert ran.outcome.code == 0
    for trial in ran.trials:
        end = journal.read(trial.directory)[-1]
        assert isinstance(end, Finished)
        assert end.status == ("diverged" if trial.arm.name == "wild" else "finished")


def test_what_is_piped_is_plain(ran: Ran) -> None:
    assert set(ran.outcome.out + ran.outcome.err).isdisjoint(CONTROL)
    lines = ran.outcome.out.splitlines()
    assert lines[0].startswith("tiny: 6 trials, 0 done; ")
    assert lines[0].endswith(", 1 thread(s) each")
    first = ran.trials[0].name
    told = [line for line in lines if line.startswith(f"{first}: ")]
    assert [line.split(": ")[1] for line in told[:-1]] == [
        "0.1 kimg, progress",
        "0.3 kimg, progress",
        "0.3 kimg, last",
        "0.3 kimg, best",
    ]
    assert told[-1].startswith(f"{first}: finished after ")
    assert "; 1 of 6 done, about " in told[-1]
    assert any("wild-seed1: diverged (not finite: " in line for line in lines)
    assert "Traceback" not in ran.outcome.out + ran.outcome.err
    assert "failed" not in ran.outcome.out


def test_the_report_is_there_at_the_end_and_with_the_parent_run(ran: Ran) -> None:
    page = ran.workspace.report_html.read_text()
    assert page.startswith("<!DOCTYPE html>")
    assert "2 diverged" in page
    assert len(list(ran.workspace.mlartifacts.rglob("report.html"))) == 1
    assert f"report:      {ran.workspace.report_html}" in ran.outcome.out
    assert len(list((ran.workspace.root / "executions").iterdir())) == 1


def test_the_leaderboard_as_file_and_as_command(ran: Ran, tmp_path: Path) -> None:
    again = ablations("leaderboard", "tiny", "--runs", ran.runs, "--csv", tmp_path / "board.csv")
    assert again.code == 0
    assert (tmp_path / "board.csv").read_bytes() == ran.workspace.leaderboard_csv.read_bytes()
    table = again.out.split("written:")[0].rstrip()
    assert table in ran.outcome.out
    assert "2 diverged" in table
    for name in (ran.file, ran.workspace.root):
        assert ablations("leaderboard", name, "--runs", ran.runs).out.rstrip() == table

    board = pd.read_csv(tmp_path / "board.csv").set_index("arm")
    assert board.loc["wild", ["seeds_finished", "seeds_diverged", "seeds_failed"]].tolist() == [0, 2, 0]
    assert pd.isna(board.loc["wild", "rank"])
    for arm in ("baseline", "ttur"):
        fids = [fid_best(trial) for trial in ran.trials if trial.arm.name == arm]
        assert board.loc[arm, "fid_mean"] == pytest.approx(sum(fids) / 2, rel=1e-12)
    assert sorted(board["rank"].dropna()) == [1, 2]
    arms = board[board["kind"] == "arm"]
    assert arms["mlflow_run_ids"].str.split().map(len).tolist() == [2, 2, 2]


def test_optuna_and_mlflow_hold_each_trial_once(ran: Ran) -> None:
    entries = optuna.load_study(study_name="tiny", storage=f"sqlite:///{ran.workspace.optuna_db}").get_trials()
    assert [(e.user_attrs["arm"], e.params["seed"]) for e in entries] == [(t.arm.name, t.seed) for t in ran.trials]
    for entry, trial in zip(entries, ran.trials, strict=True):
        if trial.arm.name == "wild":
            assert (entry.state.name, entry.value, entry.user_attrs["status"]) == ("FAIL", None, "diverged")
        else:
            assert (entry.state.name, entry.value) == ("COMPLETE", fid_best(trial))
    uri = f"sqlite:///{ran.workspace.mlflow_db}"
    client = MlflowClient(uri, registry_uri=uri)
    runs = client.search_runs([client.get_experiment_by_name("tiny").experiment_id])
    names = sorted(run.info.run_name for run in runs if "arm" in run.data.params)
    assert names == sorted(trial.name for trial in ran.trials)
    assert {run.info.status for run in runs} == {"FINISHED"}


def contents(folder: Path) -> dict[Path, bytes]:
    """Of all files but the lock, which holds the number of the process."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != ".lock"}


def in_a_process(*words: str | Path) -> tuple[subprocess.CompletedProcess[str], set[str]]:
    """The command line in a process of its own, and the packages that it has loaded at the end."""
    code = (
        "import sys\nfrom ablations.__main__ import main\n"
        "try:\n    main()\nfinally:\n    print('LOADED', *{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code, *map(str, words)], capture_output=True, text=True)
    return done, set(done.stdout.partition("LOADED ")[2].split())


def test_run_again_trains_nothing_and_loads_no_tracker(ran: Ran) -> None:
    before = contents(ran.runs)
    spent = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    done, loaded = in_a_process("run", ran.file, "--runs", ran.runs)
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - spent < 10  # s of CPU, so that others may be busy
    assert done.returncode == 0
    assert "pandas" in loaded
    assert {"mlflow", "optuna"}.isdisjoint(loaded)
    assert contents(ran.runs) == before
    assert "2 diverged" in done.stdout


def test_a_removed_ledger_is_made_anew_and_a_failed_trial_is_tried_again(ran: Ran) -> None:
    """Both at once: opening the stores is what takes the time."""
    ran.workspace.optuna_db.unlink()
    victim = ran.trials[1]
    end = journal.read(victim.directory)[-1]
    assert isinstance(end, Finished)
    journal.append(victim.directory, end.model_copy(update={"status": "failed", "reason": "broken"}))
    before = fid_best(victim)
    again = ablations("run", ran.file, "--runs", ran.runs, "--executor", "inline", "--threads", "1")
    assert again.code == 0
    assert f"{victim.name}: finished after " in again.out
    assert sum(": finished after " in line for line in again.out.splitlines()) == 1
    assert fid_best(victim) == before
    entries = optuna.load_study(study_name="tiny", storage=f"sqlite:///{ran.workspace.optuna_db}").get_trials()
    assert [e.state.name for e in entries].count("COMPLETE") == 4
    assert len(entries) == 6


def test_plan_trains_nothing_and_leaves_nothing(tmp_path: Path) -> None:
    file = write_study(tmp_path, seeds=3)
    before = tree(tmp_path)
    planned = ablations("plan", file, "--runs", tmp_path / "runs", "--threads", "1")
    assert planned.code == 0
    assert tree(tmp_path) == before
    assert set(planned.out).isdisjoint(CONTROL)
    assert "seeds 0, 1, 2" in planned.out
    (row,) = (line for line in planned.out.splitlines() if " ttur " in line and "│" in line)
    assert row.split("│")[1:6] == [" ttur     ", " ttur       ", "      3 ", "    0 ", "    30 "]
    assert "for the 6 of 6 trials that are left" in planned.out


def test_plan_of_what_has_run_loads_only_what_it_needs(ran: Ran) -> None:
    done, loaded = in_a_process("plan", ran.file, "--runs", ran.runs)
    assert "recorded in 6 runs" in done.stdout
    assert "torch" in loaded
    assert loaded.isdisjoint({"pandas", "mlflow", "optuna", "matplotlib", "torchmetrics", "sympy", "triton", "pydoe"})


def test_plan_knows_what_is_done(ran: Ran) -> None:
    planned = ablations("plan", ran.file, "--runs", ran.runs, "--threads", "1")
    assert "about 0 s for the 0 of 6 trials that are left" in planned.out
    assert any(isinstance(event, Started) for event in journal.read(ran.trials[0].directory))


def test_the_catalog_names_every_trick_with_its_paper() -> None:
    from gan_core.config import catalog

    words = "".join(ablations("tricks").out.split())
    for trick in catalog.tricks():
        assert trick.name in words
        for part in trick.paper.split():
            assert part.strip(",;") in words


def test_data_and_version() -> None:
    fetched = ablations("data", "fetch", "shapes")
    assert (fetched.code, fetched.out.count("shapes:")) == (0, fetched.out.count("\n"))
    assert "shapes" in ablations("data", "list").out
    assert "torch " in ablations("version").out


def test_help_is_there_for_every_command() -> None:
    for words in (
        [],
        *([command.name or command.callback.__name__] for command in app.registered_commands if command.callback),
    ):
        shown = ablations(*words, "--help")
        assert shown.code == 0
        assert "Usage" in shown.out


def test_no_words_of_a_help_text_are_taken_for_markup() -> None:
    """Rich leaves out what stands in brackets: a default belongs into `show_default`."""
    commands = typer.main.get_command(app)
    assert isinstance(commands, typer.core.TyperGroup)
    helps = [
        f"{name} {option.name}: {option.help}"
        for name, command in commands.commands.items()
        for option in command.params
        if isinstance(option, typer.core.TyperOption)
    ]
    assert len(helps) > 50
    assert [text for text in helps if "[" in text] == []
