"""`python -m gan_core sample` and `show`: pictures from a run's folder."""

import argparse
from pathlib import Path

from gan_core.cli.own_code import add_own_code, load_own_code
from gan_core.cli.printing import say


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `sample` and `show` to the command line."""
    sample = commands.add_parser("sample", help="draw samples from a run's generator", allow_abbrev=False)
    sample.add_argument("directory", type=Path, metavar="DIR", help="the run's folder")
    sample.add_argument("--n", type=int, metavar="N", help="images [default 64; 8 of each class where there are some]")
    sample.add_argument(
        "--class", dest="label", metavar="NAME", help="of a conditional run: its name or number [default a row a class]"
    )
    sample.add_argument("--out", type=Path, default=Path("grid.png"), metavar="PNG", help="[default grid.png]")
    sample.add_argument("--which", choices=("best", "last"), default="best", help="which weights [default best]")
    sample.add_argument("--seed", type=int, default=0, metavar="S", help="seed of the latents [default 0]")
    sample.add_argument("--device", default="cpu", metavar="X", help="cpu, cuda, cuda:1, ... [default cpu]")
    add_own_code(sample)
    sample.set_defaults(parser=sample, act=_sample)

    show = commands.add_parser("show", help="draw a run's pictures again, and judge it", allow_abbrev=False)
    show.add_argument("directory", type=Path, metavar="DIR", help="the run's folder")
    show.add_argument("--device", default="cpu", metavar="X", help="cpu, cuda, cuda:1, ... [default cpu]")
    add_own_code(show)
    show.set_defaults(parser=show, act=_show)


def _sample(arguments: argparse.Namespace) -> int:
    from gan_core.show.sample import sample

    a = arguments
    load_own_code(a, a.directory)
    say(sample(a.directory, a.n, a.out, a.which, a.seed, a.device, a.label))
    return 0


def _show(arguments: argparse.Namespace) -> int:
    from gan_core import journal
    from gan_core.show.draw import draw_run
    from gan_core.verdict import verdict_of

    load_own_code(arguments, arguments.directory)
    for picture in draw_run(arguments.directory, arguments.device):
        say(picture)
    say(verdict_of(journal.read(arguments.directory)))
    return 0
