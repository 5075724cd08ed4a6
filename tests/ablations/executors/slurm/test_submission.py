"""What SLURM is asked for, and a cluster that is not there or refuses."""

from pathlib import Path

import pytest

from ablations.executors.elsewhere.setting import Elsewhere
from ablations.executors.slurm.post import Post
from ablations.executors.slurm.submission import COMMANDS, Submission, flags_of, minutes_in, signal_s
from ablations.study.cluster import ClusterNeeds
from gan_core.problems import UserError

PRINTS = {"sinfo": "normal*|1:00:00|n/a\ngpu|infinite|30:00", "sbatch": "Submitted batch job 7"}


def needs(**given: object) -> ClusterNeeds:
    return ClusterNeeds.model_validate(given)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Commands of SLURM that note what they were asked."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in COMMANDS:
        words = PRINTS.get(name, "")
        (folder / name).write_text(f"#!/bin/sh\necho {name} \"$@\" >> {folder}/asked\nprintf '{words}\\n'\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


def submission(tmp_path: Path, **given: object) -> Submission:
    return Submission(Elsewhere("tiny", tmp_path / "tiny", needs(**given)), tmp_path / "control")


def test_a_trial_without_wishes_asks_for_a_cpu() -> None:
    assert flags_of(needs()) == {"ntasks": 1, "cpus-per-task": 1, "requeue": True}


def test_four_trials_that_share_a_gpu_ask_for_what_four_take() -> None:
    flags = flags_of(needs(cpus=2, gpus=0.25, memory_gb=1.5, accelerator="a100", partition="gpu", qos="long"))
    assert flags["cpus-per-task"] == 8
    assert flags["gres"] == "gpu:a100:1"
    assert flags["mem"] == "6144M"
    assert (flags["partition"], flags["qos"]) == ("gpu", "long")


def test_whole_gpus() -> None:
    assert flags_of(needs(gpus=2))["gres"] == "gpu:2"


@pytest.mark.parametrize(
    ("words", "minutes"),
    [("1-00:00:00", 1440), ("1:30:00", 90), ("30:00", 30), ("0:10", 1), ("infinite", None), ("n/a", None)],
)
def test_limits_as_sinfo_shows_them(words: str, minutes: int | None) -> None:
    assert minutes_in(words) == minutes


def test_the_signal_comes_in_time() -> None:
    assert [signal_s(minutes) for minutes in (1, 3, 24 * 60)] == [20, 60, 300]


@pytest.mark.parametrize(
    ("given", "time"),
    [
        ({}, "60"),
        ({"partition": "gpu"}, "30"),
        ({"time": "0:02:30", "partition": "gpu"}, "3"),
        ({"partition": "gpu,normal"}, "30"),
        ({"partition": "nowhere"}, "UNLIMITED"),
    ],
)
def test_the_time_is_the_users_else_the_partitions(
    tmp_path: Path, programs: Path, given: dict[str, object], time: str
) -> None:
    submission(tmp_path, **given)
    asked = (programs / "asked").read_text()
    assert f"--time={time}" in asked
    assert "--test-only" in asked


def test_an_array_of_workers(tmp_path: Path, programs: Path) -> None:
    (programs / "asked").write_text("")
    made = submission(tmp_path, cpus=2, partition="gpu")
    posts = [Post(tmp_path / name, str(tmp_path)) for name in ("one", "two")]
    assert made.submit(posts) == ["7_0", "7_1"]
    (script,) = (tmp_path / "control" / "logs").glob("7_submission.sh")
    text = script.read_text()
    for line in ("--array=0-1%2", "--cpus-per-task=2", "--partition=gpu", "--requeue", "--job-name=tiny", "--time=30"):
        assert f"#SBATCH {line}\n" in text
    assert f"#SBATCH --comment={tmp_path / 'control'}\n" in text
    assert " --cpus-per-task=2 " in text.splitlines()[-1]  # of srun
    assert "--signal=USR2@300" in text


def test_no_slurm_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match=r"no sbatch, srun, .* no login node of a SLURM cluster"):
        submission(tmp_path)


def test_what_slurm_refuses(tmp_path: Path, programs: Path) -> None:
    (programs / "sbatch").write_text("#!/bin/sh\necho sbatch: error: invalid partition specified: x >&2\nexit 1\n")
    with pytest.raises(UserError, match=r"refuses jobs .*: invalid partition specified: x; it was asked for .*--time"):
        submission(tmp_path, partition="x")
    with pytest.raises(UserError, match="did you mean 'normal'"):
        submission(tmp_path, time=60, partition="norml")


def test_without_submitit(tmp_path: Path, programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "submitit", None)
    with pytest.raises(UserError, match=r"gan-ablations\[slurm\]"):
        submission(tmp_path)


def test_the_last_words_of_a_worker(tmp_path: Path, programs: Path) -> None:
    made = submission(tmp_path)
    assert made.last_words("7_0")[1] == ""
    made.logs.mkdir(parents=True)
    (made.logs / "7_0_0_log.err").write_text("".join(f"line {number}\n" for number in range(40)))
    path, said = made.last_words("7_0")
    assert path.name == "7_0_0_log.err"
    assert said.splitlines() == [f"line {number}" for number in range(28, 40)]
