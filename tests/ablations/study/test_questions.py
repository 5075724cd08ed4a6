"""How many questions a study asks, before it runs: as many as are tested when its runs are there."""

import random
from pathlib import Path

import pytest

from ablations.leaderboard.source import from_folders
from ablations.study.questions import question_count
from ablations.study.study import load_study
from ablations.workspace.trials import trials_of
from tests.ablations.journals import story, write

BASELINE = "{data: shapes, image_size: 16, width: 4, batch_size: 10, metrics: [fid, is]}"
TRICKS = "{ttur: {lr_d: 8e-4}, slow: {lr_g: 1e-4}, soft: {label_smoothing: 0.9}}"
CLAIM = "{{statement: s, source: t, comparison: {}, metric: {}}}"
SAME, MORE = ("ttur > baseline", "fid"), ("ttur < slow", "fid")
TIME, GONE = ("ttur = baseline", "is"), ("ttur < slow", "diverged")


def write_study(path: Path, design: str, claims: list[tuple[str, str]]) -> None:
    asked = ", ".join(f"c{i}: {CLAIM.format(*claim)}" for i, claim in enumerate(claims))
    lines = [
        "question: q",
        f"design: {design}",
        "seeds: 3",
        f"baseline: {BASELINE}",
        f"tricks: {TRICKS}",
        f"claims: {{{asked}}}",
    ]
    path.write_text("\n".join(lines + (["resolution: 3"] if design == "fractional" else [])))


@pytest.mark.parametrize(
    ("design", "claims", "expected"),
    [
        ("one-in", [], (3, 0, 3)),
        ("one-in", [SAME, SAME], (3, 0, 3)),
        ("one-in", [MORE, TIME, GONE], (3, 3, 4)),  # one more pair that is compared by FID
        ("one-out", [], (3, 0, 3)),
        ("ladder", [("1+ttur < baseline", "fid"), ("2+slow < baseline", "fid")], (3, 1, 4)),
        ("factorial", [("main effect of ttur < 0", "fid"), ("ttur < slow", "fid")], (6, 1, 1)),
        ("factorial", [("main effect of ttur < 0", "is")], (6, 1, 0)),
        ("fractional", [], (3, 0, 0)),
    ],
)
def test_as_many_as_are_tested(
    design: str, claims: list[tuple[str, str]], expected: tuple[int, int, int], tmp_path: Path
) -> None:
    write_study(tmp_path / "tiny.yaml", design, claims)
    study = load_study(tmp_path / "tiny.yaml")
    count = question_count(study)
    assert (count.effects, count.claims, count.pairs) == expected
    root, stream = tmp_path / "runs" / "tiny", random.Random(1)
    for trial in trials_of(study, root):
        trial.write_record()
        write(trial, list(story(trial, 10 + stream.random())))
    (root / "study.json").write_text(study.record().model_dump_json())
    (table,) = from_folders([root]).leaderboard().tables
    assert table.looks.tested == count.tested
