"""The command `evaluate`: parse, call, render."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ablations.cli.files import words_aside
from ablations.cli.options import DEFAULT_RUNS, AllowCode, Json, Runs, Use
from ablations.cli.sample import Which
from gan_core.machine.home import given_weights, machine_home


class Fit(StrEnum):
    """How pictures of another aspect come to the size."""

    crop = "crop"
    stretch = "stretch"


def evaluate(
    subject: Annotated[
        str,
        typer.Argument(metavar="RUN", help="A run (STUDY/ARM-seedN), weights in its folder, or a folder of pictures."),
    ],
    metrics: Annotated[
        str | None, typer.Option(metavar="A,B", help="Scores.", show_default="the run's; else fid,is")
    ] = None,
    n: Annotated[
        int | None, typer.Option("--n", metavar="N", help="Images to score.", show_default="as in training")
    ] = None,
    reference: Annotated[
        str | None,
        typer.Option(
            metavar="DATA:SPLIT", help="Compare with these, or folder:PATH.", show_default="the training images"
        ),
    ] = None,
    extractor: Annotated[
        str | None, typer.Option(metavar="NAME", help="Feature extractor.", show_default="the run's")
    ] = None,
    of: Annotated[Which, typer.Option(help="The best generator on the way, or the last.")] = Which.best,
    seeds: Annotated[int, typer.Option(metavar="K", help="Score K banks of latents: the evaluation's own noise.")] = 1,
    study: Annotated[
        str | None, typer.Option(metavar="STUDY", help="Score under this study's protocol.", show_default=False)
    ] = None,
    name: Annotated[
        str | None,
        typer.Option("--as", metavar="NAME", help="Keep it on the study's leaderboard, as not trained there."),
    ] = None,
    size: Annotated[
        int | None, typer.Option(metavar="PX", help="Size of pictures, without --study.", show_default="32")
    ] = None,
    fit: Annotated[Fit, typer.Option(help="Pictures of another aspect: cut, or stretched.")] = Fit.crop,
    g_mode: Annotated[
        str | None, typer.Option(metavar="TEXT", help="How the pictures' G was run.", show_default="running statistics")
    ] = None,
    neighbours: Annotated[
        Path | None, typer.Option(metavar="FILE.png", help="Draw some images next to their nearest real ones.")
    ] = None,
    inception_weights: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Inception's weights.", show_default="downloaded")
    ] = None,
    runs: Runs = DEFAULT_RUNS,
    use: Use = None,
    allow_code: AllowCode = False,
    device: Annotated[str, typer.Option(metavar="X", help="cpu, cuda:0, ...")] = "cpu",
    as_json: Json = False,
) -> None:
    """Score what exists already, under the protocol of a study unless another one is requested."""
    from ablations.evaluate import Question, answer, find_subject
    from ablations.terminal.console import hand_over
    from ablations.terminal.evaluation import print_answer
    from gan_core.envelope import enveloped
    from gan_core.machine.devices import checked_device
    from gan_core.plugins.permission import load_named, load_run_code
    from gan_core.scoring.request import Place, ScoreRequest

    request = ScoreRequest(
        metrics=None if metrics is None else tuple(part.strip() for part in metrics.split(",")),
        n=n,
        reference=reference,
        extractor=extractor,
        of=of.value,
        seeds=seeds,
        size=size,
        fit=fit.value,
        g_mode=g_mode,
        neighbours=neighbours,
    )
    place = Place(machine_home(), checked_device(device), inception_weights or given_weights())
    load_named(use or ())
    load_run_code(find_subject(subject, runs), allow_code)
    question = Question(subject, runs, request, place, study, name)
    with words_aside(as_json):
        found = answer(question)
    if as_json:
        hand_over(enveloped("evaluation", found.plain()))
    else:
        print_answer(found)
