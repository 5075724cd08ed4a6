"""Downloading through torchvision, in a process of its own.

torchvision prints progress bars to stderr and sets no timeout on its sockets. Here neither reaches the caller: the
child's output is captured, its sockets time out, and the whole is bounded.
"""

import subprocess
import sys
from pathlib import Path

SOCKET_TIMEOUT_S = 15
TOTAL_TIMEOUT_S = 900
CELEBA_TIMEOUT_S = 7200  # 1.4 GB
PROGRAM = """
import socket, sys
socket.setdefaulttimeout(float(sys.argv[3]))
import torchvision.datasets
getattr(torchvision.datasets, sys.argv[1])(sys.argv[2], download=True)
"""


def fashion_mnist(draft: Path) -> Path:
    """Download into `draft`; the folder below it that holds the files. Raises OSError with the reason."""
    _download("FashionMNIST", draft, TOTAL_TIMEOUT_S)
    return draft / "FashionMNIST" / "raw"


def mnist(draft: Path) -> Path:
    """Download MNIST; see `fashion_mnist`."""
    _download("MNIST", draft, TOTAL_TIMEOUT_S)
    return draft / "MNIST" / "raw"


def cifar10(draft: Path) -> Path:
    """Download CIFAR-10; see `fashion_mnist`."""
    _download("CIFAR10", draft, TOTAL_TIMEOUT_S)
    return draft / "cifar-10-batches-py"


def celeba(draft: Path) -> Path:
    """Download CelebA; see `fashion_mnist`. Google Drive has a daily quota, and needs the package gdown."""
    _download("CelebA", draft, CELEBA_TIMEOUT_S)
    return draft / "celeba"


def _download(data_set: str, draft: Path, timeout_s: float) -> None:
    command = [sys.executable, "-c", PROGRAM, data_set, str(draft), str(SOCKET_TIMEOUT_S)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=False)
    except subprocess.TimeoutExpired as error:
        raise OSError(f"not done after {timeout_s:g} s") from error
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise OSError(lines[-1].strip() if lines else f"ended with code {done.returncode}")
