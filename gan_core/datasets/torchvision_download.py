"""Downloading through torchvision, in a process of its own.

torchvision prints progress bars to stderr and sets no timeout on its sockets. Here neither reaches the caller: the
child's output is captured, its sockets time out, and the whole is bounded.
"""

import subprocess
import sys
from pathlib import Path

SOCKET_TIMEOUT_S = 15
TOTAL_TIMEOUT_S = 900
PROGRAM = """
import socket, sys
socket.setdefaulttimeout(float(sys.argv[2]))
from torchvision.datasets import FashionMNIST
FashionMNIST(sys.argv[1], download=True)
"""


def fashion_mnist(draft: Path) -> Path:
    """Download into `draft`; the folder below it that holds the files. Raises OSError with the reason."""
    command = [sys.executable, "-c", PROGRAM, str(draft), str(SOCKET_TIMEOUT_S)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TOTAL_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise OSError(f"not done after {TOTAL_TIMEOUT_S} s") from error
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise OSError(lines[-1].strip() if lines else f"ended with code {done.returncode}")
    return draft / "FashionMNIST" / "raw"
