"""How long a leaderboard of 10,000 recorded runs takes, and how much memory.

    python -m benchmarks.leaderboard_10000 [--runs 10000] [--keep FOLDER]

Writes journals as training runs leave them (85 events, as in the main study: ticks with all means, scores on the way
and at the end with their protocols) of 5 studies of 200 arms and 10 seeds, then runs the command line in a process of
its own: first where no summary has been written, then with the summaries that the first reader has left.
Writes benchmarks/results/leaderboard_10000.md.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.made_up_runs import write_runs

RESULTS = Path(__file__).parent / "results" / "leaderboard_10000.md"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10000)
    parser.add_argument("--keep", type=Path, help="write the runs there, and leave them")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        size = write_runs(folder, options.runs)
        names = sorted(path.name for path in folder.iterdir())
        command = ["leaderboard", *names, "--runs", str(folder), "--csv", str(Path(temporary) / "board.csv")]
        lines = [
            f"| {what} | {cpu:.1f} | {wall:.1f} | {mib:.0f} |" for what, (cpu, wall, mib) in measured(command).items()
        ]
    report = HEADER.format(runs=options.runs, mib=size / 2**20, machine=machine()) + "\n".join(lines) + "\n"
    print(report)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(report)


HEADER = """\
# The leaderboard of {runs:,} recorded runs

`python -m benchmarks.leaderboard_10000`: {runs:,} runs of five studies, {mib:.0f} MiB of journals; the time of the
whole command `leaderboard STUDY... --csv FILE`, from the start of Python to its end; {machine}.
Wall time is more than processor time where other programs want the core too.

| | processor time [s] | wall time [s] | peak memory [MiB] |
|---|---|---|---|
"""


def measured(command: list[str]) -> dict[str, tuple[float, float, float]]:
    """Seconds and MiB of the command where every journal has to be read, and of the next ones."""
    return {
        "without summaries: every journal is read, and its summary left": timed(command),
        "with summaries": timed(command),
        "of this, starting Python and its imports (`leaderboard --columns`)": timed(["leaderboard", "--columns"]),
    }


# A process counts the memory of the one that it was forked from: so a small one starts the command.
IN_BETWEEN = """
import os, resource, subprocess, sys, time
start = time.perf_counter()
subprocess.run([sys.executable, "-m", "ablations", *sys.argv[1:]], stdout=subprocess.DEVNULL, check=True)
wall, usage = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
print(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024)
"""


def timed(command: list[str]) -> tuple[float, float, float]:
    """Processor and wall seconds and peak memory, in MiB, of one command line; the memory of its largest process."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    words = [sys.executable, "-c", IN_BETWEEN, *command]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
    cpu, wall, mib = map(float, done.stdout.split())
    return cpu, wall, mib


def machine() -> str:
    """What it was measured on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    cpu = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())
    return f"{cpu}, {len(os.sched_getaffinity(0))} cores, Python {platform.python_version()}"


if __name__ == "__main__":
    main()
