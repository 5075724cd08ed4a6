"""A study by its folder, without its file: all that it is to train, from `study.json`.

What has begun, with whatever settings, is in `recorded_trials`, from each trial's own `trial.json`.
"""

from collections.abc import Sequence
from pathlib import Path

from ablations.study.arm import Arm
from ablations.study.block_names import arm_in_block
from ablations.study.designs import BASELINE
from ablations.study.overrides import Overrides
from ablations.study.plugins import USE
from ablations.study.record import StudyRecord
from ablations.study.study import Study, load_study
from ablations.workspace.study_text import study_text
from ablations.workspace.trial_record import read_trial_record, recorded_folders
from ablations.workspace.trials import Trial
from ablations.workspace.workspace import Workspace, find_workspace
from gan_core.config import resolve
from gan_core.plugin_text import FOLDER as CODE
from gan_core.plugin_text import Source
from gan_core.plugins.loaded import sources_of
from gan_core.plugins.permission import load_kept
from gan_core.problems import Problem, UserError


def study_named(text: str, runs: Path, allow_code: bool = False) -> Study:
    """A study by the folder that has been made for it under `runs`, else by its file.

    The folder comes first: it knows of the command line's changes to the file. `allow_code`: run code that the folder
    keeps, though nobody has named it here. Raises UserError where there is neither.
    """
    try:
        workspace = find_workspace(text, runs)
    except UserError:
        if not Path(text).is_file():
            raise
        return load_study(Path(text))
    return recorded_study(workspace, allow_code)


def study_to_export(text: str, runs: Path, name: str | None, overrides: Overrides, allow_code: bool = False) -> Study:
    """A study by its file, changed as the command line says; else by the folder that has been made for it.

    Raises UserError where there is neither, or where a folder's study is to be changed.
    """
    if Path(text).is_file():
        return load_study(Path(text), name, overrides)
    workspace = find_workspace(text, runs)
    if name is not None or overrides != Overrides():
        message = "is a study's folder, and can't be changed by the command line"
        raise UserError(Problem(message, source=str(workspace.root), allowed="its study file, to change it"))
    return recorded_study(workspace, allow_code)


def recorded_arms(record: StudyRecord) -> tuple[Arm, ...]:
    """The arms of a study's record, in its order."""
    return tuple(
        Arm(
            name=arm.name,
            factors=arm.factors,
            settings=arm.config,
            config=resolve(arm.config, named=()),
            design=record.design,
            reference=arm_in_block(record.reference, arm.block),
            previous=arm.previous,
            block=arm.block,
        )
        for arm in record.arms
    )


def refuse_search(study: Study) -> None:
    """Raise UserError for a search: what it trains next depends on what has been trained."""
    if study.search is not None:
        message = f"study {study.name} is a search, which chooses its trials while it trains"
        raise UserError(Problem(message, ("design",), allowed="a design that is known in advance"))


def load_code(workspace: Workspace, allow_code: bool = False) -> tuple[Source, ...]:
    """Load the code of its own that the study in this folder keeps. Raises UserError where it may not be run here."""
    entries = tuple(plugin.entry for plugin in workspace.record().plugins)
    load_kept(workspace.root, {USE: entries}, allow_code)
    return sources_of(entries)


def recorded_study(workspace: Workspace, allow_code: bool = False) -> Study:
    """The study in `study.json`. Raises UserError where this version means other runs by it."""
    record = workspace.record()
    if record.search is not None:
        message = "a search chooses its trials while it trains, and its folder does not list all of them"
        raise UserError(Problem(message, source=str(workspace.study_json), allowed="a design that is known in advance"))
    sources = load_code(workspace, allow_code)
    arms = recorded_arms(record)
    changed = [a.name for a, b in zip(arms, record.arms, strict=True) if a.config.fingerprint() != b.fingerprint]
    if changed:
        message = f"other runs than these are meant by it now: {', '.join(changed)}"
        raise UserError(Problem(message, source=str(workspace.study_json), allowed="the version that it was made with"))
    return Study(
        name=record.name,
        path=workspace.study_yaml,
        question=record.question,
        papers=record.papers,
        design=record.design,
        seeds=record.seeds,
        looks=record.looks,
        baseline=record.baseline,
        factors=record.factors,
        arms=arms,
        left_out=record.left_out,
        fraction=record.fraction,
        warnings=(),
        text=study_text(workspace),
        rule=record.rule,
        claims=record.claims,
        guard=record.guard,
        sources=sources,
        plugins=record.plugins,
        blocks=record.blocks,
    )


def recorded_trials(workspace: Workspace) -> list[Trial]:
    """The trials that have begun, by name. Raises UserError where a record or its configuration can't be read."""
    trials = []
    for folder in recorded_folders(workspace.trials):
        record = read_trial_record(folder)
        load_kept(folder if (folder / CODE).exists() else workspace.root, record.config)
        config = resolve(record.config, named=())
        arm = Arm(
            record.arm,
            record.factors,
            record.config,
            config,
            design=record.design or "one-in",
            reference=record.reference or BASELINE,
            previous=record.previous,
            searched=record.searched,
            block=record.block,
        )
        trials.append(Trial(record.study, arm, record.seed, config, folder, record.stage))
    return trials


def arms_not_begun(workspace: Workspace, begun: Sequence[Trial]) -> list[Trial]:
    """The study's other arms, as trials that have not begun: they show which settings vary in the study."""
    record = workspace.record()
    load_code(workspace)
    names = {trial.arm.name for trial in begun}
    others = (arm for arm in recorded_arms(record) if arm.name not in names)
    return [Trial(record.name, arm, 0, arm.config, workspace.root) for arm in others]
