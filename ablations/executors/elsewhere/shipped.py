"""A job on its way to another machine: plain data, which any of them can read."""

import json
from dataclasses import dataclass
from pathlib import Path

from gan_core.machine.versions import code_digest
from gan_core.plugin_text import Source
from gan_core.problems import Problem, UserError
from gan_core.workers.job import Job

TRIALS = "trials"  # of an exchange: where the files of trials lie


@dataclass(frozen=True)
class ShippedJob(Job):
    """A job that another machine trains. Its `directory` and `home` are the sender's until it has landed there.

    `exchange`: where its files travel, a URI or an absolute path; `attempt`: a word that no other sending of this job
    has; `code`: digest of its trainer; `environment`: variables of the process that trains it, given on the node.
    """

    exchange: str = ""
    attempt: str = ""
    code: str = ""
    environment: tuple[tuple[str, str], ...] = ()

    @property
    def place(self) -> str:
        """Where in the exchange its files lie. Each attempt has a place of its own: none can spoil another's files."""
        return place_of_attempt(self.name, self.attempt)


def place_of_attempt(name: str, attempt: str) -> str:
    """Where in the exchange the files of this attempt at a trial lie."""
    return f"{TRIALS}/{name}/{attempt}"


def ship(job: Job, exchange: str, attempt: str) -> ShippedJob:
    """The job, ready to be sent with this program's code."""
    return ShippedJob(**vars(job), exchange=exchange, attempt=attempt, code=code_digest())


def job_to_json(job: ShippedJob) -> str:
    """The job on one line."""
    content = {
        "name": job.name,
        "settings": job.settings,
        "directory": str(job.directory),
        "home": str(job.home),
        "data_digest": job.data_digest,
        "plugins": [{"name": one.name, "text": one.text, "path": one.path} for one in job.plugins],
        "exchange": job.exchange,
        "attempt": job.attempt,
        "code": job.code,
    }
    return json.dumps(content)


def job_from_json(line: str | bytes) -> ShippedJob:
    """Read what `job_to_json` wrote. Raises ValueError, KeyError or TypeError for anything else."""
    content = json.loads(line)
    return ShippedJob(
        name=content["name"],
        settings=content["settings"],
        directory=Path(content["directory"]),
        home=Path(content["home"]),
        data_digest=content["data_digest"],
        plugins=tuple(Source(**one) for one in content["plugins"]),
        exchange=content["exchange"],
        attempt=content["attempt"],
        code=content["code"],
    )


def refuse_other_code(job: ShippedJob) -> None:
    """Raise UserError where the trainer of this machine is not the sender's: its numbers could be others."""
    if job.code != code_digest():
        message = f"the trainer's source is {code_digest()} on this node, and {job.code} where the study runs"
        raise UserError(Problem(message, allowed="the same gan_core on all machines"))
