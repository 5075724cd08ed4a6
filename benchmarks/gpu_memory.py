"""What whole runs take of a GPU's memory, next to what they are reckoned with.

    python -m benchmarks.gpu_memory

Tensors and what the allocator keeps of them (peaks), and what the process takes besides. One run after another in one
process on an otherwise empty GPU, `shapes` scored by `fmnistcnn`; then the extractors alone.
"""

import tempfile
from pathlib import Path
from typing import Any

import torch

from gan_core.config import resolve
from gan_core.config.gpu_memory import gpu_memory
from gan_core.evaluation.extractors import find
from gan_core.evaluation.features import extract
from gan_core.machine.home import machine_home
from gan_core.train import train

SHORT = {"data": "shapes", "image_size": 32, "batch_size": 64, "budget_kimg": 0.64, "progress_evaluations": 1}
SCORED = {"progress_samples": 500, "full_samples": 500}
LARGE = {"width": 64, "image_size": 64}
CASES: tuple[dict[str, Any], ...] = (
    {"width": 16},
    {"width": 16, "cuda_graphs": True},
    {"width": 64},
    LARGE,
    {**LARGE, "cuda_graphs": True},
    {**LARGE, "cuda_graphs": True, "precision": "bf16"},
    {**LARGE, "deterministic": True},
    {**LARGE, "batch_size": 256},
    {"width": 64, "architecture": "sngan_resnet"},
    {"width": 64, "architecture": "sngan_resnet", "batch_size": 256},
    {"width": 64, "architecture": "sngan_cnn"},
    {"width": 64, "architecture": "mlp"},
    {"width": 64, "minibatch_discrimination": True},
    {"width": 64, "gradient_penalty": True, "norm_d": "none"},
)
GB = 1e9


def peaks() -> str:
    """Of tensors, and of what the allocator keeps, in GB, since they were last reset; then starts anew."""
    torch.cuda.synchronize()
    taken = f"{torch.cuda.max_memory_allocated() / GB:.2f} | {torch.cuda.max_memory_reserved() / GB:.2f}"
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    return taken


def main() -> None:
    device = torch.device("cuda")
    print("| run | tensors, GB | kept by the allocator, GB | reckoned with, process included, GB |\n|---|---|---|---|")
    for settings in CASES:
        config = resolve({**SHORT, **SCORED, **settings})
        with tempfile.TemporaryDirectory() as folder:
            list(train(config, Path(folder) / "run", machine_home(), "cuda"))
        words = ", ".join(f"{name} {value}" for name, value in settings.items())
        print(f"| {words} | {peaks()} | {gpu_memory([config]) / GB:.1f} |", flush=True)
    for name in ("fmnistcnn", "inception"):
        extractor = find(name)
        network = extractor.untrained(device)
        images = torch.zeros(extractor.batch, extractor.channels, 32, 32, dtype=torch.uint8, device=device)
        extract(network, images)
        print(f"| {name} alone | {peaks()} | |")
    free, whole = torch.cuda.mem_get_info()
    print(f"\nBesides, for context and libraries: {(whole - free - torch.cuda.memory_reserved()) / GB:.2f} GB.")


if __name__ == "__main__":
    main()
