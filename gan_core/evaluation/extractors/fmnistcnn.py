"""A small classifier of Fashion-MNIST, whose last convolution serves as features for grey pictures.

Precedent: Binkowski et al. 2018 (arXiv:1801.01401) score MNIST with a LeNet. Distances in these features compare with
nothing but themselves: another training seed moves a FID by 30 to 50 %, so the weights' digest is part of every score's
name. `train_fmnistcnn.py` trained the weights; README.md beside it says how, and how accurate they are.
"""

from pathlib import Path

import safetensors.torch

from gan_core.datasets.fashion_mnist import FASHION_MNIST
from gan_core.evaluation.extractors.record import Extractor
from gan_core.evaluation.extractors.small_cnn import LAYER, NUM_FEATURES, RESIZE, SCALING, SIZE, SmallCNN

UNPADDED = 28  # px, as the pictures were published
CLASSES = 10


class FmnistCNN(SmallCNN):
    """One channel, ten classes."""

    def __init__(self) -> None:
        super().__init__(1, CLASSES, UNPADDED)


FMNISTCNN = Extractor(
    name="fmnistcnn",
    weights=Path(__file__).with_suffix(".safetensors"),
    sha256="ba693ea7302493d512f27cdc45cae1c238da4f5c057952c60d0295697c82afe0",
    num_features=NUM_FEATURES,
    layer=LAYER,
    classes=CLASSES,
    channels=1,
    size=SIZE,
    resize=RESIZE,
    scaling=SCALING,
    dtype="float32",
    paper="precedent: Binkowski et al. 2018, arXiv:1801.01401",
    build=FmnistCNN,
    parse=safetensors.torch.load,
    unpadded_size=UNPADDED,
    class_names=FASHION_MNIST.classes,
)
