"""How much of a GPU's memory a trial takes: an estimate, by which trials are put next to each other."""

from collections.abc import Iterable

from gan_core.config.image_count import available_images
from gan_core.config.memory import least_memory
from gan_core.datasets import DATASETS
from gan_core.schema.configuration import Config

# Bytes. An estimate, not measured here: 0.5 to 1 GB for a CUDA context with PyTorch's, cuDNN's and cuBLAS's kernels and
# workspaces, as PyTorch's users report it; as much again for scoring, where Inception takes most.
PROCESS = 2 * 10**9
# Times `least_memory`. On a CPU the tensors that live in a step took 1.2 to 5.8 times that, over all architectures, and
# over all tricks one at a time; the rest is for what the allocator keeps in pieces.
TIMES = 8
RGB = 3  # channels, taken for a folder, whose images are not opened here


def gpu_memory(configs: Iterable[Config]) -> int:
    """Bytes that the largest of these takes on a GPU: its process, its networks in training, all of its images."""
    return max(PROCESS + TIMES * least_memory(config) + _image_bytes(config) for config in configs)


def _image_bytes(config: Config) -> int:
    height, width = config.shape
    return (available_images(config) or 0) * (DATASETS[config.data].channels or RGB) * height * width
