"""`python -m gan_core train`: one GAN, every trick a flag; grids, journal and checkpoint in a folder. No MLflow."""

import argparse
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from gan_core.cli.check import add_check
from gan_core.cli.evaluate import add_evaluate
from gan_core.cli.own_code import add_use, used
from gan_core.cli.pictures import add_commands
from gan_core.cli.printing import Counter, line_of, say
from gan_core.cli.run import add_run
from gan_core.machine.home import HOME_VARIABLE, given_weights, machine_home
from gan_core.machine.loading import loading
from gan_core.machine.permission import is_refused, refusal
from gan_core.machine.trouble import trouble_of
from gan_core.problems import Problem, UserError
from gan_core.workers.interrupt import Interrupt

TRAIN = "train"


def parser(command: str = TRAIN, use: Sequence[str] = ()) -> argparse.ArgumentParser:
    """The command line, its help made from the catalog.

    `use`: the files with a user's own code that the words name; what they register has flags too. Raises UserError.

    `command`: which one is meant. The flags of `train` come with PyTorch, and stay away from another one.
    """
    top = argparse.ArgumentParser(prog="python -m gan_core", description="Train one GAN; every trick is a flag.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    train = commands.add_parser(TRAIN, help="train one GAN", allow_abbrev=False)
    place = train.add_argument_group("where")
    place.add_argument("--out", type=Path, default=Path("out"), metavar="DIR", help="the run's folder [default out]")
    place.add_argument(
        "--home",
        type=Path,
        metavar="DIR",
        help=f"data sets and caches [default ${HOME_VARIABLE} or ~/.cache/gan-ablations]",
    )
    place.add_argument(
        "--inception-weights",
        type=Path,
        metavar="FILE",
        help="weights for the extractor inception [default $GAN_ABLATIONS_INCEPTION_WEIGHTS, else downloaded]",
    )
    add_use(place)
    place.add_argument("--device", metavar="X", help="cpu, cuda, cuda:1, ... [default cuda where there is one]")
    place.add_argument("--threads", type=int, metavar="N", help="CPU threads [default torch's]")
    if command == TRAIN:
        with loading():
            from gan_core.cli.flags import add_flags
            from gan_core.plugins.permission import load_named

        load_named(map(Path, use))
        add_flags(train)
    train.set_defaults(parser=train, act=_train)
    add_commands(commands)
    add_evaluate(commands)
    add_run(commands)
    add_check(commands)
    return top


def main(words: list[str] | None = None) -> int:
    """Run the command line. Returns the exit code: 0 done, 1 failed or stopped on the way, 2 a user's mistake."""
    words = sys.argv[1:] if words is None else words
    try:
        arguments, rest = parser(next(iter(words), ""), used(words)).parse_known_args(words)
        if rest:
            from gan_core.cli.flags import refuse_unknown

            refuse_unknown(arguments.parser, rest)
        with Interrupt(grants=False):
            code: int = arguments.act(arguments)
        return code
    except UserError as error:
        for problem in error.problems:
            say(f"error: {problem}", file=sys.stderr)
        return 2
    except Exception as error:
        refused = refusal(error) if isinstance(error, OSError) and is_refused(error) else trouble_of(error)
        if refused is None:
            if place := _own_place(error):
                say(f"error: {place}: {type(error).__name__}: {error}", file=sys.stderr)
                return 1
            raise
        say(f"error: {refused}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:  # before training began, or after it ended
        say("interrupted", file=sys.stderr)
        return 1


def _own_place(error: Exception) -> str:
    """Where in a user's own code it happened; '' where it did not."""
    if "gan_core.plugins.blame" not in sys.modules:  # nothing was loaded
        return ""
    from gan_core.plugins.blame import place_in

    return place_in(error)


def _train(arguments: argparse.Namespace) -> int:
    from gan_core.cli.flags import settings_of
    from gan_core.config import broken_rules, resolve
    from gan_core.config.catalog import USE
    from gan_core.plugins.loaded import entries

    config = resolve({**settings_of(arguments), USE: entries()})
    for problem in broken_rules(config, "warning"):
        say(f"warning: {problem}", file=sys.stderr)

    from gan_core import journal
    from gan_core.config.compatibility import extractors_of
    from gan_core.config.memory import memory_problem
    from gan_core.evaluation.extractors.supply import supply
    from gan_core.events import Finished
    from gan_core.machine.devices import available_devices, checked_device
    from gan_core.machine.memory import memory_of
    from gan_core.machine.readiness import ready_to_train
    from gan_core.show.draw import draw_run
    from gan_core.train import train
    from gan_core.training import training_data
    from gan_core.training.numerics import check_precision
    from gan_core.verdict import verdict_of
    from gan_core.warnings_file import warnings_since
    from gan_core.workers.training_lock import alone

    if arguments.threads is not None and arguments.threads < 1:
        raise UserError(Problem(f"{arguments.threads} is out of range", ("--threads",), ">= 1"))
    ready_to_train(arguments.threads)
    device = available_devices()[0] if arguments.device is None else checked_device(arguments.device)
    check_precision(config, device)
    if too_large := memory_problem(config, memory_of(device)):
        raise UserError(too_large)
    try:
        arguments.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(Problem(f"{arguments.out} can't be made: {error.strerror}", ("--out",))) from error
    home = arguments.home or machine_home()
    for note in training_data.load(config, home, Counter()).notes:
        say(f"warning: {note}", file=sys.stderr)
    supply(extractors_of(config), home, arguments.inception_weights or given_weights(), Counter("weights", "bytes"))
    event, began = None, time.time()
    with Interrupt() as interrupt, alone(arguments.out):
        run = train(config, arguments.out, home, device, lambda: interrupt.requested)
        with closing(journal.recorded(run, arguments.out)) as events:
            for event in events:
                if line := line_of(event):
                    say(line, flush=True)
                if interrupt.requested:
                    break
    for warning in warnings_since(arguments.out, began):
        say(f"warning: {warning}", file=sys.stderr)
    if isinstance(event, Finished):
        for picture in draw_run(arguments.out, device):
            say(picture)
        say(verdict_of(journal.read(arguments.out)))
        return 0
    say(f"stopped; the same command goes on from {arguments.out}", file=sys.stderr)
    return 1
