"""How long the report of 10,000 recorded runs takes, how much memory, and how large the page is.

    python -m benchmarks.report_10000 [--runs 10000] [--keep FOLDER]

Takes the runs of benchmarks/leaderboard_10000.py (five studies of 200 arms and 10 seeds), puts each study's record and
some grids of samples beside them, then runs the command line in a process of its own: first where no
summary has been written, then with the summaries that the first reader has left. Writes
benchmarks/results/report_10000.md.
"""

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
import PIL.Image

from ablations.study.record import ArmRecord, StudyRecord
from ablations.workspace.trial_record import read_record
from benchmarks.leaderboard_10000 import machine, timed
from benchmarks.made_up_runs import SEEDS, write_runs

RESULTS = Path(__file__).parent / "results" / "report_10000.md"
GRID_PX = 274  # a side of the main study's grids: 8 x 8 images of 32 px


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10000)
    parser.add_argument("--keep", type=Path, help="write the runs there, and leave them; take those that are there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        if not folder.exists() or not any(folder.iterdir()):
            write_runs(folder, options.runs)
            for root in sorted(folder.iterdir()):
                complete(root)
        for summary in folder.glob("*/trials/*/summary.json"):
            summary.unlink()
        names = sorted(path.name for path in folder.iterdir() if path.is_dir())
        page = Path(temporary) / "report.html"
        command = ["report", *names, "--runs", str(folder), "--out", str(page)]
        measured = {
            "without summaries: every journal is read, and its summary left": timed(command),
            "with summaries": timed(command),
            "of this, starting Python and its imports (`leaderboard --columns`)": timed(["leaderboard", "--columns"]),
        }
        lines = [f"| {what} | {cpu:.1f} | {wall:.1f} | {mib:.0f} |" for what, (cpu, wall, mib) in measured.items()]
        size = page.stat().st_size / 2**20
    report = HEADER.format(runs=options.runs, size=size, machine=machine()) + "\n".join(lines) + "\n"
    print(report)
    RESULTS.write_text(report)


HEADER = """\
# The report of {runs:,} recorded runs

`python -m benchmarks.report_10000`: {runs:,} runs of five studies in one page of {size:.1f} MiB; the time of the whole
command `report STUDY... --out FILE`, from the start of Python to its end; {machine}.
Wall time is more than processor time where other programs want the core too.

| | processor time [s] | wall time [s] | peak memory [MiB] |
|---|---|---|---|
"""


def complete(root: Path) -> None:
    """Write the study's record as `run` leaves it, and a grid of noise for every run of the first two seeds."""
    records = {record.arm: record for record in map(read_record, sorted((root / "trials").iterdir()))}
    study = StudyRecord(
        name=root.name,
        question="Which of 200 arms is best?",
        papers=(),
        design="arms",
        seeds=tuple(range(SEEDS)),
        baseline={},
        factors={name: {} for record in records.values() for name in record.factors},
        arms=tuple(
            ArmRecord(name=arm, factors=one.factors, fingerprint=one.fingerprint, config=one.config)
            for arm, one in records.items()
        ),
    )
    (root / "study.json").write_text(json.dumps(study.model_dump(mode="json")))
    random = np.random.default_rng(0)
    for folder in (root / "trials").glob("*-seed[01]-*"):
        (folder / "grids").mkdir(exist_ok=True)
        pixels = random.integers(0, 256, (GRID_PX, GRID_PX), dtype=np.uint8)
        PIL.Image.fromarray(pixels).save(folder / "grids" / "0000030400.png")


if __name__ == "__main__":
    main()
