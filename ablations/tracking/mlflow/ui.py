"""MLflow's own UI on a store without a server: how to start it."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ablations.addresses import WEB, scheme_of
from gan_core.problems import Problem, UserError

HOST = "127.0.0.1"
PATIENCE_S = 120.0  # until it answers; it may have to migrate its database first
END_S = 10.0  # for open requests, after which it is killed


def is_server(uri: str) -> bool:
    """Whether a server is at this address, which has its UI itself."""
    return scheme_of(uri) in WEB


def ui_command(uri: str, artifact_root: Path, port: int) -> list[str]:
    """The command line of MLflow's UI on this store, for 127.0.0.1 only."""
    return [
        *(sys.executable, "-m", "mlflow", "server"),
        *("--backend-store-uri", uri),
        *("--registry-store-uri", uri),
        *("--default-artifact-root", artifact_root.absolute().as_uri()),
        *("--host", HOST),
        *("--port", str(port)),
        *("--allowed-hosts", ",".join(allowed_hosts(port))),
        *("--workers", "1"),
        *("--uvicorn-opts", "--log-level warning"),  # not a line a request
    ]


def allowed_hosts(port: int, host: str = HOST) -> tuple[str, ...]:
    """The Host headers that are answered. MLflow's own list has private networks by their beginning, and so any name
    that begins like one, such as 192.168.1.1.example.org, whose owner may let it lead here (DNS rebinding).
    """
    names = dict.fromkeys(("localhost", "127.0.0.1", "[::1]", f"[{host}]" if ":" in host else host))
    return tuple(header for name in names for header in (name, f"{name}:{port}"))


def check_port(port: int, host: str = HOST) -> None:
    """Raises UserError where another program listens on it."""
    try:
        with socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET):
            pass
    except OSError as error:
        message = f"port {port} of {host} can't be used: {error.strerror}"
        raise UserError(Problem(message, ("--port",), allowed="a free one, such as --port 5050")) from None


@contextmanager
def running_ui(command: list[str], port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """The UI, answering, until the body ends. Raises UserError where the port is taken or it does not come up."""
    check_port(port)
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    quiet = {"PYTHONWARNINGS": "ignore", "MLFLOW_LOGGING_LEVEL": "WARNING"}  # its own, unless the user asks for more
    try:
        process = subprocess.Popen(command, start_new_session=True, env=quiet | os.environ)  # Ctrl-C is ours
        try:
            _wait_until_up(process, port)
            yield process
        finally:
            _end(process)
    finally:
        signal.signal(signal.SIGTERM, before)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Of its workers too; also those of a server that has died."""
    for way, patience_s in ((signal.SIGTERM, END_S), (signal.SIGKILL, None)):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, way)
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience_s)
            return


def _wait_until_up(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), urllib.request.urlopen(f"http://{HOST}:{port}/health", timeout=2):
            return
        time.sleep(0.2)
    raise UserError(f"MLflow's UI did not come up on port {port}: its own messages above say why")
