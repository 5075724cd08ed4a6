"""What the batch-norm statistics of an averaged generator are worth: FID of the same averages with statistics of four
kinds, on one run of the main study's baseline.

    python benchmarks/ema_statistics.py [--out benchmarks/results/ema_statistics.md]

One run on a CPU, half a minute. The averages do not touch the game, so all of them are taken along in it. "Averaged"
and "copied" are `statistics: average` and `copy`; "own" is `recompute`, the default; "of each batch" leaves batch
normalisation in training mode while sampling.
"""

import argparse
import copy
import tempfile
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ablations.study.yaml_source import read_yaml
from gan_core import streams
from gan_core.config import resolve
from gan_core.evaluation.quantise import to_uint8
from gan_core.machine.home import machine_home
from gan_core.training.run import Run
from gan_core.training.sampling import BATCH, fixed_latents
from gan_core.training.step import train_step
from gan_core.training.timetable import total_steps
from gan_core.tricks import ema
from gan_core.tricks.seats import Context, Shadow

STUDY = Path("studies/ganhacks.yaml")
KIMG = 30  # three times the study's: slow averages need some time
AVERAGES: tuple[dict[str, float], ...] = (
    {"half_life_kimg": 1},
    {"beta": 0.99},
    {"half_life_kimg": 10},
    {"beta": 0.999},
    {},  # the default, with its ramp
)
KINDS = ("average", "copy", "recompute")
CPU = torch.device("cpu")


def shadows_of(run: Run) -> dict[tuple[int, str], Shadow]:
    """Every average with statistics of every kind, by its number and the kind."""
    state = run.state
    context = Context(run.config, state.clock, streams.generator(0, "unused"), CPU, run.data.images.shape[1:])
    return {
        (number, kind): ema.build(ema.Options(**settings, statistics=kind), context).shadow[0](state.G)  # type: ignore[arg-type]
        for number, settings in enumerate(AVERAGES)
        for kind in KINDS
    }


def fid(run: Run, G: nn.Module) -> float:
    """Of the full protocol's images, G being in whatever mode it is in."""
    z = fixed_latents(run.config, "latent.full", run.config.full_samples)
    with torch.inference_mode():
        images = [to_uint8(G(part)) for part in z.split(BATCH)]
    scores = run.scorer.measure(iter(images), run.config.full_samples, "").scores
    return next(score.value for score in scores if score.metric == "fid")


def lines_of(settings: dict[str, Any]) -> list[str]:
    """The table, as Markdown."""
    with tempfile.TemporaryDirectory() as folder:
        run = Run(resolve({**settings, "seed": 0}), Path(folder), machine_home(), CPU)
        shadows = shadows_of(run)
        run.state.shadows = tuple(shadows.values())
        for _ in range(total_steps(run.config)):
            train_step(run.state)
        lines = ["| average | averaged | copied | own | of each batch |", "|---|---:|---:|---:|---:|"]
        trained = copy.deepcopy(run.state.G)
        lines.append(f"| none: G itself | | | {fid(run, trained.eval()):.2f} | {fid(run, trained.train()):.2f} |")
        for number, named in enumerate(AVERAGES):
            cells = []
            for kind in KINDS:
                shadows[number, kind].settle()
                cells.append(fid(run, shadows[number, kind].module))
            cells.append(fid(run, copy.deepcopy(shadows[number, "recompute"].module).train()))
            name = ", ".join(f"`{option}: {value}`" for option, value in named.items()) or "`ema: true`"
            lines.append(f"| {name} | {' | '.join(f'{cell:.2f}' for cell in cells)} |")
    return lines


def main() -> None:
    """Train, score, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    lines = lines_of({**read_yaml(STUDY).data["baseline"], "budget_kimg": KIMG})
    text = "\n".join(lines) + "\n"
    print(text)
    if arguments.out is not None:
        arguments.out.write_text(text)


if __name__ == "__main__":
    main()
