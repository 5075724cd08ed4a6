"""What a user says about an execution, apart from the study."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ablations.execution.deadline import Deadline
from ablations.executors.names import ExecutorName
from ablations.study.cluster import NO_NEEDS, ClusterNeeds
from gan_core.workers.patience import USUAL_PATIENCE, Patience

MAX_FAILURES = 5


@dataclass(frozen=True)
class ExecutionOptions:
    """The options of one execution, apart from the study itself."""

    home: Path
    executor: ExecutorName = "processes"
    cluster: ClusterNeeds = NO_NEEDS  # of an executor elsewhere
    files: str | None = None  # where the files of trials elsewhere travel; None: the study's folder
    ray_address: str | None = None  # None: not named
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
