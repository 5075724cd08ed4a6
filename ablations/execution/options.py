"""What a user says about an execution, apart from the study."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ablations.execution.deadline import Deadline
from gan_core.workers.patience import USUAL_PATIENCE, Patience

MAX_FAILURES = 5


@dataclass(frozen=True)
class ExecutionOptions:
    """The options of one execution, apart from the study itself."""

    home: Path
    executor: Literal["processes", "inline"] = "processes"
    workers: int | None = None
    threads: int | None = None
    device: str | None = None
    tracking_uri: str | None = None  # None: SQLite in the study's directory
    storage: str | None = None  # None: SQLite in the study's directory
    inception_weights: Path | None = None  # a file; None: downloaded, where a trial asks for them
    command: Sequence[str] = ()
    named_files: Sequence[Path] = ()  # untracked, and kept with the record of the code
    floors: bool | None = None  # None: where they take seconds
    offline: bool = False  # whether the journals stay where they are, for `sync`
    system_metrics: bool = True  # whether trials note what they ask of the machine
    retrain: bool = False  # whether to train what another study has trained already
    report: bool = False  # whether a page is written at the end
    models: bool = False  # whether each arm's best generator is logged as a model at the end
    deadline: Deadline | None = None  # when training ends, and before which a look must fit to be begun
    register: str | None = None  # the registered model whose versions they become
    patience: Patience = USUAL_PATIENCE  # how long a trial may be silent
    max_failures: int = MAX_FAILURES  # trials that may fail one after another before the study ends
