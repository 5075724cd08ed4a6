"""The command `evaluate` on a tiny study that was trained: scores, noise beside the seeds', what is kept, mistakes."""

import json
import math
import statistics
from pathlib import Path

import pytest
import torch

from ablations.evaluate import find_subject
from ablations.results.seed_spread import training_spread
from ablations.terminal.evaluation import protocol_lines
from ablations.workspace.external_scores import read_external
from ablations.workspace.opening import open_workspace
from ablations.workspace.trials import Trial, trials_of
from ablations.workspace.workspace import Workspace
from gan_core import journal
from gan_core.events import Evaluated, Score
from gan_core.problems import UserError
from gan_core.train import train
from tests.ablations.command import ablations
from tests.ablations.tiny import tiny_study
from tests.gan_core.scoring.test_evaluate import pictures_of

SEEDS = 3


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Path:
    """A folder of studies with one, whose baseline was trained with three seeds."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("evaluate")
    study = tiny_study(folder, seeds=SEEDS)
    with open_workspace(study, folder / "runs") as workspace:
        for trial in trials_of(study, workspace.root):
            if trial.arm.is_baseline:
                trial.write_record()
                for _ in journal.recorded(train(trial.config, trial.directory, home), trial.directory):
                    pass
    return folder / "runs"


def baseline(runs: Path) -> list[Trial]:
    study = tiny_study(runs.parent, seeds=SEEDS)
    return [trial for trial in trials_of(study, runs / "tiny") if trial.arm.is_baseline]


def best(trial: Trial) -> Score:
    events = journal.read(trial.directory)
    return next(event.scores[0] for event in events if isinstance(event, Evaluated) and event.of == "best")


def test_a_run_by_its_name(runs: Path) -> None:
    outcome = ablations("evaluate", "tiny/baseline-seed0", "--runs", runs)
    score = best(baseline(runs)[0])
    assert outcome.code == 0
    assert f"{score.name}  {score.value:.4g}" in outcome.out
    assert score.stamp in outcome.out
    assert "reference of fid: shapes train" in outcome.out


def test_json_is_the_record_with_the_seeds_of_the_arm(runs: Path) -> None:
    outcome = ablations("evaluate", "baseline-seed1", "--runs", runs, "--seeds", 2, "--json")
    found = json.loads(outcome.out)["content"]
    fids = [each["scores"][0]["value"] for each in found["scored"]]
    assert fids[0] == best(baseline(runs)[1]).value != fids[1]
    assert found["training_seeds"]["fid"]["seeds"] == [0, 1, 2]


def test_the_spread_of_the_seeds_is_that_of_their_journals(runs: Path) -> None:
    trials = baseline(runs)
    values = [best(trial).value for trial in trials]
    spread = training_spread(trials[0].directory, "best", best(trials[0]))
    assert spread is not None
    assert (spread.arm, spread.seeds) == ("baseline", (0, 1, 2))
    assert spread.estimate.mean == pytest.approx(statistics.fmean(values))
    assert spread.estimate.sd == pytest.approx(statistics.stdev(values))
    other = best(trials[0]).model_copy(update={"stamp": "another"})
    assert training_spread(trials[0].directory, "best", other) is None


def test_noise_stands_beside_noise(runs: Path) -> None:
    outcome = ablations("evaluate", "baseline-seed0", "--runs", runs, "--seeds", 3, "--metrics", "fid")
    assert "mean of 3 evaluation seeds" in outcome.out
    assert "sd of the evaluation" in outcome.out
    assert "sd of the training" in outcome.out
    assert f"{statistics.stdev(best(trial).value for trial in baseline(runs)):.4g}" in outcome.out


def test_pictures_are_kept_among_the_study_s_scores(runs: Path, tmp_path: Path) -> None:
    trial = baseline(runs)[0]
    folder = pictures_of(trial.directory, tmp_path / "p", n=40)
    words = ("evaluate", folder, "--study", "tiny", "--runs", runs, "--as", "theirs")
    outcome = ablations(*words)
    assert outcome.code == 0
    assert "kept, as not trained there" in outcome.out
    [entry] = read_external(runs / "tiny")
    score = entry.score("fid")
    assert entry.name == "theirs"
    assert score is not None
    assert score.stamp == best(trial).stamp
    assert math.isclose(score.value, best(trial).value, rel_tol=1e-9)
    assert ablations(*words).code == 0  # again: replaced
    assert len(read_external(runs / "tiny")) == 1
    outcome = ablations("evaluate", trial.directory, "--study", "tiny", "--runs", runs, "--as", "theirs")
    assert outcome.code == 2
    assert "is " in outcome.err
    assert "another name" in outcome.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("nobody-seed0",), "no run is called 'nobody-seed0'"),
        (("baseline-seed0", "--as", "x"), "on which study's leaderboard"),
        (("baseline-seed0", "--as", "baseline", "--study", "tiny"), "an arm of tiny is called 'baseline'"),
        (("baseline-seed0", "--as", "../x", "--study", "tiny"), "can't be a name"),
        (("baseline-seed0", "--study", "tinny"), "has not been run"),
        (("baseline-seed0", "--metrics", "fid,kidd"), "no metric is called 'kidd'"),
        (("baseline-seed0", "--device", "cuda:77"), "no device 'cuda:77'"),
    ],
)
def test_mistakes(runs: Path, words: tuple[str, ...], message: str) -> None:
    outcome = ablations("evaluate", *words, "--runs", runs)
    assert outcome.code == 2
    assert message in outcome.err
    assert "Traceback" not in outcome.err


def test_a_path_comes_before_a_name(runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "baseline-seed0").mkdir()
    assert find_subject("baseline-seed0", runs) == Path("baseline-seed0")
    assert find_subject("tiny/baseline-seed0", runs) == baseline(runs)[0].directory


def test_a_foreign_file_that_is_none(tmp_path: Path) -> None:
    assert read_external(tmp_path) == ()
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "x.json").write_text("{}")
    with pytest.raises(UserError, match=r"x\.json: can't be read: name: Field required"):
        read_external(Workspace(tmp_path).root)


def test_protocol_lines_name_the_metric_only_where_it_matters() -> None:
    def score(metric: str, **protocol: object) -> Score:
        return Score(metric=metric, name=metric, value=1.0, stamp="s", protocol={"metric": metric, **protocol})

    scores = (
        score("fid", n_fake=10, layer="a", reference="r", options={}),
        score("is", n_fake=10, layer="b", reference=None, options={"splits": 2}),
    )
    assert protocol_lines(scores) == [
        "n_fake: 10",
        "layer of fid: a",
        "layer of is: b",
        "reference of fid: r",
        "options of is: splits 2",
    ]
