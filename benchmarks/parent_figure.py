"""The curves of `benchmarks/parent.py` as one figure."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt

from benchmarks.parent_samples import Sample

PANELS: tuple[tuple[str, Callable[[Sample], float]], ...] = (
    ("events entered, 1/s", lambda sample: sample.reports_a_s),
    ("trials ended, 1/s", lambda sample: sample.trials_a_s),
    ("mean lag of an event, s", lambda sample: sample.lag_mean_s),
    ("memory, MiB", lambda sample: sample.rss_mib),
    ("CPU of the parent's loop, cores", lambda sample: sample.cpu_loop),
    ("CPU of MLflow's thread, cores", lambda sample: sample.cpu_tracker),
    ("CPU of display and others, cores", lambda sample: sample.cpu_display + sample.cpu_others),
    ("trials that MLflow lacks", lambda sample: sample.backlog),
)
WINDOW = 15  # samples that a point is the mean of: a second alone is noise


def draw(curves: Mapping[str, Sequence[Sample]], path: Path) -> None:
    """A panel a quantity, a line a demand, over the trials that have ended."""
    figure, axes = plt.subplots(4, 2, figsize=(11, 12), sharex=True, layout="constrained")
    for axis, (title, value) in zip(axes.flat, PANELS, strict=True):
        for name, samples in curves.items():
            axis.plot([sample.ended for sample in samples], smooth([*map(value, samples)]), label=name, linewidth=1)
        axis.set_title(title, fontsize=10)
        axis.set_ylim(bottom=0)
        axis.grid(alpha=0.3)
    for axis in axes[-1]:
        axis.set_xlabel("trials that have ended")
    axes.flat[0].legend(fontsize=8)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def smooth(values: Sequence[float]) -> list[float]:
    """The mean of each value and those before it, `WINDOW` of them at most."""
    means = []
    for end in range(1, len(values) + 1):
        window = values[max(0, end - WINDOW) : end]
        means.append(sum(window) / len(window))
    return means
