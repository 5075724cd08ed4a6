"""Addresses that lead to no cluster: told at once, and in words."""

import os
import socket
import sys
import threading
from collections.abc import Iterator

import pytest

from ablations.executors.ray_cluster.connection import MISSING, QUIET, check_address, connect, refusal_of
from gan_core.problems import UserError


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def port_of(listening: socket.socket) -> int:
    return int(listening.getsockname()[1])


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("ray://head:10001", "ray://head:10001 is no address of a cluster's head"),
        ("http://head:8265", "http://head:8265 is no address"),
        ("head", "'head' is no address"),
        ("head:", "'head:' is no address"),
        ("head:99999", "'head:99999' is no address"),
        ("127.0.0.1:1", "nothing answers at 127.0.0.1:1: Connection refused"),
    ],
)
def test_what_is_no_address(address: str, words: str) -> None:
    with pytest.raises(UserError) as refused:
        check_address(address)
    assert f"--ray-address: {words}" in str(refused.value)
    assert "HOST:PORT" in str(refused.value)


@pytest.mark.parametrize("answer", [b"SSH-2.0-OpenSSH_9.6\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", b""])
def test_another_program_that_listens_there(listener: socket.socket, answer: bytes) -> None:
    def serve() -> None:
        line, _ = listener.accept()
        with line:
            line.recv(100)
            line.sendall(answer)

    serving = threading.Thread(target=serve)
    serving.start()
    with pytest.raises(UserError, match="is no head of a Ray cluster"):
        check_address(f"127.0.0.1:{port_of(listener)}")
    serving.join()


def test_without_ray_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    for name in QUIET:
        monkeypatch.setenv(name, "")
    with pytest.raises(UserError) as refused:
        connect("auto")
    assert str(refused.value) == f"--executor: {MISSING}"
    assert {name: os.environ[name] for name in QUIET} == QUIET


def test_another_version_is_told_with_both() -> None:
    theirs = "The cluster was started with:\n    Ray: 2.60.0\n    Python: 3.11.7"
    ours = "This process on node 10.0.0.1 was started with:\n    Ray: 2.55.0\n    Python: 3.12.1\n"
    words = str(refusal_of("head:6379", RuntimeError(f"Version mismatch: {theirs}\n{ours}")))
    assert "Ray: 2.60.0 Python: 3.11.7" in words
    assert "Ray: 2.55.0 Python: 3.12.1" in words
    assert words.endswith("install the same Ray and the same Python here and there")
    assert "\n" not in words
