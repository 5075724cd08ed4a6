"""`python -m gan_core evaluate`: scores of a run's generator, of its weights, or of a folder of pictures."""

import argparse
from pathlib import Path

from gan_core.cli.own_code import add_own_code, load_own_code
from gan_core.cli.printing import say


def add_evaluate(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `evaluate` to the command line."""
    parser = commands.add_parser("evaluate", help="score a run, its weights or pictures", allow_abbrev=False)
    parser.add_argument(
        "path", type=Path, metavar="PATH", help="a run's folder, weights in one, or a folder of pictures"
    )
    parser.add_argument("--metrics", metavar="A,B", help="[default: the run's; else fid,is]")
    parser.add_argument("--n", type=int, metavar="N", help="images [default: as in training; of pictures 10000 or all]")
    parser.add_argument("--reference", metavar="DATA:SPLIT", help="or folder:PATH [default: the training images]")
    parser.add_argument("--extractor", metavar="NAME", help="[default: the run's; else fmnistcnn]")
    parser.add_argument("--of", choices=("best", "last"), default="best", help="which weights [default best]")
    parser.add_argument("--seeds", type=int, default=1, metavar="K", help="banks of latents to score [default 1]")
    parser.add_argument("--size", type=int, metavar="PX", help="size of pictures [default 32]")
    parser.add_argument("--fit", choices=("crop", "stretch"), default="crop", help="pictures of another aspect")
    parser.add_argument("--g-mode", metavar="TEXT", help="how the pictures' G was run [default running statistics]")
    parser.add_argument("--home", type=Path, metavar="DIR", help="data sets and caches [default as for train]")
    parser.add_argument("--inception-weights", type=Path, metavar="FILE", help="[default as for train]")
    parser.add_argument("--device", default="cpu", metavar="X", help="cpu, cuda, cuda:1, ... [default cpu]")
    parser.add_argument("--json", action="store_true", help="print the whole record")
    add_own_code(parser)
    parser.set_defaults(parser=parser, act=_evaluate)


def _evaluate(arguments: argparse.Namespace) -> int:
    from gan_core.envelope import enveloped
    from gan_core.machine.devices import checked_device
    from gan_core.machine.home import given_weights, machine_home
    from gan_core.scoring.evaluate import evaluate
    from gan_core.scoring.request import Place, ScoreRequest

    a = arguments
    load_own_code(a, a.path)
    request = ScoreRequest(
        metrics=None if a.metrics is None else tuple(part.strip() for part in a.metrics.split(",")),
        n=a.n,
        reference=a.reference,
        extractor=a.extractor,
        of=a.of,
        seeds=a.seeds,
        size=a.size,
        fit=a.fit,
        g_mode=a.g_mode,
    )
    weights = a.inception_weights or given_weights()
    found = evaluate(a.path, request, Place(a.home or machine_home(), checked_device(a.device), weights))
    if a.json:
        say(enveloped("evaluation", found.model_dump()).rstrip())
        return 0
    say(found.what)
    for each in found.scored:
        for score in each.scores:
            error = "" if score.error is None else f" ± {score.error:.2g}"
            say(f"  seed {each.seed}: {score.name} {score.value:.4g}{error}, protocol {score.stamp}")
    for note in found.notes:
        say(f"  note: {note}")
    return 0
