"""Whether NVIDIA's Multi-Process Service (MPS) runs, which lets kernels of several processes run on a GPU at once."""

import os
from pathlib import Path

PIPES = "CUDA_MPS_PIPE_DIRECTORY"  # read by CUDA itself; NVIDIA's documentation of MPS, section 5.2.2
USUAL = "/tmp/nvidia-mps"
CONTROL = "control"


def mps_runs() -> bool:
    """Whether the daemon's control pipe is where CUDA looks for it. One that was killed may have left it behind."""
    return (Path(os.environ.get(PIPES) or USUAL) / CONTROL).exists()
