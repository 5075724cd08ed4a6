"""Where the numbers come from: commands, commit, versions, devices, data; and how to get them again."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ablations.report.sections.run_facts import RunFacts
from ablations.results.results import Result
from ablations.workspace.execution_record import ExecutionRecord, executions_of, read_execution
from ablations.workspace.workspace import Workspace

MAIN = "__main__.py"


@dataclass(frozen=True)
class Origin:
    """`executions`: those that the folder has; `facts`: labels, each with the texts that the runs have for it."""

    executions: tuple[ExecutionRecord, ...]
    commands: tuple[str, ...]  # that give these results again
    facts: tuple[tuple[str, str], ...]


def origin_of(root: Path, results: Sequence[Result], facts: Sequence[RunFacts]) -> Origin:
    """The origin of the study in this folder; `facts` are of the runs whose journals were read."""
    executions = tuple(read_execution(folder) for folder in executions_of(root))
    commands = list(dict.fromkeys(readable(one.provenance.command) for one in executions)) or [
        f"python -m ablations run {shlex.quote(f'{Workspace(root).name}.yaml')}"
    ]
    name = shlex.quote(root.absolute().name)
    commands += [f"python -m ablations leaderboard {name}", f"python -m ablations report {name}"]
    parameters = {player: sorted({run.parameters[player] for run in facts if run.parameters}) for player in ("G", "D")}
    versions = sorted({f"{package} {number}" for run in facts for package, number in run.versions.items()})
    told = {
        "trained on": ", ".join(sorted({_device(run) for run in facts if run.device is not None})),
        "trained in": ", ".join(sorted({_arithmetic(run) for run in facts if run.numerics})),
        "machine": ", ".join(dict.fromkeys(machine_of(one) for one in executions)),
        "commit": ", ".join(dict.fromkeys(_commit(one) for one in executions)) or "not recorded",
        "versions": ", ".join(versions),
        "parameters": "; ".join(f"{player} {_range(counts)}" for player, counts in parameters.items() if counts),
        "code of the study's own": ", ".join(dict.fromkeys(text for result in results for text in result.code)),
        "data": ", ".join(sorted({d for result in results if (d := result.summary.data_digest) is not None})),
    }
    return Origin(executions, tuple(commands), tuple((label, text) for label, text in told.items() if text))


def readable(command: str) -> str:
    """A command as a person types it: 'python -m ablations ...' for the path of the package's main file."""
    try:
        program, *words = shlex.split(command)
    except ValueError:  # none, or not a shell's
        return command
    return shlex.join(["python", "-m", "ablations", *words]) if Path(program).name == MAIN else command


def machine_of(one: ExecutionRecord) -> str:
    """Processors and cores; neither user nor host, for reports are published."""
    source = one.provenance
    cores = f"{source.cores} cores" if source.cores is not None else ""
    return ", ".join(word for word in (source.cpu, cores, *source.gpus) if word)


def _device(run: RunFacts) -> str:
    threads = f", {run.threads} thread{'s' if run.threads != 1 else ''} a run" if run.device == "cpu" else ""
    return f"{run.device}{threads}"


def _arithmetic(run: RunFacts) -> str:
    """'bf16' on a CPU; on a GPU also whether it gives the same bits twice."""
    if run.device is None or run.device == "cpu":
        return str(run.numerics["precision"])
    return f"{run.numerics['precision']} ({'' if run.numerics['deterministic'] else 'not '}deterministic)"


def _commit(one: ExecutionRecord) -> str:
    if one.provenance.commit is None:
        return "no git repository"
    return one.provenance.commit[:12] + (" with uncommitted changes" if one.provenance.dirty else "")


def _range(counts: Sequence[int]) -> str:
    return f"{counts[0]:,}" if len(counts) == 1 else f"{counts[0]:,} to {counts[-1]:,}"
