"""Train a small classifier on a user's labelled pictures, and judge it by pictures that it was not trained on.

It is kept only where it has learnt its classes and distances in its features grow with the damage; its file then says
what was measured (`own_facts`). On a CPU: the same images, seed, threads, versions and machine give the same file.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import safetensors.torch
import torch
from torch import Tensor
from torch.nn import functional

from gan_core.datasets.record import ImageSet, OnProgress
from gan_core.evaluation.classify import classes_of
from gan_core.evaluation.extractors.labelled import Labelled, labelled
from gan_core.evaluation.extractors.ordering import disordered, ordering
from gan_core.evaluation.extractors.own_facts import OwnFacts
from gan_core.evaluation.extractors.small_cnn import SIZE, SmallCNN
from gan_core.evaluation.extractors.small_cnn_trainee import Trainee, fit
from gan_core.evaluation.versions import versions
from gan_core.problems import Problem, UserError
from gan_core.streams import forked

BATCH = 64
MAX_LEARNING_RATE = 3e-3
SHIFT = 2  # px; never mirrored, since b and d may be classes
SEEN = 100_000  # pictures in the whole training, from which the number of epochs follows
EPOCHS = (4, 25)  # at least, at most
SURE = 3.0  # standard errors that the accuracy must be above chance
LEARNT = 0.1  # share of the way from chance to 1 that it must have come
WHERE = ("data",)


@dataclass(frozen=True)
class OwnExtractor:
    """The content of the file, and what is in its metadata."""

    content: bytes
    facts: OwnFacts


def epochs_for(n_train: int) -> int:
    """So many that about 100,000 pictures are seen."""
    return min(max(round(SEEN / n_train), EPOCHS[0]), EPOCHS[1])


def train_own(
    images: ImageSet, classes: Sequence[str], seed: int, epochs: int | None, on_progress: OnProgress
) -> OwnExtractor:
    """The classifier, trained and judged. The global random state stays as it was.

    Raises UserError for classes that can't be learnt, and, with what was measured, for a classifier that is no use.
    """
    data = labelled(images, classes, seed)
    epochs = epochs or epochs_for(len(data.train_images))
    with forked(seed, "extractor.training"):
        trainee = Trainee(SmallCNN(images.channels, len(data.classes))).to(memory_format=torch.channels_last)
        for epoch, loss in enumerate(train(trainee, data.train_images, data.train_labels, epochs), 1):
            on_progress(f"epoch {epoch} of {epochs}: loss {loss:.3f}", epoch, epochs)
        network = trainee.folded().requires_grad_(False)
    on_progress("judged by held-out images", 0, 0)
    facts = _judged(network, data, images, seed, epochs)
    check(facts)
    weights = {name: value.contiguous() for name, value in network.state_dict().items()}
    return OwnExtractor(safetensors.torch.save(weights, metadata=facts.metadata()), facts)


def train(trainee: Trainee, images: Tensor, labels: Tensor, epochs: int) -> Iterator[float]:
    """Train in place on uint8 [N C 32 32]; the mean loss of each epoch. Draws from the global generator."""
    steps = -(-len(images) // BATCH)
    return fit(trainee, lambda: batches(images, labels), steps, MAX_LEARNING_RATE, epochs)


def batches(images: Tensor, labels: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """One epoch in random order: float32 [BATCH C 32 32] in [-1, 1], each batch shifted by up to 2 px."""
    for index in torch.split(torch.randperm(len(images)), BATCH):
        yield _shifted(images[index]), labels[index]


def check(facts: OwnFacts) -> None:
    """Raise UserError where the classifier has not learnt its classes, or its distances are not in order."""
    accuracy, chance = facts.accuracy, facts.chance
    least = max(chance + SURE * math.sqrt(chance * (1 - chance) / facts.n_held_out), chance + LEARNT * (1 - chance))
    measured = f"{accuracy:.1%} of {facts.n_held_out} held-out images are classified right"
    if not accuracy > least:
        message = f"nothing was kept: {measured}; always saying the most frequent class gives {chance:.1%}"
        allowed = f"above {least:.1%}: more images, classes that differ, labels that are right, or more --epochs"
        raise UserError(Problem(message, WHERE, allowed))
    if wrong := disordered(facts.ordering):
        message = f"nothing was kept: {measured}, but a FID in its features is not in order: {'; '.join(wrong)}"
        allowed = (
            "a FID that grows with noise, with blur and with missing classes: more images, more classes or classes "
        )
        allowed += "that are more alike, more --epochs; or `extractor: inception` in its place"
        raise UserError(Problem(message, WHERE, allowed))


def _judged(network: SmallCNN, data: Labelled, images: ImageSet, seed: int, epochs: int) -> OwnFacts:
    guesses = classes_of(network, torch.split(data.held_out_images, 250))
    frequent = torch.bincount(data.held_out_labels).max()
    return OwnFacts(
        channels=images.channels,
        classes=data.classes,
        data=f"{images.name} {images.split}",
        data_digest=images.digest,
        image_size=images.size,
        transform=images.transform,
        n_train=len(data.train_images),
        n_held_out=len(guesses),
        epochs=epochs,
        seed=seed,
        threads=torch.get_num_threads(),
        accuracy=float((guesses == data.held_out_labels).double().mean()),
        chance=float(frequent) / len(guesses),
        ordering=ordering(network, data.train_images, data.held_out_images, data.held_out_labels, seed),
        versions=versions(),
    )


def _shifted(images: Tensor) -> Tensor:
    """uint8 [N C 32 32] -> float32 in [-1, 1], all shifted alike by up to 2 px; the border is repeated outwards."""
    x = images.float() / 127.5 - 1
    dx, dy = torch.randint(2 * SHIFT + 1, (2,)).tolist()
    return functional.pad(x, [SHIFT] * 4, mode="replicate")[:, :, dy : dy + SIZE, dx : dx + SIZE]
