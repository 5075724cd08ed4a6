"""What three designs decide about the main study's seven tricks, with 80 runs each.

    python benchmarks/designs_at_equal_cost.py [--runs RUNS]

Runs the main study's settings with a budget of 20 kimg as one-in (8 arms, 10 seeds) and as fractions of resolution III
(8 arms, 10 seeds) and IV (16 arms, 5 seeds), and prints the table of docs/designs.md. About 25 minutes on two cores;
what is in RUNS already is not trained again.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from ablations.leaderboard.effect_records import ReportedEffect
from ablations.leaderboard.source import from_folders

STUDY = Path(__file__).parent.parent / "studies" / "ganhacks.yaml"
KIMG = 20
DESIGNS: dict[str, dict[str, Any]] = {
    "seven_one_in": {"design": "one-in", "seeds": {"looks": [10]}},
    "seven_fraction_3": {"design": "fractional", "resolution": 3, "seeds": {"looks": [10]}},
    "seven_fraction_4": {"design": "fractional", "resolution": 4, "seeds": {"looks": [5]}},
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    runs = parser.parse_args().runs
    print("| design | arms x seeds | tricks decided | undecided | pairs decided |", "|---|---|---|---|---|", sep="\n")
    for name, words in DESIGNS.items():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"{name}.yaml"
            write(path, words)
            command = [sys.executable, "-m", "ablations", "run", str(path), "--runs", str(runs), "--offline"]
            subprocess.run([*command, "--no-report"], check=True, stdout=subprocess.DEVNULL)
        (table,) = from_folders([runs / name]).leaderboard().tables
        main_effects = table.effects.main
        pairs = [effect for effect in table.effects.effects if effect.is_interaction]
        decided = [effect for effect in main_effects if effect.judged.is_decided]
        left = [effect.name for effect in main_effects if not effect.judged.is_decided]
        arms, seeds = len(table.rows), max(len(row.scores) for row in table.rows)
        cells = (
            name,
            f"{arms} x {seeds}",
            said(decided),
            ", ".join(left),
            said([p for p in pairs if p.judged.is_decided]),
        )
        print(f"| {' | '.join(cells)} |", flush=True)


def write(path: Path, words: dict[str, Any]) -> None:
    """The main study with another design."""
    yaml = YAML()
    study = yaml.load(STUDY.read_text())
    for key in ("resolution", "seeds", "design"):
        study.pop(key, None)
    study |= words
    study["baseline"]["budget_kimg"] = KIMG
    study["tricks"]["instance_noise"]["instance_noise"]["anneal_kimg"] = KIMG
    yaml.dump(study, path)


def said(effects: Sequence[ReportedEffect]) -> str:
    """'selu helps (-16 %), ...'."""
    return ", ".join(f"{e.name} {e.finding} ({100 * (e.shown.mean - 1):+.0f} %)" for e in effects) or "none"


if __name__ == "__main__":
    main()
