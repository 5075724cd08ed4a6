"""A container's share of its machine, from made-up trees of control groups."""

from pathlib import Path

import pytest

from gan_core.machine import cores as cores_module
from gan_core.machine.cgroups import memory, processors


def tree(folder: Path, membership: str, **files: str) -> tuple[Path, Path]:
    """`files`: path below the tree, with __ for / and _dot_ for a dot -> content."""
    for name, content in files.items():
        path = folder / "tree" / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    (folder / "membership").write_text(membership)
    return folder / "tree", folder / "membership"


def test_a_container_of_version_2(tmp_path: Path) -> None:
    where = tree(tmp_path, "0::/\n", cpu_dot_max="200000 100000\n", memory_dot_max="max\n")
    assert processors(*where) == 2.0
    assert memory(*where) is None


def test_the_tightest_of_nested_groups_counts(tmp_path: Path) -> None:
    where = tree(
        tmp_path,
        "0::/slice/job\n",
        slice__job__cpu_dot_max="max 100000\n",
        slice__cpu_dot_max="150000 100000\n",
        cpu_dot_max="400000 100000\n",
        slice__job__memory_dot_max="4000000\n",
        slice__memory_dot_max="9000000\n",
    )
    assert processors(*where) == 1.5
    assert memory(*where) == 4_000_000


def test_version_1(tmp_path: Path) -> None:
    where = tree(
        tmp_path,
        "5:cpu,cpuacct:/docker/abc\n3:memory:/docker/abc\n",
        **{"cpu,cpuacct__cpu_dot_cfs_quota_us": "50000", "cpu,cpuacct__cpu_dot_cfs_period_us": "100000"},
        memory__memory_dot_limit_in_bytes="1000000",
    )
    assert processors(*where) == 0.5
    assert memory(*where) == 1_000_000


def test_without_limits_or_groups(tmp_path: Path) -> None:
    where = tree(tmp_path, "5:cpu,cpuacct:/\n", **{"cpu,cpuacct__cpu_dot_cfs_quota_us": "-1"})
    assert processors(*where) is None
    assert processors(tmp_path / "none", tmp_path / "none") is None
    assert memory(tmp_path / "none", tmp_path / "none") is None


@pytest.mark.parametrize("name", ["cpu,cpuacct", "cpu"])
def test_a_tree_of_version_1_under_either_of_its_names(name: str, tmp_path: Path) -> None:
    files = {f"{name}__cpu_dot_cfs_quota_us": "200000", f"{name}__cpu_dot_cfs_period_us": "100000"}
    where = tree(tmp_path, "5:cpu,cpuacct:/\n", **files)
    assert processors(*where) == 2.0


def test_a_quota_goes_with_the_period_of_its_own_group(tmp_path: Path) -> None:
    where = tree(
        tmp_path,
        "5:cpu:/job\n",
        cpu__job__cpu_dot_cfs_quota_us="200000",  # without a period
        cpu__cpu_dot_cfs_quota_us="300000",
        cpu__cpu_dot_cfs_period_us="100000",
    )
    assert processors(*where) == 3.0


def test_version_1_writes_a_large_number_for_no_limit(tmp_path: Path) -> None:
    where = tree(tmp_path, "3:memory:/\n", memory__memory_dot_limit_in_bytes="9223372036854771712")
    assert memory(*where) is None


@pytest.mark.parametrize("content", ["", "100000 0", "no number", "-1 100000"])
def test_what_is_not_legible_is_no_limit(content: str, tmp_path: Path) -> None:
    where = tree(tmp_path, "0::/\nno line of a group\n", cpu_dot_max=content)
    assert processors(*where) is None


@pytest.mark.parametrize("content", ["", "0", "no number", "-1"])
def test_memory_that_is_not_legible_is_no_limit(content: str, tmp_path: Path) -> None:
    where = tree(tmp_path, "0::/\n", memory_dot_max=content)
    assert memory(*where) is None


@pytest.mark.parametrize(("quota", "count"), [(None, 64), (2.0, 2), (1.5, 2), (0.25, 1), (100.0, 64)])
def test_cores(quota: float | None, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores_module, "processors", lambda: quota)
    monkeypatch.setattr("os.sched_getaffinity", lambda process: range(64), raising=False)
    assert cores_module.cores() == count
