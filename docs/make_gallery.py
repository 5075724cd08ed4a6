"""The pictures of docs/gallery.md: train every recipe small, draw its arms, keep what became of them in results.csv.

python docs/make_gallery.py --photos FOLDER              # all; what is trained already is not trained again
python docs/make_gallery.py --photos FOLDER --only ganhacks2-photos
"""

import argparse
import csv
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "docs" / "gallery"
PLACE = ("--workers", "1", "--threads", "1", "--device", "cpu")
PHOTOS = "PHOTOS"  # on the page, for the folder that --photos names
THIN = ("--set", "width=16", "--set", "batch_size=32")  # instead of 64, and of 64 or 128: more steps for the time
FEW = ("--set", "full_samples=1000")  # for the scores at the end, which cost more than the training otherwise
SHOWN = ("curves.png", "gradients.png", "slerp.png", "circle.png")
SHOWN_OF = "gan_analysis_cnn"


@dataclass(frozen=True)
class Exhibit:
    """A recipe on some data: `n` samples of every arm after `kimg` thousand images of training."""

    recipe: str
    arms: tuple[str, ...]
    kimg: int
    n: int
    more: tuple[str, ...] = ()
    photos: bool = False
    seed: int | None = None  # where the recipe names one; else the first, 0

    @property
    def name(self) -> str:
        return f"{self.recipe}-photos" if self.photos else self.recipe

    @property
    def study(self) -> str:
        return f"gallery-{self.name}"

    def training(self) -> list[str]:
        """The command that trains its arms."""
        data = ("--data", f"folder:{PHOTOS}", "--extractor", "none") if self.photos else ("--data", "fashion-mnist")
        seeds = () if self.seed is not None else ("--seeds", "1")
        small = ("--as", self.study, "--budget-kimg", str(self.kimg), *seeds)
        return ["run", f"studies/seeds/{self.recipe}.yaml", *small, *data, *self.more, *PLACE]

    def trial(self, arm: str) -> str:
        """What the arm's trial is called."""
        return f"{arm}-seed{self.seed or 0}"

    def drawing(self, arm: str) -> list[str]:
        """The command that draws samples of an arm, from its last generator."""
        run, out = f"{self.study}/{self.trial(arm)}", f"docs/gallery/{self.name}-{arm}.png"
        return ["sample", run, "--which", "last", "--n", str(self.n), "--out", out]


WRITTEN, SCALED = ("baseline", "as_written"), ("baseline", "standardised_input")
EXHIBITS = (
    Exhibit("gan_analysis_cnn", SCALED, 40, 64, (*THIN, *FEW)),
    Exhibit("oh_my_gan_dcgan", WRITTEN, 24, 36, (*THIN, *FEW)),
    Exhibit("oh_my_gan_dcgan", WRITTEN, 5, 9, THIN, photos=True),
    Exhibit("dcgan_anh_nn01", WRITTEN, 8, 9, THIN, photos=True, seed=999),
    Exhibit("oh_my_gan_wgan", WRITTEN, 10, 16, (*THIN, *FEW)),
    Exhibit("oh_my_gan_wgan_gp", ("baseline", "layer_norm"), 5, 16, (*THIN, *FEW)),
    Exhibit("gan_analysis_wgan", SCALED, 24, 64, (*THIN, *FEW)),
    Exhibit("ganhacks2", WRITTEN, 1, 4, ("--set", "width=16"), photos=True),
    Exhibit("gan_analysis_mlp", SCALED, 50, 64, FEW),
    Exhibit("wgan_tensorflow", WRITTEN, 30, 64, FEW),
)


def command(words: list[str]) -> str:
    """As a reader types it."""
    return shlex.join(["python", "-m", "ablations", *words])


def make(exhibit: Exhibit, photos: Path | None, runs: Path) -> None:
    """Train and draw one exhibit. Raises CalledProcessError where a command fails."""
    _call(exhibit.training(), photos, runs)
    for arm in exhibit.arms:
        _call(exhibit.drawing(arm), photos, runs)
    if exhibit.name == SHOWN_OF:
        for picture in SHOWN:
            shutil.copyfile(_run(exhibit, "baseline", runs) / "show" / picture, PICTURES / f"show-{picture}")


def results(runs: Path) -> list[dict[str, str]]:
    """What became of every arm that is trained."""
    from gan_core import journal
    from gan_core.events import Evaluated, Finished, Started, Ticked
    from gan_core.verdict import verdict_of

    lines = []
    for exhibit, arm in ((each, arm) for each in EXHIBITS for arm in each.arms):
        events = journal.read(folder) if (folder := _run(exhibit, arm, runs)).is_dir() else []
        if not events or not isinstance(end := events[-1], Finished):
            continue
        start = next(event for event in events if isinstance(event, Started))
        scores = [s for event in events if isinstance(event, Evaluated) and event.of == "last" for s in event.scores]
        doses = [event.dose for event in events if isinstance(event, Ticked)]
        lines.append(
            {
                "exhibit": exhibit.name,
                "arm": arm,
                "kimg": f"{end.kimg:.1f}",
                "steps": str(end.step),
                "wall_s": f"{end.wall_s:.0f}",
                "parameters_g": str(start.parameters["G"]),
                "parameters_d": str(start.parameters["D"]),
                "status": end.status,
                "verdict": str(verdict_of(events)),
                "last_fid": next((f"{s.name}={s.value:.2f}" for s in scores if s.metric == "fid"), ""),
                "inert": " ".join(end.inert or ()),
                "last_doses": " ".join(f"{name}={value:.4g}" for name, value in doses[-1].items()) if doses else "",
            }
        )
    return lines


def main() -> None:
    """Parse, make, write down."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, metavar="DIR", help="folder of colour photographs")
    parser.add_argument("--runs", type=Path, default=ROOT / "runs", metavar="DIR", help="[default runs]")
    parser.add_argument("--only", nargs="+", choices=[exhibit.name for exhibit in EXHIBITS], metavar="EXHIBIT")
    arguments = parser.parse_args()
    chosen = [exhibit for exhibit in EXHIBITS if arguments.only is None or exhibit.name in arguments.only]
    if arguments.photos is None and any(exhibit.photos for exhibit in chosen):
        parser.error("--photos names the folder of colour photographs")
    for exhibit in chosen:
        make(exhibit, arguments.photos, arguments.runs)
        if lines := results(arguments.runs):
            with open(PICTURES / "results.csv", "w", newline="") as file:
                writer = csv.DictWriter(file, list(lines[0]), lineterminator="\n")
                writer.writeheader()
                writer.writerows(lines)


def _call(words: list[str], photos: Path | None, runs: Path) -> None:
    print(command(words), flush=True)
    told = [word.replace(f"folder:{PHOTOS}", f"folder:{photos}") for word in words]
    subprocess.run([sys.executable, "-m", "ablations", *told, "--runs", str(runs.absolute())], cwd=ROOT, check=True)


def _run(exhibit: Exhibit, arm: str, runs: Path) -> Path:
    """The folder of an arm's trial, which may not be there."""
    return next((runs / exhibit.study / "trials").glob(f"{exhibit.trial(arm)}-*"), Path("not trained"))


if __name__ == "__main__":
    main()
