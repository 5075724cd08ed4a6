"""Studies with code of their own: loaded first, recorded, and never changed without a word."""

import json
from pathlib import Path
from typing import Any

import pytest

from ablations.study.plugins import PluginRecord
from ablations.study.record import StudyRecord
from ablations.study.study import Study, load_study
from ablations.workspace.opening import open_workspace, refuse_changes
from ablations.workspace.recorded import recorded_study
from ablations.workspace.trial_record import TrialRecord
from ablations.workspace.trials import trials_of
from ablations.workspace.workspace import Workspace
from gan_core.evaluation.names import BETTER
from gan_core.plugins.loaded import entries, unload
from gan_core.problems import UserError
from tests.ablations.tiny import BASELINE
from tests.own_code import METRIC, TRICK

CLAIM = {"statement": "wider", "source": "me", "comparison": "grey > baseline", "metric": "spread"}


def study_file(folder: Path, **changes: Any) -> Path:
    content = {
        "question": "Does grey help?",
        "use": ["code/grey.py", "spread.py"],
        "design": "one-in",
        "seeds": 1,
        "baseline": {**BASELINE, "metrics": ["fid", "spread"]},
        "tricks": {"grey": {"grey": 0.3}},
        "claims": {"wide": CLAIM},
        **changes,
    }
    (folder / "code").mkdir(exist_ok=True)
    (folder / "code" / "grey.py").write_text(TRICK)
    (folder / "spread.py").write_text(METRIC)
    path = folder / "mine.yaml"
    path.write_text(json.dumps(content, indent=1))
    return path


def forget() -> None:
    for entry in entries():
        unload(entry)


def problems(path: Path) -> list[str]:
    with pytest.raises(UserError) as error:
        load_study(path)
    return [str(problem) for problem in error.value.problems]


def begun(study: Study, runs: Path) -> Workspace:
    """The study's folder, with a result as far as changes are concerned."""
    with open_workspace(study, runs) as workspace:
        trial = trials_of(study, workspace.root)[0]
        trial.write_record()
        (trial.directory / "events.jsonl").write_text("")
    return workspace


def test_every_arm_is_of_the_code_that_the_study_names(tmp_path: Path, own_home: Path) -> None:
    study = load_study(study_file(tmp_path))
    grey, spread = (plugin.entry for plugin in study.plugins)
    assert [arm.config.use for arm in study.arms] == [(grey, spread)] * 2
    assert study.arms[1].config.trick("grey").weight == 0.3
    assert (grey.partition("@")[0], spread.partition("@")[0]) == ("grey.py", "spread.py")
    assert study.plugins[0].registers == {"trick": ("grey",)}
    assert study.plugins[1].metrics == {"spread": "higher"}
    assert study.claims[0].relation == ">"


def test_records_can_be_read_where_nothing_is_loaded(tmp_path: Path, own_home: Path) -> None:
    study = load_study(study_file(tmp_path))
    workspace = begun(study, tmp_path / "runs")
    text, trial = workspace.study_json.read_bytes(), trials_of(study, workspace.root)[1].record().model_dump_json()
    forget()
    assert "spread" not in BETTER
    assert StudyRecord.model_validate_json(text).claims[0].metric == "spread"
    assert BETTER["spread"] == "higher"
    forget()
    for plugin in study.plugins:
        BETTER.drop(plugin.entry)
    record = TrialRecord.model_validate_json(trial)
    assert record.texts == {"grey": "0.3"}
    assert BETTER["spread"] == "higher"
    for plugin in study.plugins:
        BETTER.drop(plugin.entry)


def test_two_directions_of_one_name_are_refused() -> None:
    words = {"name": "a.py", "digest": "0" * 16, "lines": 1, "registers": {}, "metrics": {"fid": "higher"}}
    with pytest.raises(ValueError, match="fid of"):
        TrialRecord.model_validate(
            {"study": "s", "arm": "a", "factors": {}, "seed": 0, "fingerprint": "", "config": {}, "plugins": (words,)}
        )
    assert PluginRecord.model_validate(words).entry == f"a.py@{'0' * 16}"


def test_records_without_any_are_as_they_were(tmp_path: Path) -> None:
    plain = study_file(tmp_path, use=[], baseline=BASELINE, tricks={"ttur": {"lr_d": 8e-4}}, claims={})
    study = load_study(plain)
    assert "plugins" not in study.plain()
    assert "use" not in study.plain()["baseline"]
    assert "plugins" not in trials_of(study, tmp_path)[0].record().model_dump()


def test_mistakes_are_told_at_once_with_their_places(tmp_path: Path, own_home: Path) -> None:
    path = study_file(tmp_path, use=["code/gray.py", "spread.py"], designs="one-in")
    (tmp_path / "spread.py").write_text(METRIC + "1 / 0\n")
    told = problems(path)
    assert any(f"there is no file {tmp_path}/code/gray.py" in text and "grey.py" in text for text in told)
    assert any(text.startswith(f"{tmp_path}/spread.py:") and "ZeroDivisionError" in text for text in told)
    assert any("no setting is called 'designs'" in text for text in told)
    assert not any("'grey'" in text for text in told)  # which the missing file would have registered


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"baseline": {**BASELINE, "use": ["grey.py"]}}, "baseline.use: is no setting of an arm"),
        ({"tricks": {"grey": {"grey": 1, "use": []}}}, "tricks.grey.use: is no setting of an arm"),
        ({"use": {"a": 1}}, "use: "),
        ({"use": ["spread.py", "./spread.py", "code/grey.py"]}, "use.1: ./spread.py stands there twice"),
    ],
)
def test_what_use_can_not_be(changes: dict[str, Any], says: str, tmp_path: Path, own_home: Path) -> None:
    assert any(says in text for text in problems(study_file(tmp_path, **changes)))


def test_a_changed_file_is_a_changed_study(tmp_path: Path, own_home: Path) -> None:
    path, runs = study_file(tmp_path), tmp_path / "runs"
    study = load_study(path)
    workspace = begun(study, runs)
    refuse_changes(study, runs)
    old = study.plugins[0]
    assert (workspace.root / "code" / old.digest / "grey.py").read_text() == TRICK
    forget()
    (tmp_path / "code" / "grey.py").write_text(TRICK.replace("Field(0.5, gt=0", "Field(0.7, gt=0"))
    changed = load_study(path)
    with pytest.raises(UserError) as error:
        refuse_changes(changed, runs)
    told = str(error.value)
    assert f"use.grey.py: digest {old.digest} before, {changed.plugins[0].digest} now" in told
    assert "-    weight: float = Field(0.5, gt=0" in told
    assert "+    weight: float = Field(0.7, gt=0" in told
    assert "spread.py" not in told


def test_a_folder_alone_is_run_only_where_its_code_was_named(
    tmp_path: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = load_study(study_file(tmp_path))
    workspace = begun(study, tmp_path / "runs")
    for path in (tmp_path / "code" / "grey.py", tmp_path / "spread.py"):
        path.unlink()
    forget()
    arms = [arm.config.fingerprint() for arm in recorded_study(workspace).arms]  # the user named it here
    assert arms == [arm.config.fingerprint() for arm in study.arms]
    forget()
    monkeypatch.setenv("GAN_ABLATIONS_HOME", str(tmp_path / "another machine"))
    with pytest.raises(UserError) as error:
        recorded_study(workspace)
    assert [problem.source for problem in error.value.problems] == [
        str(workspace.root / "code" / plugin.digest / plugin.name) for plugin in study.plugins
    ]
    assert f"{len(TRICK.splitlines())} lines, digest {study.plugins[0].digest}" in str(error.value)
    assert recorded_study(workspace, allow_code=True).sources[0].text == TRICK
    kept = workspace.root / "code" / study.plugins[0].digest / "grey.py"
    kept.write_text(TRICK + "import os\n")
    forget()
    with pytest.raises(UserError, match="is not what it was kept as"):
        recorded_study(workspace, allow_code=True)
