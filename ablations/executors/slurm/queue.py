"""SLURM's queue, as squeue shows it: no accounting database is needed."""

import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass

ANSWER_S = 60.0  # how long one of SLURM's commands may take
FORMAT = "%i|%T|%N|%r|%k"
ENDED = frozenset(
    {
        *("BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY"),
        *("PREEMPTED", "REVOKED", "TIMEOUT"),
    }
)
WAITING = frozenset({"PENDING", "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "SPECIAL_EXIT"})
NEVER = frozenset(  # reasons for which a job waits for ever, as it was asked for
    {
        *("PartitionTimeLimit", "PartitionNodeLimit", "BadConstraints", "InvalidAccount", "InvalidQOS"),
        *("AccountNotAllowed", "QOSNotAllowed", "AssocMaxWallDurationPerJobLimit", "QOSMaxWallDurationPerJobLimit"),
    }
)
HELD_BY_SLURM = "launch failed requeued held"


class SlurmError(Exception):
    """One of SLURM's commands has failed, in its own words."""


@dataclass(frozen=True)
class Entry:
    """One job, or element of an array, in the queue. `comment`: what it was submitted with."""

    job: str
    state: str
    node: str
    reason: str
    comment: str

    @property
    def is_there(self) -> bool:
        """Whether it runs, or will without anybody's help."""
        return self.state not in ENDED and self.reason != HELD_BY_SLURM

    @property
    def waits(self) -> bool:
        """Whether it is to be started, for the first time or again."""
        return self.state in WAITING

    @property
    def waits_for_ever(self) -> bool:
        """Whether it will never start, for a reason that its options have."""
        return self.waits and self.reason in NEVER


def queue() -> dict[str, Entry]:
    """This user's jobs by id, elements of arrays by theirs ('12_3'). Raises SlurmError, where SLURM does not answer."""
    said = slurm("squeue", "--noheader", "--array", f"--user={os.getuid()}", f"--format={FORMAT}")
    return entries_of(said)


def entries_of(said: str) -> dict[str, Entry]:
    """Read squeue's lines, by `FORMAT`."""
    entries = (Entry(*line.split("|", 4)) for line in said.splitlines() if line.count("|") >= 4)
    return {entry.job: entry for entry in entries}


def cancel(jobs: Iterable[str]) -> None:
    """Let SLURM end these jobs; those that have ended meanwhile are no mistake. Raises SlurmError."""
    ids = sorted(jobs)
    for start in range(0, len(ids), 500):  # of a command line's length
        slurm("scancel", "--quiet", *ids[start : start + 500])


def slurm(*command: str) -> str:
    """What one of SLURM's commands prints. Raises SlurmError with its own words."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=ANSWER_S, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SlurmError(f"{command[0]}: {error}") from error
    if done.returncode:
        words = (done.stderr or done.stdout).strip()
        raise SlurmError(words or f"{command[0]} ended with exit code {done.returncode}")
    return done.stdout
