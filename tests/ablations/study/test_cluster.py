"""`cluster:` in a study file, and the options that change it."""

import re
from pathlib import Path

import pytest

from ablations.study.cluster import ClusterNeeds, cluster_needs, cluster_options
from gan_core.problems import UserError
from tests.ablations.study_texts import GOOD, load_text, problems_of


def test_it_is_read_and_is_no_part_of_what_the_study_is(tmp_path: Path) -> None:
    study = load_text(tmp_path, GOOD + "cluster: {gpus: 0.25, partition: long, time: 1-02:30:00, workers: 8}\n")
    needs = study.cluster
    assert (needs.gpus, needs.partition, needs.time, needs.workers) == (0.25, "long", 26 * 3600 + 1800, 8)
    assert study.record() == load_text(tmp_path, GOOD).record()


@pytest.mark.parametrize(
    ("gpus", "trials"), [(0, 1), (1, 1), (2, 1), (0.5, 2), (0.25, 4), (0.33, 3), (1 / 3, 3), (0.3, 3)]
)
def test_how_many_trials_share_a_gpu(gpus: float, trials: int) -> None:
    assert ClusterNeeds(gpus=gpus).trials_a_gpu == trials


@pytest.mark.parametrize(
    ("time", "seconds"), [(90, 5400), ("00:01:30", 90), ("2-00:00:00", 172_800), ("30:00:00", 108_000)]
)
def test_time_is_as_slurm_has_it(time: object, seconds: int) -> None:
    assert ClusterNeeds.model_validate({"time": time}).time == seconds


@pytest.mark.parametrize(
    ("cluster", "message"),
    [
        ("{gpu: 1}", "cluster.gpu: no setting is called 'gpu'.*did you mean 'gpus'"),
        ("{gpus: -1}", "cluster.gpus: -1 is out of range; allowed: >= 0"),
        ("{gpus: 1.5}", "cluster.gpus: 1.5 is not right; allowed: 0, a part of one GPU such as 0.25, or whole GPUs"),
        ("{cpus: 0}", "cluster.cpus: 0 is out of range; allowed: >= 1"),
        ("{memory_gb: 0}", "cluster.memory_gb: 0 is out of range; allowed: > 0"),
        ("{time: soon}", "cluster.time: 'soon' is not right; allowed: minutes, or HH:MM:SS"),
        ("{time: 0}", "cluster.time: 0 is not right; allowed: minutes"),
        ("{partition: two words}", "cluster.partition: 'two words' is not right; allowed: one word"),
        ("big", "cluster: 'big' is not right; allowed: what a trial takes, such as {gpus: 0.25, cpus: 2}"),
        ("4", "cluster: 4 is not right; allowed: what a trial takes"),
    ],
)
def test_mistakes_are_one_message(cluster: str, message: str, tmp_path: Path) -> None:
    (found,) = problems_of(tmp_path, GOOD + f"cluster: {cluster}\n")
    assert found.startswith("mine.yaml:")
    assert re.search(message, found), found


def test_options_change_what_the_study_says() -> None:
    needs = ClusterNeeds(gpus=1, partition="long")
    changed = cluster_options(needs, ["gpus=0.5", "time=60"], "slurm", workers=3, threads=2)
    assert changed == ClusterNeeds(gpus=0.5, partition="long", time=60, workers=3, cpus=2)
    assert (changed.device, ClusterNeeds().device) == ("cuda", "cpu")
    assert cluster_options(needs, [], "processes", workers=3) == needs


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["gpus"], "--cluster: 'gpus' is no setting; allowed: KEY=VALUE"),
        (["gpus=1", "gpus=2"], "--cluster: 'gpus' is set twice"),
        (["gpus=many"], "--cluster.gpus: 'many' is not right; allowed: a number"),
        (["gpus=1.5"], "--cluster.gpus: 1.5 is not right; allowed: 0, a part of one GPU such as 0.25, or whole GPUs"),
        (["gpus=.inf"], "--cluster.gpus: inf is not right"),
        (["gpu=1", "cpus=0"], "--cluster.cpus: 0 is out of range[^$]*--cluster.gpu: no setting"),
    ],
)
def test_mistakes_in_options_are_told_at_once(words: list[str], message: str) -> None:
    with pytest.raises(UserError) as caught:
        cluster_needs(ClusterNeeds(), words)
    assert re.search(message, str(caught.value)), str(caught.value)


def test_options_that_mean_nothing_are_refused() -> None:
    for words, executor, device, message in (
        (["gpus=1"], "inline", None, "--cluster: this machine is no cluster; allowed: with --executor slurm or ray"),
        ([], "slurm", "cuda:0", "--device: on a cluster"),
        (
            ["partition=gpu"],
            "ray",
            None,
            "--cluster.partition: Ray knows no such thing; allowed: with --executor slurm",
        ),
    ):
        with pytest.raises(UserError, match=re.escape(message)):
            cluster_options(ClusterNeeds(), words, executor, device=device)
    with pytest.raises(UserError, match="--workers: 0 is out of range"):
        cluster_options(ClusterNeeds(), [], "ray", workers=0)


def test_what_is_set_twice_is_refused_and_what_the_study_says_is_not() -> None:
    with pytest.raises(UserError, match=r"--cluster\.cpus: --threads sets it too; allowed: one of the two"):
        cluster_options(ClusterNeeds(), ["cpus=2"], "slurm", threads=3)
    assert cluster_options(ClusterNeeds(cpus=4, partition="long"), [], "ray", threads=3).cpus == 3
