"""The two ways to download, with the network's place taken by a closed port and a script."""

import shutil
import subprocess
import time
from pathlib import Path

import pytest

from gan_core.datasets import debian_package, torchvision_download

APT = """#!/bin/sh
case "$*" in
*" update") echo updated >> {log} ;;
*download*) if [ {needs_lists} = 1 ] && ! grep -q updated {log}; then echo "E: Unable to locate package x" >&2; exit 100
            fi; cp {archive} . ;;
esac
"""


def test_without_network_torchvision_fails_soon_with_the_reason_and_prints_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # nobody listens there
    started = time.monotonic()
    with pytest.raises(OSError, match="Connection refused"):
        torchvision_download.fashion_mnist(tmp_path)
    assert time.monotonic() - started < 60
    assert capfd.readouterr() == ("", "")


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A real Debian package with one file."""
    if shutil.which("dpkg-deb") is None:
        pytest.skip("dpkg-deb builds the package for this test")
    tree = tmp_path / "tree"
    (tree / "DEBIAN").mkdir(parents=True)
    control = "Package: x\nVersion: 1\nArchitecture: all\nMaintainer: a <a@b>\nDescription: x\n"
    (tree / "DEBIAN" / "control").write_text(control)
    (tree / "usr" / "share").mkdir(parents=True)
    (tree / "usr" / "share" / "thing").write_text("content")
    target = tmp_path / "x_1_all.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", tree, target], check=True, capture_output=True)
    return target


def with_apt(script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put an apt-get of our own before the system's; the empty folder to unpack in."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "draft").mkdir()
    (tmp_path / "log").touch()
    (tmp_path / "bin" / "apt-get").write_text(script)
    (tmp_path / "bin" / "apt-get").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    return tmp_path / "draft"


@pytest.mark.parametrize("needs_lists", [0, 1])
def test_a_package_is_unpacked_fetching_lists_only_where_there_are_none(
    needs_lists: int, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = APT.format(log=tmp_path / "log", archive=archive, needs_lists=needs_lists)
    root = debian_package.unpack("x", with_apt(script, tmp_path, monkeypatch))
    assert (root / "usr" / "share" / "thing").read_text() == "content"
    assert bool((tmp_path / "log").read_text()) == bool(needs_lists)


def test_both_failures_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = """#!/bin/sh
    case "$*" in *update) echo "E: no network" >&2 ;; *) echo "E: Unable to locate package x" >&2 ;; esac; exit 100"""
    monkeypatch.setattr(shutil, "which", lambda program: f"/usr/bin/{program}")
    with pytest.raises(OSError, match=r"Unable to locate package x.*lists fetched again.*no network"):
        debian_package.unpack("x", with_apt(script, tmp_path, monkeypatch))


def test_a_system_without_apt_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OSError, match="this system has no apt-get"):
        debian_package.unpack("x", tmp_path)
