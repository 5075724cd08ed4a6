"""Extractors that users have trained on images of their own: `own-DIGEST`.

The file lies in the store of weights under its sha256 and says itself what it was trained on (`own_facts`). Nothing
but the digest is in a configuration, so until the file is located an extractor of this kind is taken to see grey and
colour pictures.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import safetensors.torch
import torch

from gan_core.evaluation.extractors.own_facts import OwnFacts, facts_in
from gan_core.evaluation.extractors.record import Extractor
from gan_core.evaluation.extractors.small_cnn import LAYER, NUM_FEATURES, RESIZE, SCALING, SIZE, SmallCNN
from gan_core.problems import UserError

OWN = "own"
SUFFIX = ".safetensors"
RGB = 3  # channels
FEWEST = 2  # classes
SUPPLIED = (
    "copy the file there under its name, or give it with `python -m ablations extractor add FILE`; or train one with "
    "`python -m ablations extractor train --data DATA`, which gives the same file for the same images, seed, threads, "
    "versions and machine"
)


def of_digest(digest: str) -> Extractor:
    """The extractor whose file has this sha256, or one that begins so."""
    return Extractor(
        name=OWN,
        weights=None,
        sha256=digest,
        num_features=NUM_FEATURES,
        layer=LAYER,
        classes=FEWEST,
        channels=RGB,
        size=SIZE,
        resize=RESIZE,
        scaling=SCALING,
        dtype="float32",
        paper="precedent: Binkowski et al. 2018, arXiv:1801.01401",
        build=partial(SmallCNN, RGB, FEWEST),
        parse=safetensors.torch.load,
        repeats_grey=True,
        suffix=SUFFIX,
        supplied=SUPPLIED,
        complete=_complete,
    )


def kept(home: Path) -> Iterator[tuple[Path, OwnFacts | UserError]]:
    """Every file of this kind in the store, with what it says of itself or, where it is damaged, the reason."""
    for path in sorted((home / "weights").glob(f"*{SUFFIX}")):
        try:
            yield path, facts_of(path)
        except UserError as error:
            yield path, error


def facts_of(path: Path) -> OwnFacts:
    """The facts in a file of the store. Raises UserError where it is not what its name says."""
    extractor = replace(of_digest(path.stem), weights=path)
    return facts_in(extractor.content(), path)


def check(sha256: str, content: bytes, path: Path) -> None:
    """Raise UserError where the bytes of `path` hold no weights of an extractor of this kind."""
    extractor = _complete(replace(of_digest(sha256), weights=path), content)
    extractor.load(torch.device("cpu"))


def _complete(extractor: Extractor, content: bytes) -> Extractor:
    """With channels and classes."""
    assert extractor.weights is not None
    facts = facts_in(content, extractor.weights)
    return replace(
        extractor,
        channels=facts.channels,
        classes=len(facts.classes),
        class_names=facts.classes,
        build=partial(SmallCNN, facts.channels, len(facts.classes)),
    )
