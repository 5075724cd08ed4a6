"""How fast it is, all of it in one run, each figure next to its goal: `benchmarks/results/speed.md`.

    python benchmarks/speed.py [--only rates,launch,...] [--out benchmarks/results/speed.md]

About 40 minutes on two cores; nothing else may use the machine meanwhile. Every section is a benchmark of its own that
can be run alone and says in its file what it compares. What falls short of its goal is listed at the end.
"""

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # for `python benchmarks/speed.py`

from benchmarks import (
    curves,
    growth,
    latency,
    overhead,
    shell_loop,
    step_operators,
    training_rates,
    trial_startup,
)
from gan_core.machine.cores import cores
from gan_core.machine.versions import versions

# Where the runs of the main study stay, so that somebody can look at them
KEPT = Path(os.environ["SPEED_RUNS"]) if "SPEED_RUNS" in os.environ else None
ARMS = 8  # of the main study, whose time a trial stands for all in the shell loop


def rates(short: Callable[[str], None]) -> str:
    """Training, against the tutorial's loop."""
    found = list(training_rates.measure())
    for rate in found:
        if not rate.is_reached:
            goal = training_rates.GOALS[rate.precision]
            short(f"{rate.shape}, {rate.threads} thread(s), {rate.precision}: {rate.ratio:.2f}x, goal {goal:g}x")
    return training_rates.table(found)


def operators(short: Callable[[str], None]) -> str:
    """Where the time of a step goes."""
    return step_operators.table(step_operators.measure())


def study(short: Callable[[str], None]) -> str:
    """The main study by the command, against a script in a shell loop."""
    rows = shell_loop.measure(ARMS, whole=True, keep=KEPT, say=say)
    if not rows.reached:
        short(f"the main study: {rows.ratio:.1f}x trials an hour of the shell loop, goal {shell_loop.GOAL:g}x")
    return f"{shell_loop.table(rows)}\n\n{shell_loop.details(rows)}"


def launch(short: Callable[[str], None]) -> str:
    """From launch to first step."""
    startup = trial_startup.measure_apart()
    if not startup.is_reached:
        short(f"launch to first step: {startup.ratio:.0f}x, goal {trial_startup.GOAL:g}x")
    return trial_startup.table(startup)


def besides(short: Callable[[str], None]) -> str:
    """What is not training, with the default settings and with the main study's."""
    tables = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "defaults.yaml"
        path.write_text(overhead.DEFAULTS)
        for title, file in (("default settings, width 16", path), ("baseline of the main study", None)):
            rows = overhead.measure(seeds=1, study=file, say=say)
            tables.append(f"{title}:\n\n{overhead.table(rows)}")
            if not all(row.reached for row in rows):
                short(f"besides training, {title}: {rows[0].share:.0%}, goal under {overhead.GOAL:.0%}")
    return "\n\n".join(tables)


def waits(short: Callable[[str], None]) -> str:
    """Help, plans, and the messages for a bad file."""
    rows = latency.measure()
    for row in rows:
        if not row.is_reached:
            short(f"{row.command.name}: {row.seconds:.2f} s, goal {row.command.goal:g} s")
    return latency.table(rows)


def memory(short: Callable[[str], None]) -> str:
    """Memory at more and more steps."""
    text = growth.table(growth.measure(say=say))
    missed(text, short)
    return text


def scaling(short: Callable[[str], None]) -> str:
    """Time over sizes."""
    text = curves.table([*curves.measure(), *curves.measure_boards()])
    missed(text, short)
    return text


def missed(text: str, short: Callable[[str], None]) -> None:
    """Note the goals that a section itself says are not reached."""
    for line in text.splitlines():
        if "not reached" in line:
            short(line)


SECTIONS: dict[str, tuple[str, Callable[[Callable[[str], None]], str]]] = {
    "rates": ("Training, images a second", rates),
    "operators": ("Where the time of a step goes", operators),
    "study": ("The main study, from start to leaderboard", study),
    "launch": ("From launch to first step", launch),
    "besides": ("What is not training", besides),
    "waits": ("Waiting for an answer", waits),
    "memory": ("Memory", memory),
    "scaling": ("Time against work", scaling),
}


def machine() -> str:
    """Processor, cores, versions."""
    names = [line.partition(":")[2].strip() for line in processor() if line.startswith("model name")]
    name = names[0] if names else platform.processor() or platform.machine()
    told = ", ".join(f"{package} {number}" for package, number in versions().items())
    return f"{name}, {cores()} cores, {platform.system()}; {told}; load average before: {load():.2f}."


def processor() -> Iterable[str]:
    """The lines of Linux's description; none elsewhere."""
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []


def load() -> float:
    """The load average of the last minute."""
    return os.getloadavg()[0]


def say(line: str) -> None:
    """Tell who waits what goes on."""
    print(line, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(SECTIONS), help=f"some of {', '.join(SECTIONS)}")
    parser.add_argument("--out", type=Path, help="write it to this file too, after each section")
    options = parser.parse_args()
    chosen = options.only.split(",")
    if unknown := [name for name in chosen if name not in SECTIONS]:
        parser.error(f"no section {', '.join(unknown)}; there are {', '.join(SECTIONS)}")
    shortfalls: list[str] = []
    text = f"# Speed\n\n{machine()}\n\n    python benchmarks/speed.py\n"
    for name in chosen:
        title, section = SECTIONS[name]
        say(f"{title} ...")
        began = time.monotonic()
        text += f"\n## {title}\n\n{section(shortfalls.append)}\n"
        say(f"{title}: {time.monotonic() - began:.0f} s")
        if options.out is not None:
            options.out.write_text(text)
    text += "\n## Short of its goal\n\n" + ("\n".join(f"- {line}" for line in shortfalls) or "Nothing.") + "\n"
    if options.out is not None:
        options.out.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
