"""The commands `extractor train`, `extractor list` and `extractor add`: feature extractors of the user's own."""

from pathlib import Path
from typing import Annotated

import typer

from ablations.cli.evaluate import Fit
from ablations.cli.options import Use
from gan_core.machine.home import machine_home

extractor_app = typer.Typer(
    help="Feature extractors: train one on your own labelled images, list them.", no_args_is_help=True
)


@extractor_app.command("train")
def extractor_train(
    data: Annotated[
        str, typer.Option(metavar="DATA", help="folder:PATH with a subfolder a class, or a data set with labels.")
    ],
    size: Annotated[int, typer.Option(metavar="PX", min=1, help="Size of the images, as in the runs to score.")] = 32,
    fit: Annotated[Fit, typer.Option(help="Images of another aspect: cut, or stretched.")] = Fit.crop,
    skip_broken: Annotated[bool, typer.Option("--skip-broken", help="Leave out files that are no images.")] = False,
    seed: Annotated[int, typer.Option(metavar="S", min=0, help="Of the split, the weights and the order.")] = 0,
    epochs: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, max=1000, help="Passes.", show_default="as many as see 100,000 images, 4 to 25"
        ),
    ] = None,
    threads: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="CPU threads.", show_default="torch's own choice")
    ] = None,
    use: Use = None,
) -> None:
    """Train a small classifier on labelled images and keep it, for `extractor: own-DIGEST`.

    It sees 32x32 pixels, grey or colour; other sizes are resized as scores do it. At most 20,000 images are used; one
    in five of each class is held out. Kept only if it classifies those better than chance and FIDs in its features grow
    with noise, with blur and with missing classes. On a CPU, in minutes; the same seed and threads give the same file.
    """
    from ablations.terminal.extractor import show_trained
    from ablations.terminal.progress import Steps
    from gan_core.machine.readiness import ready_to_train
    from gan_core.plugins.permission import load_named
    from gan_core.scoring.own_extractor import OwnRequest, train

    ready_to_train(threads)
    load_named(use or ())
    steps = Steps()

    def tell(what: str, done: int, total: int) -> None:
        steps(what, None if what.startswith("epoch") or not total else done / total)

    show_trained(train(OwnRequest(data, size, fit.value, skip_broken, seed, epochs), machine_home(), tell))


@extractor_app.command("list")
def extractor_list() -> None:
    """The extractors that there are: those that ship or are downloaded, and your own on this machine."""
    from ablations.terminal.extractor import show_extractors
    from gan_core.evaluation.extractors import EXTRACTORS, own

    show_extractors(tuple(EXTRACTORS.values()), tuple(own.kept(machine_home())), machine_home())


@extractor_app.command("add")
def extractor_add(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `extractor train` kept on another machine.")],
) -> None:
    """Take in an extractor that was trained elsewhere."""
    from ablations.terminal.extractor import show_trained
    from gan_core.scoring.own_extractor import add

    show_trained(add(file, machine_home()))
