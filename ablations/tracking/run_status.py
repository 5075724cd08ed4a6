"""How runs end, in MLflow's words: four statuses for more ends than that, told apart by the tag `outcome`.

| outcome | what happened | status |
|---|---|---|
| finished | the budget was spent | FINISHED |
| diverged | a number was no longer finite: a result, not a fault | FINISHED |
| pruned | a search stopped it early | KILLED |
| failed | an exception; it is tried again | FAILED |
| interrupted | it was stopped, saved itself and can go on | KILLED |
| killed | its process, or that of the whole execution, ended without a word | KILLED |
"""

from ablations.workspace.execution_record import KILLED

OUTCOME_TAG = "outcome"
INTERRUPTED = "interrupted"
RESUMED = "resumed"  # the tag of a run that goes on
STATUS = {
    "finished": "FINISHED",
    "diverged": "FINISHED",
    "pruned": "KILLED",
    "failed": "FAILED",
    INTERRUPTED: "KILLED",
    KILLED: "KILLED",
}
STOPPED = (INTERRUPTED, KILLED)  # ends after which a run can go on
