"""The connection of this process, Ray's driver, to a cluster that runs already."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from gan_core.problems import Problem, UserError

FLAG = "--ray-address"
ALLOWED = "auto: the cluster that this machine is part of, or HOST:PORT of its head (usually port 6379)"
AUTO = "auto"
CONNECT_S = 5.0
MISSING = 'Ray is not installed here: pip install "gan-ablations[ray]"'
GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(3) + b"\x04" + bytes(5)  # of HTTP/2, with its empty settings
SETTINGS = 4  # the type of the frame that every server of HTTP/2 answers with
# Set before Ray is imported: no statistics of use are sent, and `uv run` uploads no folder to the cluster
QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0"}


def connect(address: str | None) -> None:
    """Connect to the cluster with this address, unless this process is connected already; None: `auto`.

    Signals stay with whoever had them. Raises UserError where there is no cluster, or one of another Ray or Python.
    """
    os.environ.update(QUIET)
    try:
        import ray
    except ImportError as error:
        raise UserError(Problem(MISSING, ("--executor",))) from error
    if ray.is_initialized():
        return
    address = address or AUTO
    check_address(address)
    former = signal.getsignal(signal.SIGTERM)
    with _without_pages_of_logs():
        try:
            ray.init(address=address, log_to_driver=False, logging_level="ERROR")
        except (ConnectionError, RuntimeError, ValueError, OSError) as error:
            raise refusal_of(address, error) from error
        finally:
            signal.signal(signal.SIGTERM, former)


@contextmanager
def _without_pages_of_logs() -> Iterator[None]:
    """Connect without the thread that writes the last pages of a dead node's own log to standard output.

    Standard output may hold a document, and what has happened to a trial is reported in a line.
    """
    from ray._private import worker

    former, worker.listen_error_messages = worker.listen_error_messages, lambda *_: None
    try:
        yield
    finally:
        worker.listen_error_messages = former


def check_address(address: str) -> None:
    """Raise UserError where no Ray head can be at this address; within seconds: Ray itself would try for minutes."""
    if address == AUTO:
        return
    host, colon, port = address.rpartition(":")
    if "://" in address:
        message = f"{address} is no address of a cluster's head, and trials report through that alone"
        raise UserError(Problem(message, (FLAG,), ALLOWED))
    if not (host and colon and port.isdigit() and 0 < int(port) < 65536):
        raise UserError(Problem(f"{address!r} is no address", (FLAG,), ALLOWED))
    try:
        with socket.create_connection((host.strip("[]"), int(port)), CONNECT_S) as line:
            if os.environ.get("RAY_USE_TLS", "0") == "0" and not _speaks_http2(line):
                message = f"what listens at {address} is no head of a Ray cluster (8265 is the port of its dashboard)"
                raise UserError(Problem(message, (FLAG,), ALLOWED))
    except OSError as error:
        message = f"nothing answers at {address}: {error.strerror or error}"
        raise UserError(Problem(message, (FLAG,), ALLOWED)) from error


def _speaks_http2(line: socket.socket) -> bool:
    """Whether the other end answers like a server of gRPC."""
    line.settimeout(CONNECT_S)
    try:
        line.sendall(GREETING)
        answer = line.recv(9, socket.MSG_WAITALL)
    except OSError:
        return False
    return len(answer) == 9 and answer[3] == SETTINGS


def refusal_of(address: str, error: Exception) -> UserError:
    """What Ray's refusal to connect means to a user."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = " ".join(lines)
    if "Version mismatch" in text:
        return UserError(Problem(f"{text}; install the same Ray and the same Python here and there", (FLAG,)))
    if address == AUTO and isinstance(error, ConnectionError):
        message = "this machine is part of no Ray cluster"
        return UserError(Problem(message, (FLAG,), f"{ALLOWED}; `ray start --head` begins one here"))
    allowed = f"{ALLOWED}; where it asks for a token, RAY_AUTH_MODE=token here too"
    return UserError(Problem(f"no connection to the cluster at {address}: {text}", (FLAG,), allowed))
