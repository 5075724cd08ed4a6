"""An extractor of the user's own, from the name of the data to the file in the store of weights."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from gan_core import datasets
from gan_core.datasets import DATASETS, Options
from gan_core.datasets.folder import NAME as FOLDER
from gan_core.datasets.folder_listing import listing_of
from gan_core.datasets.record import Fit, OnProgress
from gan_core.evaluation.extractors import own, store
from gan_core.evaluation.extractors.labelled import check_classes
from gan_core.evaluation.extractors.own_facts import OwnFacts, facts_in
from gan_core.evaluation.extractors.train_own import train_own
from gan_core.machine.home import expanded
from gan_core.problems import Problem, UserError
from gan_core.scoring.reference import Reference


@dataclass(frozen=True)
class OwnRequest:
    """What to train on. `data`: 'folder:PATH', or a data set and perhaps its split; `size`: px, as in the runs.

    `epochs`: None for as many as see about 100,000 images.
    """

    data: str
    size: int = 32
    fit: Fit = "crop"
    skip_broken: bool = False
    seed: int = 0
    epochs: int | None = None


@dataclass(frozen=True)
class Kept:
    """An extractor in the store. `name`: as a configuration names it."""

    name: str
    path: Path
    facts: OwnFacts


def train(request: OwnRequest, home: Path, on_progress: OnProgress) -> Kept:
    """Train it and keep it. Raises UserError, before anything is trained, for data that can't serve.

    Raises UserError as well where what was trained is no use: then nothing is kept.
    """
    reference = Reference.parse(request.data, ("data",))
    classes = _classes(reference)
    options = Options(request.fit, reference.folder, request.skip_broken)
    images = datasets.load(
        reference.data, reference.split, request.size, home, options=options, on_progress=on_progress
    )
    made = train_own(images, classes, request.seed, request.epochs, on_progress)
    return _kept(store.keep_content(home, made.content, own.SUFFIX), made.facts)


def add(path: Path, home: Path) -> Kept:
    """Put a file that was trained elsewhere into the store. Raises UserError for anything else."""
    try:
        content = expanded(path).read_bytes()
    except OSError as error:
        raise UserError(Problem(f"{path} can't be read: {error.strerror}", ("FILE",))) from None
    return add_content(content, path, home)


def add_content(content: bytes, path: Path, home: Path) -> Kept:
    """As `add`, of bytes that came from `path`."""
    facts = facts_in(content, path)
    digest = hashlib.sha256(content).hexdigest()
    own.check(digest, content, path)
    return _kept(store.keep_content(home, content, own.SUFFIX), facts)


def _kept(path: Path, facts: OwnFacts) -> Kept:
    return Kept(f"{own.OWN}-{path.stem[:8]}", path, facts)


def _classes(reference: Reference) -> tuple[str, ...]:
    """The names of the data's classes. Raises UserError, before an image is read, for a folder without two of them."""
    if reference.data != FOLDER or reference.folder is None:
        return DATASETS[reference.data].classes
    listing = listing_of(expanded(reference.folder).absolute())
    check_classes(
        str(reference.folder), listing.classes, [listing.labels.count(k) for k in range(len(listing.classes))]
    )
    return listing.classes
