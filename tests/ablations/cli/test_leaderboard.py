"""The command `leaderboard`: which studies, which files."""

import json
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest

from tests.ablations.command import ablations
from tests.ablations.journals import make_arm, write_study_json, write_trial

DOCS = Path(__file__).parents[3] / "docs" / "leaderboard.md"


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    for study, fid in (("one", 10.0), ("two", 20.0)):
        for n, arm in enumerate((make_arm("baseline"), make_arm("dropout", ("dropout",)))):
            write_trial(tmp_path / study, arm, 0, fid + n, study=study)
        write_study_json(tmp_path / study)
    return tmp_path


def test_reading_results_takes_no_torch(tmp_path: Path) -> None:
    """Nor hundreds of MiB, nor seconds: also where tricks with options are on."""
    for arm in (make_arm("baseline"), make_arm("dropout", ("dropout",))):
        write_trial(tmp_path / "one", arm, 0, 10.0, study="one")
    write_study_json(tmp_path / "one")
    code = (
        "import sys\nfrom ablations.__main__ import main\n"
        "try:\n    main()\nfinally:\n    print('LOADED', *{name.partition('.')[0] for name in sys.modules})"
    )
    words = ["leaderboard", "one", "--runs", str(tmp_path), "--csv", "-"]
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
    table, _, loaded = done.stdout.partition("LOADED ")
    assert pd.read_csv(StringIO(table))["factor_dropout"].tolist() == ["off", "0.3"]
    assert {"torch", "torchvision", "mlflow", "optuna"}.isdisjoint(loaded.split())


def test_several_studies_are_tables_of_their_own(runs: Path) -> None:
    shown = ablations("leaderboard", "two", "one", "--runs", runs, "--csv", "-")
    frame = pd.read_csv(StringIO(shown.out))
    assert frame[["study", "rank", "arm"]].to_numpy().tolist() == [
        ["one", 1, "baseline"],
        ["one", 2, "dropout"],
        ["two", 1, "baseline"],
        ["two", 2, "dropout"],
    ]
    assert ablations("leaderboard", "one", "two", "--runs", runs, "--csv", "-").out == shown.out
    drawn = ablations("leaderboard", "two", "one", "--runs", runs).out
    assert drawn.index("one: fid10k") < drawn.index("two: fid10k")


def test_every_kind_of_file(runs: Path, tmp_path: Path) -> None:
    files = {option: tmp_path / f"file.{option}" for option in ("csv", "md", "runs-csv")}
    words = [word for option, path in files.items() for word in (f"--{option}", path)]
    shown = ablations("leaderboard", runs / "one", "--by", "last", *words)
    assert (shown.code, shown.err) == (0, "")
    assert "ranked by the mean over seeds of the FID of each run's last generator" in " ".join(shown.out.split())
    assert pd.read_csv(files["csv"])["fid_mean"].tolist() == [11.0, 12.0]
    printed = ablations("leaderboard", runs / "one", "--by", "last", "--csv", files["csv"], "--json")
    assert json.loads(printed.out)["content"]["tables"][0]["ranked_by"] == "last"
    assert "| 1 | baseline | 1 | 11.0 | 10.0 |" in files["md"].read_text()
    assert pd.read_csv(files["runs-csv"])["fid_best"].tolist() == [10.0, 11.0]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "which study?"),
        (["one", "--csv", "-", "--md", "-"], "only one of them can go to the standard output"),
        (["one", "--from-mlflow", "sqlite:////no/such/file.db"], "there is no file /no/such/file.db"),
        (["one", "--from-mlflow", "somewhere"], "MLflow no longer keeps runs in plain files"),
        (["three"], "study 'three' has not been run"),
    ],
)
def test_mistakes(runs: Path, words: list[str], message: str) -> None:
    shown = ablations("leaderboard", *words, "--runs", runs)
    assert (shown.code, shown.out) == (2, "")
    assert message in " ".join(shown.err.split())


def test_the_page_of_columns_is_what_the_command_prints() -> None:
    assert DOCS.read_text() == ablations("leaderboard", "--columns").out


def test_a_table_of_runs_says_what_the_folder_says(runs: Path, tmp_path: Path) -> None:
    file, study = tmp_path / "runs.csv", tmp_path / "study.yaml"
    study.write_text(
        "question: q\ndesign: one-in\nseeds: 1\n"
        "baseline: {data: shapes, image_size: 16, width: 8, batch_size: 10, budget_kimg: 1.2}\n"
        "tricks: {dropout: {dropout: 0.3}}\n"
        "claims: {helps: {statement: it helps, source: s, comparison: dropout < baseline}}\n"
    )
    before = ablations("leaderboard", runs / "one", "--csv", tmp_path / "a.csv", "--runs-csv", file)
    again = ablations("leaderboard", study, "--from-csv", file, "--csv", tmp_path / "b.csv")
    assert (before.code, again.code) == (0, 0)
    assert "one: claims" in again.out
    columns = ["study", "arm", "rank", "fid_mean", "factor_dropout"]
    was, now = (pd.read_csv(tmp_path / name)[columns].to_numpy().tolist() for name in ("a.csv", "b.csv"))
    assert now == was
    strange = tmp_path / "strange.yaml"
    strange.write_text(study.read_text().replace("{dropout: {dropout: 0.3}}", "{smooth: {label_smoothing: 0.9}}"))
    strange.write_text(strange.read_text().replace("dropout < baseline", "smooth < baseline"))
    refused = ablations("leaderboard", strange, "--from-csv", file)
    assert (refused.code, refused.out) == (2, "")
    assert "1 of its arms are none of the study file's: dropout" in " ".join(refused.err.split())
    more = tmp_path / "more.yaml"
    more.write_text(study.read_text().replace("{dropout: 0.3}}", "{dropout: 0.3}, smooth: {label_smoothing: 0.9}}"))
    warned = " ".join(ablations("leaderboard", more, "--from-csv", file).err.split())
    assert "no runs of 1 arms of the study file (smooth)" in warned
    bare = ablations("leaderboard", "--from-csv", file)
    assert (bare.code, "judged by the usual rule" in " ".join(bare.err.split())) == (0, True)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--from-mlflow", "sqlite:///x.db"], "results come from one place"),
        (["--explain", "baseline", "dropout"], "a table of runs holds no journals"),
    ],
)
def test_a_table_of_runs_stands_alone(runs: Path, tmp_path: Path, words: list[str], message: str) -> None:
    ablations("leaderboard", runs / "one", "--runs-csv", tmp_path / "runs.csv")
    shown = ablations("leaderboard", "--from-csv", tmp_path / "runs.csv", *words)
    assert (shown.code, shown.out) == (2, "")
    assert message in " ".join(shown.err.split())
