"""What SLURM is asked for: options of sbatch from a trial's needs, checked by SLURM itself before anything trains."""

import math
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ablations.executors.elsewhere.setting import Elsewhere
from ablations.executors.slurm.post import Post
from ablations.executors.slurm.queue import SlurmError, slurm
from ablations.executors.slurm.worker import Worker
from ablations.study.cluster import FLAG, ClusterNeeds
from gan_core.problems import Problem, UserError, nearest_name

COMMANDS = ("sbatch", "srun", "squeue", "scancel", "scontrol", "sinfo")
EXTRA = 'pip install "gan-ablations[slurm]"'
MOST_MINUTES = 365 * 24 * 60  # where the partition sets no limit
TIMES_OVER = 100_000  # how often a worker may come to its time limit and go on
LONGEST_SIGNAL_S, SHORTEST_SIGNAL_S = 300, 20
_TIME = re.compile(r"(?:(\d+)-)?(?:(?:(\d+):)?(\d+):)?(\d+)")
OF_A_JOB = ("SLURM_", "SLURMD_", "SRUN_")
Flags = dict[str, str | int | bool]


def signal_s(minutes: int) -> int:
    """How long before its time limit a worker is told, in s: a third of a short time, at most five minutes."""
    return max(SHORTEST_SIGNAL_S, min(LONGEST_SIGNAL_S, minutes * 60 // 3))


def flags_of(needs: ClusterNeeds) -> Flags:
    """Options of sbatch for one worker, which trains as many trials at once as share a GPU."""
    places = needs.trials_a_gpu
    flags: Flags = {"ntasks": 1, "cpus-per-task": needs.cpus * places, "requeue": True}
    if needs.gpus:
        kind = f"{needs.accelerator}:" if needs.accelerator else ""
        flags["gres"] = f"gpu:{kind}{max(1, math.ceil(needs.gpus))}"
    if needs.memory_gb is not None:
        flags["mem"] = f"{math.ceil(needs.memory_gb * places * 1024)}M"
    for name in ("partition", "account", "qos", "constraint"):
        if value := getattr(needs, name):
            flags[name] = value
    return flags


class Submission:
    """Submits workers of one study. `control`: the folder for mailboxes and logs, which all machines reach."""

    def __init__(self, setting: Elsewhere, control: Path) -> None:
        """Raises UserError where submitit or SLURM is not there, or SLURM refuses such jobs."""
        _require_programs()
        self._name, self._needs, self.logs = setting.study, setting.needs, control / "logs"
        self._flags = flags_of(setting.needs) | {"comment": str(control)}
        self._partitions: list[str] = []  # that SLURM has, where it was asked
        self._minutes = self._time()
        self._flags["time"] = self._minutes if self._minutes < MOST_MINUTES else "UNLIMITED"
        self._check()

    def submit(self, posts: Sequence[Post]) -> list[str]:
        """Submit a worker for each post, as one array; the ids of their jobs. Raises SlurmError in sbatch's words."""
        import submitit
        from submitit.core.utils import FailedJobError, FailedSubmissionError

        self.logs.mkdir(parents=True, exist_ok=True)
        executor = submitit.SlurmExecutor(self.logs, max_num_timeout=TIMES_OVER)
        executor.update_parameters(
            job_name=self._name,
            time=self._minutes,
            wckey=None,
            signal_delay_s=signal_s(self._minutes),
            array_parallelism=len(posts),
            srun_args=[f"--cpus-per-task={self._flags['cpus-per-task']}"],  # not inherited since SLURM 22.05
            additional_parameters=self._flags,
        )
        try:
            with outside_of_jobs(), executor.batch():
                jobs = [executor.submit(Worker(post)) for post in posts]
        except (FailedJobError, FailedSubmissionError) as error:
            raise SlurmError(str(error).strip()) from error
        return [str(job.job_id) for job in jobs]

    def last_words(self, job: str, lines: int = 12) -> tuple[Path, str]:
        """The log of a worker, and its last lines; '' where there is none."""
        paths = [self.logs / f"{job}_0_log.err", self.logs / f"{job}_0_log.out"]
        for path in paths:
            try:
                said = path.read_text(encoding="utf-8", errors="replace").strip()
            except OSError:
                continue
            if said:
                return path, "\n".join(said.splitlines()[-lines:])
        return paths[0], ""

    def _time(self) -> int:
        """The time limit of one worker in minutes: the user's, else that which SLURM would give it."""
        try:
            said = slurm("sinfo", "--noheader", "--all", "--format=%P|%l|%L")
        except SlurmError as error:
            raise UserError(Problem(f"SLURM does not answer: {error}")) from error
        chosen = self._needs.partition.split(",") if self._needs.partition else []  # it may be several
        limits = [MOST_MINUTES]  # a partition that isn't there is refused in SLURM's own words
        for line in said.splitlines():
            name, most, usual = line.split("|")
            self._partitions.append(name.rstrip("*"))
            if name.rstrip("*") in chosen or (name.endswith("*") and not chosen):
                limits.append(minutes_in(usual) or minutes_in(most) or MOST_MINUTES)
        return min(limits) if self._needs.time is None else max(1, math.ceil(self._needs.time / 60))

    def _check(self) -> None:
        options = [f"--{name}" if value is True else f"--{name}={value}" for name, value in self._flags.items()]
        try:
            with outside_of_jobs():
                slurm("sbatch", "--test-only", "--wrap=true", f"--job-name={self._name}", *options)
        except SlurmError as error:
            asked = " ".join(option for option in options if not option.startswith("--comment"))
            said = "; ".join(line.removeprefix("sbatch: error: ") for line in str(error).splitlines())
            message = f"SLURM refuses jobs of this study: {said}; it was asked for {asked}"
            given = self._needs.partition or ""
            meant = "" if given in self._partitions else nearest_name(given, self._partitions)
            raise UserError(Problem(message, (FLAG,), "what the cluster has: see sinfo", meant)) from error


@contextmanager
def outside_of_jobs() -> Iterator[None]:
    """Where this program itself runs in a SLURM job: what it submits inherits nothing of that one's resources."""
    inside = "SLURM_JOB_ID" in os.environ
    own = [name for name in os.environ if inside and name.startswith(OF_A_JOB) and name != "SLURM_CONF"]
    former = {name: os.environ.pop(name) for name in own}
    try:
        yield
    finally:
        os.environ.update(former)


def minutes_in(words: str) -> int | None:
    """A limit as sinfo shows it, such as 1-00:00:00 or 30:00, in minutes; None for n/a and infinite."""
    found = _TIME.fullmatch(words.strip())
    if found is None:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return max(1, (days * 24 + hours) * 60 + minutes + (seconds > 0))


def _require_programs() -> None:
    try:
        import submitit  # noqa: F401
    except ImportError as error:
        raise UserError(Problem(f"--executor slurm needs submitit ({error})", allowed=EXTRA)) from error
    if missing := [name for name in COMMANDS if shutil.which(name) is None]:
        message = f"this machine has no {', '.join(missing)}, so it is no login node of a SLURM cluster"
        raise UserError(Problem(message, ("--executor",), "run it where sbatch and squeue work"))
