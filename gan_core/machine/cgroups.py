"""What a container may use of its machine, as Linux's control groups say it; nothing on other systems.

A process is in a group, and every group above it may have a limit of its own. Version 2 has one tree, version 1 a tree
for each kind of limit. (loky's `cpu_count` reads the processor's quota alone, and the trainer does without it.)
"""

from collections.abc import Iterator
from pathlib import Path

TREES = Path("/sys/fs/cgroup")
MEMBERSHIP = Path("/proc/self/cgroup")


def texts_of(name: str, controller: str, trees: Path = TREES, membership: Path = MEMBERSHIP) -> Iterator[str]:
    """The content of the file `name` in this process's group and in those above it, innermost first.

    `controller`: version 1's name of the tree, such as 'cpu'; '' for version 2.
    """
    try:
        lines = membership.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controller not in controllers.split(","):
            continue
        tree = trees / controllers if controllers else trees
        inner = tree / path.lstrip("/")
        # Within a container the path may be that of the host, which is not there: its own group is then the tree's top
        for folder in [inner, *inner.parents] if inner.is_dir() else [tree]:
            if folder != tree and tree not in folder.parents:
                break
            try:
                yield (folder / name).read_text().strip()
            except OSError:
                continue


def processors(trees: Path = TREES, membership: Path = MEMBERSHIP) -> float | None:
    """How many processors' time this process may use; None where nothing limits it."""
    shares = []
    for text in texts_of("cpu.max", "", trees, membership):
        quota, _, period = text.partition(" ")
        if quota != "max":
            shares.append(int(quota) / int(period or 100_000))
    quotas = texts_of("cpu.cfs_quota_us", "cpu", trees, membership)
    periods = texts_of("cpu.cfs_period_us", "cpu", trees, membership)
    shares += [int(quota) / int(period) for quota, period in zip(quotas, periods, strict=False) if int(quota) > 0]
    return min(shares, default=None)


def memory(trees: Path = TREES, membership: Path = MEMBERSHIP) -> int | None:
    """Bytes of memory that this process may use; None where nothing limits it."""
    limits = [int(text) for text in texts_of("memory.max", "", trees, membership) if text != "max"]
    limits += [int(text) for text in texts_of("memory.limit_in_bytes", "memory", trees, membership)]
    return min(limits, default=None)
