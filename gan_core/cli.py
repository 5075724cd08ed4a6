"""`python -m gan_core train`: one GAN, every trick a flag; grids, journal and checkpoint in a folder. No MLflow."""

import argparse
import os
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from gan_core.interrupt import Interrupt
from gan_core.problems import Problem, UserError
from gan_core.run_command import add_run
from gan_core.scoring.commands import add_evaluate
from gan_core.show.commands import add_commands

if TYPE_CHECKING:
    from gan_core.events import AnyEvent

HOME_VARIABLE = "GAN_ABLATIONS_HOME"
WEIGHTS_VARIABLE = "GAN_ABLATIONS_INCEPTION_WEIGHTS"


def machine_home() -> Path:
    """Where data sets and caches of this machine lie: $GAN_ABLATIONS_HOME, or ~/.cache/gan-ablations."""
    return Path(os.environ.get(HOME_VARIABLE) or Path.home() / ".cache" / "gan-ablations").expanduser()


def given_weights() -> Path | None:
    """The file of Inception's weights that the environment names, if it names one."""
    named = os.environ.get(WEIGHTS_VARIABLE)
    return Path(named).expanduser() if named else None


def parser() -> argparse.ArgumentParser:
    """The command line, its help made from the catalog."""
    from gan_core.flags import add_flags  # with all of torch: not for those who only want `machine_home`

    top = argparse.ArgumentParser(prog="python -m gan_core", description="Train one GAN; every trick is a flag.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    train = commands.add_parser("train", help="train one GAN", allow_abbrev=False)
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
    place.add_argument("--device", metavar="X", help="cpu, cuda, cuda:1, ... [default cuda where there is one]")
    place.add_argument("--threads", type=int, metavar="N", help="CPU threads [default torch's]")
    add_flags(train)
    train.set_defaults(parser=train, act=_train)
    add_commands(commands)
    add_evaluate(commands)
    add_run(commands)
    return top


def main(words: list[str] | None = None) -> int:
    """Run the command line; the exit code: 0 done, 1 failed or stopped on the way, 2 the user's mistake."""
    from gan_core.flags import refuse_unknown

    arguments, rest = parser().parse_known_args(words)
    try:
        if rest:
            refuse_unknown(arguments.parser, rest)
        code: int = arguments.act(arguments)
        return code
    except UserError as error:
        for problem in error.problems:
            print(f"error: {problem}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:  # the second Ctrl-C
        print("interrupted; what is in the last checkpoint is kept", file=sys.stderr)
        return 1


def _train(arguments: argparse.Namespace) -> int:
    from gan_core.config import broken_rules, resolve
    from gan_core.flags import settings_of

    config = resolve(settings_of(arguments))
    for problem in broken_rules(config, "warning"):
        print(f"warning: {problem}", file=sys.stderr)

    import torch

    from gan_core import journal, training_data
    from gan_core.devices import available_devices, checked_device
    from gan_core.evaluation.extractors.supply import supply
    from gan_core.evaluation.rules import extractors_of
    from gan_core.events import Finished
    from gan_core.show.draw import draw_run
    from gan_core.train import train
    from gan_core.verdict import verdict_of

    if arguments.threads is not None:
        if arguments.threads < 1:
            raise UserError(Problem(f"{arguments.threads} is out of range", ("--threads",), ">= 1"))
        torch.set_num_threads(arguments.threads)
    device = available_devices()[0] if arguments.device is None else checked_device(arguments.device)
    try:
        arguments.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(Problem(f"{arguments.out} can't be made: {error.strerror}", ("--out",))) from error
    home = arguments.home or machine_home()
    training_data.load(config, home, Counter())
    supply(extractors_of(config), home, arguments.inception_weights or given_weights(), Counter("weights", "bytes"))
    run = train(config, arguments.out, home, device)
    with Interrupt() as interrupt, closing(journal.recorded(run, arguments.out)) as events:
        for event in events:
            if line := line_of(event):
                print(line, flush=True)
            if interrupt.requested and not isinstance(event, Finished):
                break
        else:
            for picture in draw_run(arguments.out, device):
                print(picture)
            print(verdict_of(journal.read(arguments.out)))
            return 0
    print(f"stopped; the same command goes on from {arguments.out}", file=sys.stderr)
    return 1


class Counter:
    """Tells of long preparations, a line each tenth."""

    def __init__(self, subject: str = "data", unit: str = "images") -> None:
        self.subject, self.unit = subject, unit
        self.said = ("", -1)

    def __call__(self, what: str, done: int, total: int) -> None:
        now = (what, done * 10 // max(total, 1))
        if now != self.said:
            self.said = now
            count = f" {done:,} of {total:,} {self.unit}" if total else ""
            print(f"{self.subject}: {what}{count}", file=sys.stderr, flush=True)


def line_of(event: "AnyEvent") -> str:
    """What a person is told of an event; '' where that is nothing."""
    from gan_core.events import Evaluated, Finished, Sampled, Ticked

    at = f"{event.kimg:9.2f} kimg"
    match event:
        case Ticked():
            means = "  ".join(f"{name} {value:.3g}" for name, value in event.means.items())
            return f"{at}  {event.images_per_s:7.0f} images/s  {means}"
        case Evaluated() if event.scores:
            scores = "  ".join(f"{score.name} {score.value:.4g}" for score in event.scores)
            return f"{at}  {event.of}: {scores}"
        case Sampled():
            return f"{at}  {event.path}"
        case Finished():
            inert = f"  never acted: {', '.join(event.inert)}" if event.inert else ""
            return f"{at}  {event.status} {event.reason}".rstrip() + inert
        case _:
            return ""
