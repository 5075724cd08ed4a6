"""Train the classifier of fmnistcnn.py on Fashion-MNIST and write its weights.

    python -m gan_core.evaluation.extractors.train_fmnistcnn --home FOLDER --out fmnistcnn.safetensors

`--home` is the folder of the data (fetched there if need be). Prints the loss of every epoch, the accuracy on the test
split, and the file's sha256, which belongs into fmnistcnn.py and README.md. The same seed and threads on the same
machine and libraries give the same file.
"""

import argparse
import hashlib
from collections.abc import Iterator
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor
from torch.nn import functional

from gan_core import datasets
from gan_core.evaluation.extractors.fmnistcnn import FmnistCNN
from gan_core.evaluation.extractors.small_cnn import SIZE, SmallCNN
from gan_core.evaluation.extractors.small_cnn_trainee import Trainee, fit

BATCH = 256
MAX_LEARNING_RATE = 4e-3
SHIFT = 2  # px: the padding that Fashion-MNIST has at this size


def batches(images: Tensor, labels: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """One epoch in random order: float32 [BATCH 1 32 32] in [-1, 1], half of them mirrored, shifted by up to 2 px."""
    for index in torch.split(torch.randperm(len(images)), BATCH):
        x = images[index].float() / 127.5 - 1
        x = torch.where(torch.rand(len(x), 1, 1, 1) < 0.5, x.flip(3), x)
        dx, dy = torch.randint(2 * SHIFT + 1, (2,)).tolist()
        x = functional.pad(x, [SHIFT] * 4, value=-1)[:, :, dy : dy + SIZE, dx : dx + SIZE]
        yield x, labels[index]


def train(trainee: Trainee, images: Tensor, labels: Tensor, epochs: int) -> Iterator[float]:
    """Train in place; the mean loss of each epoch."""
    steps = -(-len(images) // BATCH)
    return fit(trainee, lambda: batches(images, labels), steps, MAX_LEARNING_RATE, epochs)


@torch.inference_mode()
def accuracy(network: SmallCNN, images: Tensor, labels: Tensor) -> float:
    """Share of uint8 images [N 1 32 32] that are classified right."""
    guesses = torch.cat([network(batch).logits.argmax(1) for batch in torch.split(images, 500)])
    return float((guesses == labels).double().mean())


def main() -> None:
    parser = argparse.ArgumentParser(description="train the feature extractor fmnistcnn")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    train_set, test_set = (datasets.load("fashion-mnist", split, SIZE, options.home) for split in ("train", "test"))
    tensors = [torch.tensor(array) for s in (train_set, test_set) for array in (s.images, s.labels)]
    trainee = Trainee(FmnistCNN()).to(memory_format=torch.channels_last)
    for epoch, loss in enumerate(train(trainee, tensors[0], tensors[1], options.epochs), 1):
        print(f"epoch {epoch}: loss {loss:.4f}", flush=True)
    network = trainee.folded()
    weights = {name: value.contiguous() for name, value in network.state_dict().items()}
    options.out.write_bytes(safetensors.torch.save(weights))
    print(f"test accuracy {accuracy(network, tensors[2], tensors[3]):.4f}")
    print(f"sha256 {hashlib.sha256(options.out.read_bytes()).hexdigest()}, {options.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
