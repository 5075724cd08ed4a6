"""The commands `export`, `adopt` and `verify`: parse, call, render."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from ablations.cli.options import (
    DEFAULT_RUNS,
    AllowCode,
    AsName,
    Budget,
    Data,
    ExtractorName,
    Offline,
    Runs,
    Seeds,
    Settings,
    StudyName,
    Weights,
)
from gan_core.machine.home import given_weights, machine_home

EXIT_CODES = {"same": 0, "within noise": 0, "failed": 3}  # of `verify`; 1 for the others
STUDY_HELP = "A study's name or folder, or a study file."


def export(
    study: StudyName,
    out: Annotated[Path, typer.Option(metavar="TAR", help="Where the trials go.")] = Path("trials.tar"),
    runs: Runs = DEFAULT_RUNS,
    name: AsName = None,
    budget_kimg: Budget = None,
    data: Data = None,
    extractor: ExtractorName = None,
    seeds: Seeds = None,
    settings: Settings = None,
    allow_code: AllowCode = False,
) -> None:
    """Write the trials that are still to do for a machine that has nothing but gan_core and what it needs.

    There `python -m gan_core run trials.tar --out DIR` trains them; here `adopt DIR` takes the results in. Options that
    change the study need its file.
    """
    from ablations.export import export as write
    from ablations.study.overrides import Overrides, settings_in
    from ablations.terminal.transfer import show_export
    from ablations.workspace.recorded import study_to_export

    overrides = Overrides(budget_kimg, data, extractor, seeds, settings_in(settings or ()))
    to_export = study_to_export(study, runs, name, overrides, allow_code)
    show_export(write(to_export, runs, out, machine_home()), str(out))


def adopt(
    source: Annotated[Path, typer.Argument(metavar="DIR", help="What `python -m gan_core run --out` wrote.")],
    study: Annotated[
        str | None, typer.Option(metavar="STUDY", help=f"{STUDY_HELP} Default: what the runs say.")
    ] = None,
    runs: Runs = DEFAULT_RUNS,
    storage: Annotated[
        str | None,
        typer.Option(
            envvar="ABLATIONS_STORAGE", metavar="URL", help="Optuna's storage.", show_default="the study's own"
        ),
    ] = None,
    offline: Offline = False,
    allow_code: AllowCode = False,
) -> None:
    """Take runs that were trained elsewhere into their study, Optuna and MLflow, each exactly once.

    Runs of another configuration, or on other images, are refused. The runs are copied.
    """
    from ablations.adopt import adopt as take
    from ablations.adopt import study_of
    from ablations.execution.session import ExecutionOptions
    from ablations.terminal.progress import Steps
    from ablations.terminal.transfer import show_adoption
    from ablations.workspace.recorded import study_named

    uri = os.environ.get("MLFLOW_TRACKING_URI") or None
    options = ExecutionOptions(
        machine_home(),
        "inline",
        device="cpu",
        tracking_uri=uri,
        storage=storage,
        command=sys.argv,
        models=True,
        offline=offline,
    )
    into = study_named(study or study_of(source), runs, allow_code)
    show_adoption(take(source, into, runs, options, Steps()))


def verify(
    arm: Annotated[str, typer.Argument(metavar="ARM", help="An arm of the study.")],
    seed: Annotated[int, typer.Option(metavar="S", help="Which of its seeds.")],
    study: Annotated[str, typer.Option(metavar="STUDY", help=STUDY_HELP)],
    runs: Runs = DEFAULT_RUNS,
    device: Annotated[
        str | None, typer.Option(metavar="X", help="cpu, cuda:0 and so on.", show_default="as recorded")
    ] = None,
    threads: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="CPU threads.", show_default="as recorded")
    ] = None,
    inception_weights: Weights = None,
    allow_code: AllowCode = False,
) -> None:
    """Train one recorded trial again, in a temporary folder, and say whether it comes out the same.

    Bit for bit on a CPU with the same versions and threads; elsewhere its scores are compared with the noise over
    seeds. Exit code 0: the same, or within the noise; 1: different, can't tell, stopped; 3: training it again failed.
    """
    from ablations.terminal.progress import Steps
    from ablations.terminal.transfer import show_verification
    from ablations.verify import Again
    from ablations.verify import verify as train_again
    from ablations.workspace.find_run import find_trial
    from ablations.workspace.workspace import find_workspace
    from gan_core.machine.devices import checked_device
    from gan_core.workers.interrupt import Interrupt

    workspace = find_workspace(study, runs)
    run = find_trial(workspace, arm, seed)
    checked = None if device is None else checked_device(device)
    again = Again(machine_home(), checked, threads, inception_weights or given_weights(), allow_code)
    with Interrupt() as interrupt:
        result = train_again(run, again, lambda: interrupt.requested, Steps())
    show_verification(result)
    raise typer.Exit(EXIT_CODES.get(result.outcome, 1))
