"""`cluster:` in a study file: what a trial takes of a cluster, where it trains on other machines than this one."""

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, WithJsonSchema

from ablations.study.yaml_source import read_value
from gan_core.problems import Problem, UserError, shown
from gan_core.records import Printable, Record
from gan_core.schema.validation import problems_of

FLAG = "--cluster"
ALLOWED = "KEY=VALUE, such as partition=gpu or gpus=0.25"
OF_SLURM = ("time", "partition", "account", "qos", "constraint")  # settings that mean nothing to Ray
TIME_ALLOWED = "minutes, or HH:MM:SS, or D-HH:MM:SS, as SLURM has it"
GPUS_ALLOWED = "0, a part of one GPU such as 0.25, or whole GPUs"
_CLOCK = re.compile(r"(?:(?P<d>\d+)-)?(?P<h>\d+):(?P<m>[0-5]\d):(?P<s>[0-5]\d)")


def _seconds(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value * 60
    if isinstance(value, str) and (found := _CLOCK.fullmatch(value.strip())):
        days, hours, minutes, seconds = (int(found[key] or 0) for key in "dhms")
        if total := ((days * 24 + hours) * 60 + minutes) * 60 + seconds:
            return total
    raise ValueError(TIME_ALLOWED)


def _word(text: str) -> str:
    if not text or any(character.isspace() for character in text):
        raise ValueError("one word, as the cluster knows it")
    return text


def _gpus(value: float) -> float:
    if not math.isfinite(value) or (value > 1 and value != int(value)):
        raise ValueError(GPUS_ALLOWED)
    return value


Seconds = Annotated[int, BeforeValidator(_seconds), WithJsonSchema({"type": ["integer", "string"]})]
Word = Annotated[Printable, AfterValidator(_word)]


class ClusterNeeds(Record):
    """What one trial takes, and how many may run. No part of a trial's identity; it may change at any time.

    On a CPU another number of `cpus` sums in another order, and changes the last bits of a trial.
    """

    cpus: int = Field(1, ge=1, description="CPU threads a trial")
    gpus: Annotated[float, AfterValidator(_gpus)] = Field(
        0, ge=0, description="GPUs a trial; 0.25: four trials share one"
    )
    memory_gb: float | None = Field(None, gt=0, description="memory a trial, in GB; without it the cluster's default")
    workers: int | None = Field(None, ge=1, description="SLURM jobs at once, or Ray's trials at once, at most")
    time: Seconds | None = Field(None, description=f"time limit of one SLURM job: {TIME_ALLOWED}")
    partition: Word | None = Field(None, description="SLURM's partition")
    account: Word | None = Field(None, description="SLURM's account")
    qos: Word | None = Field(None, description="SLURM's quality of service")
    constraint: Word | None = Field(None, description="SLURM's constraint on nodes, such as a100")
    accelerator: Word | None = Field(
        None, description="type of GPU: of SLURM's gres gpu:TYPE, or Ray's accelerator_type"
    )

    @property
    def trials_a_gpu(self) -> int:
        """How many trials share one GPU; 1 where a trial has one or more of its own, or none."""
        return int(1 / self.gpus + 1e-9) if 0 < self.gpus < 1 else 1

    @property
    def device(self) -> str:
        """What a trial trains on."""
        return "cuda" if self.gpus else "cpu"


MOST_JOBS = 16  # SLURM jobs at once, where nobody has said how many


def _needs(value: Any) -> Any:
    if not isinstance(value, dict | ClusterNeeds):
        raise ValueError("what a trial takes, such as {gpus: 0.25, cpus: 2}")
    return value


ClusterInFile = Annotated[ClusterNeeds, BeforeValidator(_needs)]
NO_NEEDS = ClusterNeeds()  # one CPU thread, and whatever else the cluster gives


def cluster_options(
    needs: ClusterNeeds,
    words: Sequence[str],
    executor: str,
    workers: int | None = None,
    threads: int | None = None,
    device: str | None = None,
) -> ClusterNeeds:
    """The study's needs as a command line changes them, for the executor of this name.

    Raises UserError for every mistake, and for options that mean nothing to the executor.
    """
    if executor not in ("slurm", "ray"):
        if words:
            raise UserError(Problem("this machine is no cluster", (FLAG,), "with --executor slurm or ray"))
        return needs
    changed, named = cluster_needs(needs, words), {word.partition("=")[0].strip() for word in words}
    if executor == "ray" and (vain := [key for key in OF_SLURM if key in named]):
        raise UserError(*(Problem("Ray knows no such thing", (FLAG, key), "with --executor slurm") for key in vain))
    if device is not None:
        message = "on a cluster trials train on GPUs where they ask for some, else on CPUs"
        raise UserError(Problem(message, ("--device",), f"{FLAG} gpus=1, or gpus=0"))
    given = {"workers": ("--workers", workers), "cpus": ("--threads", threads)}
    if twice := [(key, flag) for key, (flag, value) in given.items() if value is not None and key in named]:
        raise UserError(*(Problem(f"{flag} sets it too", (FLAG, key), "one of the two") for key, flag in twice))
    if wrong := [(flag, value) for flag, value in given.values() if value is not None and value < 1]:
        raise UserError(*(Problem(f"{value} is out of range", (flag,), ">= 1") for flag, value in wrong))
    return changed.model_copy(update={key: value for key, (_, value) in given.items() if value is not None})


def cluster_needs(needs: ClusterNeeds, words: Sequence[str]) -> ClusterNeeds:
    """These needs as words such as 'partition=gpu' change them. Raises UserError with all mistakes."""
    given: dict[str, Any] = {}
    problems = []
    for text in words:
        key, equals, value = (part.strip() for part in text.partition("="))
        if not (key and equals and value):
            problems.append(Problem(f"{shown(text)} is no setting", (FLAG,), ALLOWED))
        elif key in given:
            problems.append(Problem(f"{shown(key)} is set twice", (FLAG,), "one value a setting"))
        else:
            try:
                given[key] = read_value(value, f"{FLAG} {key}")
            except UserError as error:
                problems += [replace(problem, source="", where=(FLAG, key)) for problem in error.problems]
    try:
        changed = ClusterNeeds.model_validate(given)
    except ValidationError as error:
        problems += problems_of(error, ClusterNeeds, (FLAG,))
    if problems:
        raise UserError(*problems)
    return needs.model_copy(update={key: getattr(changed, key) for key in changed.model_fields_set})
