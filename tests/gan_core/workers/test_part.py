"""Parts of an export: disjoint, complete, balanced, the same wherever they are worked out."""

import random
from collections import Counter
from pathlib import Path

import pytest

from gan_core.cli.app import main
from gan_core.config import resolve
from gan_core.machine.versions import code_digest
from gan_core.workers.exported import ExportedTrial, write_trials
from gan_core.workers.part import Part, part_of
from gan_core.workers.run_exported import Batch, Machine

CODE = code_digest()
RATES = {"a": 1e-4, "b": 2e-4, "c": 3e-4, "d": 4e-4}


def trial_of(arm: str, seed: int, budget_kimg: float = 1.0) -> ExportedTrial:
    config = resolve({"data": "shapes", "image_size": 16, "lr_g": RATES[arm], "budget_kimg": budget_kimg, "seed": seed})
    fingerprint = config.fingerprint()
    return ExportedTrial(
        name=f"{arm}-seed{seed}", config=config.plain(), fingerprint=fingerprint, code=CODE, record={"code": CODE}
    )


@pytest.fixture(scope="module")
def trials() -> list[ExportedTrial]:
    """Four arms, five seeds, seed by seed as an export has them."""
    return [trial_of(arm, seed) for seed in range(5) for arm in RATES]


@pytest.mark.parametrize("of", [1, 2, 3, 4, 5, 7, 19, 20, 23])
def test_parts_are_disjoint_complete_and_balanced(trials: list[ExportedTrial], of: int) -> None:
    parts = [Part(number, of).of_trials(trials) for number in range(1, of + 1)]
    names = [trial.name for part in parts for trial in part]
    assert sorted(names) == sorted(trial.name for trial in trials)  # each once
    sizes = [len(part) for part in parts]
    assert max(sizes) - min(sizes) <= 1
    for arm in RATES:
        counts = [Counter(trial.name[0] for trial in part)[arm] for part in parts]
        assert max(counts) - min(counts) <= 1
    for part in parts:
        assert part == [trial for trial in trials if trial in part]  # in the order of the export


def test_the_order_in_the_file_does_not_matter(trials: list[ExportedTrial]) -> None:
    mixed = list(trials)
    random.Random(0).shuffle(mixed)
    for number in (1, 2, 3):
        ours, theirs = (Part(number, 3).of_trials(each) for each in (trials, mixed))
        assert {trial.name for trial in ours} == {trial.name for trial in theirs}


def test_long_trials_are_dealt_out_first() -> None:
    trials = [trial_of("a", seed, 10.0 if seed % 2 else 1.0) for seed in range(8)]
    for number in (1, 2):
        budgets = [trial.config["budget_kimg"] for trial in Part(number, 2).of_trials(trials)]
        assert sorted(budgets) == [1.0, 1.0, 10.0, 10.0]


def test_the_two_ways_to_name_a_part() -> None:
    assert part_of("2/3", None, None) == part_of(None, 1, 3) == Part(2, 3)
    assert part_of(None, None, None) is None


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--part", "0/3"],
            "--part: there is no part 0 of 3: parts are counted from 1; allowed: I/N with I from 1 to N",
        ),
        (["--part", "4/3"], "--part: there is no part 4 of 3"),
        (["--part=-1/3"], "--part: there is no part -1 of 3"),
        (["--part", "0/0"], "--part: there is no part 0 of 0"),
        (["--part", "abc"], "--part: 'abc' is no part; allowed: I/N"),
        (["--part", "1/" + "9" * 5000], "is no part"),
        (["--part", "1.5/3"], "'1.5/3' is no part"),
        (["--part", "1/3", "--index", "0"], "--part: says the same as --index and --parts; allowed: one of them"),
        (["--index", "3", "--parts", "3"], "--index: there is no part of index 3 among 3; allowed: 0 to 2"),
        (["--index", "0", "--parts", "0"], "--parts of at least 1"),
        (["--index", "1"], "--parts: is missing, --index is given"),
        (["--parts", "2"], "--index: is missing, --parts is given"),
    ],
)
def test_mistakes(tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str) -> None:
    assert main(["run", str(tmp_path / "missing.tar"), "--out", str(tmp_path / "out"), *words]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
    assert len(line) < 400
    assert not (tmp_path / "out").exists()


def test_a_part_has_the_threads_that_all_trials_have(trials: list[ExportedTrial], tmp_path: Path) -> None:
    whole = Batch(trials, tmp_path / "out", Machine(tmp_path, device="cpu"))
    batch = Batch(trials, tmp_path / "out", Machine(tmp_path, device="cpu"), part=Part(1, 20))
    assert batch.places == whole.places
    assert len(batch.to_do()) == len(batch.trials) == 1
    assert batch.in_all == 20


def test_a_part_without_trials_is_done(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_trials(tmp_path / "t.tar", [trial_of("a", 0)])
    words = ["run", str(tmp_path / "t.tar"), "--out", str(tmp_path / "out"), "--home", str(tmp_path), "--device", "cpu"]
    assert main([*words, "--index", "1", "--parts", "2"]) == 0
    assert "part 2 of 2: 0 of 1 trials" in capsys.readouterr().out
