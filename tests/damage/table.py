"""What is promised of each file of a study that is damaged: the test's table, and the document's.

python -m tests.damage.table > docs/damage.md
"""

from dataclasses import dataclass
from typing import Literal

from tests.damage.ways import WAYS

Readers = Literal["go on", "warn", "refuse"]
UNSEEN = ("absent",)  # nothing says that it was there
ALL = tuple(WAYS)


@dataclass(frozen=True)
class Promise:
    """Of one kind of file. `pattern`: its files in a study's folder, of which the first is damaged.

    `readers`: what commands that only read do. `unsaid`: the ways about which `run` has nothing to say; `anew`: what
    `run` does.
    """

    file: str
    pattern: str
    readers: Readers
    anew: str
    unsaid: tuple[str, ...] = UNSEEN
    is_set_aside: bool = True


SENT = "set aside; what was sent is looked for in the store, and nothing is there twice"
PROMISES = (
    Promise(
        "study.json",
        "study.json",
        "refuse",
        "made anew from the study's file, if it has the folder's trials; rule and claims are the first execution's",
        unsaid=(),
    ),
    Promise("study.yaml", "study.yaml", "go on", "written anew; `report` shows the last execution's copy", ALL, False),
    Promise(
        "trial.json",
        "trials/*/trial.json",
        "refuse",
        "made anew from the study's file, the folder's name and the journal",
        unsaid=(),
    ),
    Promise(
        "events.jsonl",
        "trials/*/events.jsonl",
        "warn",
        "the copy in the study's own MLflow store takes its place; without one the trial is trained anew, bit for bit",
        unsaid=("junk appended",),
    ),
    Promise("summary.json", "trials/*/summary.json", "go on", "made anew from the journal", ALL, False),
    Promise(
        "checkpoint.pt", "trials/*/checkpoint.pt", "go on", "not needed any more by a trial with a result", ALL, False
    ),
    Promise(
        "best.safetensors",
        "trials/*/best.safetensors",
        "go on",
        "scores stay; `sample`, `evaluate` and the model's export name the file and what else there is",
        ALL,
        False,
    ),
    Promise("last.safetensors", "trials/*/last.safetensors", "go on", "the same", ALL, False),
    Promise("mlflow.json of a trial", "trials/*/mlflow.json", "warn", SENT),
    Promise("mlflow.json of an execution", "executions/*/mlflow.json", "warn", SENT),
    Promise("models/ARM.json", "models/*.json", "warn", "set aside; the model is looked for in the store"),
    Promise(
        "execution.json",
        "executions/*/execution.json",
        "warn",
        "set aside; the page lists one execution less, its trials are whole",
    ),
    Promise(
        "identity.json", "identity.json", "warn", "set aside; the folder gets another id, and is another one on servers"
    ),
    Promise("floors.json", "floors.json", "warn", "set aside; measured again"),
    Promise("looks.json", "looks.json", "warn", "set aside; the same looks are taken again from the journals"),
    Promise(
        "optuna.db", "optuna.db", "go on", "set aside; made again from the journals", unsaid=("absent", "junk appended")
    ),
    Promise(
        "mlflow.db",
        "mlflow.db",
        "go on",
        "set aside; everything is sent again from the journals",
        unsaid=("junk appended",),
    ),
    Promise("system.jsonl", "trials/*/system.jsonl", "go on", "lines that can't be read are passed over", ALL, False),
    Promise("grids", "trials/*/grids/*.png", "go on", "the film of the training lacks a picture", ALL, False),
    Promise("show", "trials/*/show/*.png", "go on", "`python -m gan_core show RUN` draws it again", ALL, False),
    Promise("leaderboard.csv", "leaderboard.csv", "go on", "written anew", ALL, False),
    Promise("report.html", "report.html", "go on", "written anew", ALL, False),
)
READERS = {
    "go on": "do not need it",
    "warn": "name it, and go on without it",
    "refuse": "one message, which names it and the way on",
}
INTRO = """\
# Damaged files

Power fails, disks fill up and break, editors write where they should not. This is what is promised of each file of a
study's folder that is then absent, empty, halved, without its last line, garbled in its middle, full of NULs, or longer
by junk; `tests/damage/` damages each file in each of these ways and holds the program to the table.

No command ends in a traceback. Nothing that was computed is lost: after the next `run` the scores are those of the
undamaged study, bit for bit, and journals, Optuna's ledger and MLflow agree, each arm and seed once. What is damaged is
set aside as `NAME.damaged-1`, never removed, with a warning that names it. Only a command that holds the study's lock
(`run`, `sync`, `adopt`, `ui`) does so; one that only reads changes nothing. A file that a later version of this program
has written is no damage: it is refused, and stays.
"""
NOTES = """
Junk behind a journal's last line or behind an SQLite database harms neither, and nobody mentions it. What nothing says
that it was there is made anew without a word when it is gone; `mlflow.db` is missed where something was sent to it. A
search's `explored.json` is made anew from its ledger; where both are gone, `--as NEWNAME` takes over what was trained.
`delete` refuses while a file is damaged that says what is on servers: `sync` mends it, `--local` leaves servers alone.
"""


def document() -> str:
    """The document."""
    head = ["| file | commands that only read | the next `run` | says nothing when |", "|---|---|---|---|"]
    rows = [f"| `{p.file}` | {READERS[p.readers]} | {p.anew} | {_unsaid(p)} |" for p in PROMISES]
    return "\n".join([INTRO, *head, *rows, NOTES])


def _unsaid(promise: Promise) -> str:
    return "in any of the seven ways" if promise.unsaid == ALL else ", ".join(promise.unsaid) or "-"


if __name__ == "__main__":
    print(document(), end="")
