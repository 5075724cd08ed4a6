"""What a worker on a node knows of its work, before it is told anything."""

from dataclasses import dataclass
from pathlib import Path

from ablations.executors.elsewhere.setting import TRAINER
from gan_core.workers.patience import USUAL_PATIENCE, Patience

IDLE_S = 600.0  # for so long a worker waits for a parent that says nothing: one that was killed may come back


@dataclass(frozen=True)
class Post:
    """Sent with the job that SLURM starts. `folder`: its mailbox, which all machines reach.

    `exchange`: where the files of trials travel; `places`: trials at once, each with `threads` CPU threads on `device`;
    `trainer`: a `Trainer` of the pool.
    """

    folder: Path
    exchange: str
    places: int = 1
    threads: int = 1
    device: str = "cpu"
    trainer: str = TRAINER
    patience: Patience = USUAL_PATIENCE
    idle_s: float = IDLE_S
