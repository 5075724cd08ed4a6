"""What a container may use of its machine, as Linux's control groups say it; nothing on other systems.

A process is in a group, and every group above it may have a limit of its own. Version 2 has one tree, version 1 a tree
for each kind of limit (docs.kernel.org/admin-guide/cgroup-v2.html, .../cgroup-v1/). A file that is not there, is not
legible or says 'max' is no limit. (loky's `cpu_count` reads the processor's quota alone, and the trainer does without
it.)
"""

from collections.abc import Iterator
from pathlib import Path

TREES = Path("/sys/fs/cgroup")
MEMBERSHIP = Path("/proc/self/cgroup")
UNLIMITED = 2**62  # bytes; version 1 writes 2^63, rounded down to a page, for no limit


def groups_of(controller: str, trees: Path = TREES, membership: Path = MEMBERSHIP) -> Iterator[Path]:
    """The folders of this process's group and of those above it, innermost first.

    `controller`: version 1's name of the tree, such as 'cpu'; '' for version 2.
    """
    try:
        lines = membership.read_text().splitlines()
    except (OSError, UnicodeError):
        return
    for line in lines:
        _, _, group = line.partition(":")
        controllers, _, path = group.partition(":")
        if controller not in controllers.split(","):
            continue
        # A tree of two controllers is also there under the name of each, and may have them in another order
        tree = next((trees / name for name in (controllers, controller) if (trees / name).is_dir()), trees)
        inner = tree / path.lstrip("/")
        # Within a container the path may be that of the host, which is not there: its own group is then the tree's top
        for folder in [inner, *inner.parents] if inner.is_dir() else [tree]:
            yield folder
            if folder == tree:
                break


def processors(trees: Path = TREES, membership: Path = MEMBERSHIP) -> float | None:
    """How many processors' time this process may use; None where nothing limits it."""
    limits = [_numbers(group / "cpu.max") for group in groups_of("", trees, membership)]
    for group in groups_of("cpu", trees, membership):
        limits.append(_numbers(group / "cpu.cfs_quota_us") + _numbers(group / "cpu.cfs_period_us"))
    return min((limit[0] / limit[1] for limit in limits if len(limit) == 2 and min(limit) > 0), default=None)


def memory(trees: Path = TREES, membership: Path = MEMBERSHIP) -> int | None:
    """Bytes of memory that this process may use; None where nothing limits it."""
    limits = [_numbers(group / "memory.max") for group in groups_of("", trees, membership)]
    limits += [_numbers(group / "memory.limit_in_bytes") for group in groups_of("memory", trees, membership)]
    return min((limit[0] for limit in limits if limit and 0 < limit[0] < UNLIMITED), default=None)


def _numbers(path: Path) -> list[int]:
    try:
        return [int(word) for word in path.read_text().split()]
    except (OSError, ValueError):
        return []
