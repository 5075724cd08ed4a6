"""The trials that have begun, each from its own `trial.json`: also those of a search, and of arms that are no more.

What a study is to train is in `recorded_study`.
"""

from collections.abc import Sequence

from ablations.designs import BASELINE
from ablations.recorded_study import recorded_arms
from ablations.trial_record import RECORD, read_record
from ablations.trials import Arm, Trial
from ablations.workspace import Workspace
from gan_core.config import resolve


def recorded_trials(workspace: Workspace) -> list[Trial]:
    """Those that have begun, by their names. Raises UserError where a record or its configuration can't be read."""
    trials = []
    for path in sorted(workspace.trials.glob(f"*/{RECORD}")):
        record = read_record(path.parent)
        config = resolve(record.config)
        arm = Arm(
            record.arm,
            record.factors,
            record.config,
            config,
            design=record.design or "one-in",
            reference=record.reference or BASELINE,
            previous=record.previous,
            searched=record.searched,
        )
        trials.append(Trial(record.study, arm, record.seed, config, path.parent, record.stage))
    return trials


def arms_not_begun(workspace: Workspace, begun: Sequence[Trial]) -> list[Trial]:
    """The study's other arms, as trials that nobody has begun: with them it is known which settings vary in it."""
    record = workspace.record()
    names = {trial.arm.name for trial in begun}
    others = (arm for arm in recorded_arms(record) if arm.name not in names)
    return [Trial(record.name, arm, 0, arm.config, workspace.root) for arm in others]
