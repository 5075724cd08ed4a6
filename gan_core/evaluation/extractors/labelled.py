"""Labelled pictures for a classifier: what of a data set it is trained on, and what is held out to judge it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from gan_core.datasets.record import ImageSet
from gan_core.datasets.resize import resize
from gan_core.evaluation.extractors.small_cnn import SIZE
from gan_core.problems import Problem, UserError
from gan_core.streams import generator

WHERE = ("data",)
FEWEST = 10  # pictures a class: two of them are held out
MOST = 20_000  # pictures, all classes together; of more data this many are drawn
HELD_OUT = 5  # one in five
LISTED = 5  # classes that a message names
UNLABELLED = "."  # the class of files that lie in the folder itself


@dataclass(frozen=True, eq=False)
class Labelled:
    """Pictures at the network's size, uint8 [N C 32 32], and the index of each one's class, int64 [N]."""

    classes: tuple[str, ...]
    train_images: Tensor
    train_labels: Tensor
    held_out_images: Tensor
    held_out_labels: Tensor


def labelled(images: ImageSet, classes: Sequence[str], seed: int) -> Labelled:
    """One in five pictures of each class held out, at random; at most 20,000 in all, the classes' shares as they are.

    Raises UserError where there are fewer than two classes, or fewer than ten pictures of one.
    """
    counts = np.bincount(images.labels, minlength=len(classes))
    check_classes(images.name, classes, counts.tolist())
    share = min(1.0, MOST / len(images))
    random = generator(seed, "extractor.split")
    train, held_out = [], []
    for label, count in enumerate(counts.tolist()):
        places = torch.from_numpy(np.flatnonzero(images.labels == label))
        places = places[torch.randperm(count, generator=random)][: max(FEWEST, round(share * count))]
        cut = max(2, len(places) // HELD_OUT)
        held_out.append(places[:cut])
        train.append(places[cut:])

    def taken(parts: list[Tensor]) -> tuple[Tensor, Tensor]:
        index = torch.cat(parts).sort().values.numpy()
        pictures = resize(np.ascontiguousarray(images.images[index]), SIZE)
        return torch.from_numpy(pictures), torch.from_numpy(np.array(images.labels[index]))

    return Labelled(tuple(classes), *taken(train), *taken(held_out))


def check_classes(data: str, classes: Sequence[str], counts: Sequence[int]) -> None:
    """Raise UserError where these classes can't be learnt: `counts` are their numbers of pictures."""
    allowed = f"a subfolder for each of at least two classes, with at least {FEWEST} images each"
    if not classes:
        raise UserError(Problem(f"{data} has no classes", WHERE, allowed="data with a label an image"))
    if tuple(classes) == (UNLABELLED,):
        message = "the folder has no class subfolders: all images lie in it directly, and nothing says what they show"
        raise UserError(Problem(message, WHERE, allowed))
    if UNLABELLED in classes:
        outside = counts[list(classes).index(UNLABELLED)]
        message = f"{outside} image(s) lie in the folder itself, outside its class subfolders"
        raise UserError(Problem(message, WHERE, allowed="every image in the subfolder of its class"))
    if len(classes) == 1:
        message = f"there is one class only, {classes[0]}: nothing to tell it from"
        raise UserError(Problem(message, WHERE, allowed))
    few = [f"{name} ({count})" for name, count in zip(classes, counts, strict=True) if count < FEWEST]
    if few:
        more = f" and {len(few) - LISTED} more" if len(few) > LISTED else ""
        message = f"too few images of {', '.join(few[:LISTED])}{more}"
        raise UserError(Problem(message, WHERE, allowed=f"at least {FEWEST} a class; or leave the class out"))
