"""How much of a GPU's memory a trial takes: an estimate, by which trials are put next to each other."""

from collections.abc import Iterable

from gan_core.config.compatibility import extractors_of
from gan_core.config.image_count import available_images
from gan_core.config.memory import least_memory
from gan_core.datasets import DATASETS
from gan_core.evaluation.extractors import find
from gan_core.schema.configuration import Config

# Measured on one H200 with torch 2.11 and CUDA 13 (benchmarks/results/gpu_h200.md), and rounded up.
PROCESS = 10**9  # bytes: 0.44 GB of context and libraries, and 0.35 GB that the smallest training took
# Times `least_memory` of a batch, or of the images that are drawn at once to be scored, whichever are more. Whole runs
# took 2 to 4 times that, and sngan_resnet 18 times what its blocks put out (7 times that with what they keep inside,
# which is counted since), for what cuDNN computes its 3x3 convolutions with. r3gan has not been measured on a GPU.
TIMES = 20
DRAWN = 250  # images at once, `gan_core.training.sampling.BATCH`
# Times the images of one batch as an extractor sees them, in float32: Inception took 2 GB, which is 37 times.
SEEN_TIMES = 50
FLOAT = 4  # bytes
RGB = 3  # channels, taken for a folder, whose images are not opened here


def gpu_memory(configs: Iterable[Config]) -> int:
    """Bytes that the largest of these takes on a GPU: its process, its networks, its scores, all of its images."""
    return max(PROCESS + _networks(config) + _scoring(config) + _image_bytes(config) for config in configs)


def _networks(config: Config) -> int:
    at_once = max(config.batch_size, DRAWN)
    return TIMES * least_memory(config.model_copy(update={"batch_size": at_once}))


def _scoring(config: Config) -> int:
    used = (find(name) for name in extractors_of(config))
    return SEEN_TIMES * FLOAT * max((each.batch * each.channels * each.size**2 for each in used), default=0)


def _image_bytes(config: Config) -> int:
    height, width = config.shape
    return (available_images(config) or 0) * (DATASETS[config.data].channels or RGB) * height * width
