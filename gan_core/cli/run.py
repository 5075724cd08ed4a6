"""`python -m gan_core run`: exported trials, several at a time."""

import argparse
import sys
import time
from pathlib import Path

from gan_core.cli.own_code import add_allow_code
from gan_core.cli.printing import say
from gan_core.workers.patience import HELP as PATIENCE


def add_run(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `run` to the command line."""
    run = commands.add_parser("run", help="train exported trials, several at a time", allow_abbrev=False)
    run.add_argument("trials", type=Path, metavar="TRIALS.tar", help="what `python -m ablations export` wrote")
    run.add_argument("--out", type=Path, required=True, metavar="DIR", help="one folder a trial; goes on from there")
    run.add_argument("--part", metavar="I/N", help="only part I of N, counted from 1: one for each of N machines")
    run.add_argument("--index", type=int, metavar="I", help="the same, counted from 0, as Kubernetes and SLURM count")
    run.add_argument("--parts", type=int, metavar="N", help="how many parts there are, with --index")
    run.add_argument(
        "--workers", type=int, metavar="N", help="trials at a time [default what a GPU takes, or one a core]"
    )
    run.add_argument("--threads", type=int, metavar="N", help="CPU threads a trial [default cores / workers]")
    run.add_argument("--device", metavar="X", help="cpu, cuda:0, ... [default every GPU, else cpu]")
    run.add_argument("--home", type=Path, metavar="DIR", help="data sets and caches [default $GAN_ABLATIONS_HOME]")
    run.add_argument("--data-dir", type=Path, metavar="DIR", help="where a data set that is a folder lies here")
    run.add_argument("--inception-weights", type=Path, metavar="FILE", help="weights for the extractor inception")
    run.add_argument("--patience", type=float, metavar="S", help=PATIENCE)
    run.add_argument("--other-code", action="store_true", help="train with another gan_core than exported them")
    add_allow_code(run)
    run.set_defaults(parser=run, act=_run)


def _run(arguments: argparse.Namespace) -> int:
    from contextlib import closing

    from gan_core.cli.printing import Counter, line_of
    from gan_core.events import Ticked
    from gan_core.machine.home import given_weights, machine_home
    from gan_core.show.undrawn import why_undrawn
    from gan_core.warnings_file import warnings_since
    from gan_core.workers.exported import read_trials, read_weights
    from gan_core.workers.interrupt import Interrupt
    from gan_core.workers.job import TAKEN
    from gan_core.workers.part import part_of
    from gan_core.workers.patience import Patience
    from gan_core.workers.run_exported import Batch, Machine
    from gan_core.workers.training_lock import MARK

    a = arguments
    part = part_of(a.part, a.index, a.parts)
    weights = a.inception_weights or given_weights()
    home, patience = a.home or machine_home(), Patience.of(a.patience)
    machine = Machine(home, a.workers, a.threads, a.device, a.data_dir, weights, a.other_code, patience, a.allow_code)
    began = time.time()
    batch = Batch(read_trials(a.trials), a.out, machine, read_weights(a.trials), part)
    if part is not None:
        say(f"{part}: {len(batch.trials)} of {batch.in_all} trials", flush=True)
    with (
        Interrupt() as interrupt,
        closing(
            batch.train(lambda: interrupt.requested, Counter(), Counter("weights", "bytes")),
        ) as reports,
    ):
        for reported in reports:
            if reported.event is None:
                mark = a.out / reported.name / MARK
                whose = f" (on another machine; see {mark})" if reported.left == TAKEN and mark.exists() else ""
                say(f"{reported.name}: {reported.left}{whose}", file=sys.stderr, flush=True)
            elif not isinstance(reported.event, Ticked) and (line := line_of(reported.event)):
                say(f"{reported.name}: {line.strip()}", flush=True)
    left = len(batch.to_do())
    say(f"{len(batch.trials) - left} of {len(batch.trials)} trials have a result in {a.out}")
    for trial in batch.trials:
        for line in warnings_since(a.out / trial.name, began):
            say(f"warning: {line}", file=sys.stderr)
        if why := why_undrawn(a.out / trial.name):
            say(f"warning: the pictures of {trial.name} could not be drawn: {why}", file=sys.stderr)
    if left:
        say(f"{left} are left; the same command goes on", file=sys.stderr)
    return 1 if left else 0
