"""Floors of a run's scores: what real images outside the reference score, and what uniform noise scores.

They are measured under the run's own protocol, once a machine, and kept in `home`/floors, one file for each set of
conditions.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import torch
from pydantic import TypeAdapter, ValidationError
from torch import Tensor

from gan_core import datasets, streams
from gan_core.datasets import ImageSet
from gan_core.datasets.labels import Classes
from gan_core.evaluation import extractors
from gan_core.evaluation.evaluator import Evaluator
from gan_core.evaluation.extractors import EXTRACTORS
from gan_core.evaluation.features import BATCH, batches_of
from gan_core.evaluation.metrics import METRICS
from gan_core.evaluation.own_code import own_code
from gan_core.evaluation.versions import versions
from gan_core.machine.files import write_text
from gan_core.schema.configuration import Config
from gan_core.schema.sizes import size_text
from gan_core.scoring.records import SCHEMA_VERSION, Floor
from gan_core.scoring.reference import other_split
from gan_core.training import training_data
from gan_core.training.run import G_MODE, requested_of

SEED = 0
_floors: TypeAdapter[tuple[Floor, ...]] = TypeAdapter(tuple[Floor, ...])


def floors_of(config: Config, home: Path, device: str) -> tuple[Floor, ...]:
    """The floors of the full scores of this configuration, computed the first time; none without an extractor.

    Real images are those of another split, so there are none where the data have a single split. Raises UserError where
    the data or the extractor can't be had.
    """
    if config.extractor == extractors.NONE:
        return ()
    reference = training_data.load(config, home)
    key = json.dumps(_key(config, reference, home, torch.device(device)), sort_keys=True)
    path = home / "floors" / f"{config.data}-{hashlib.sha256(key.encode()).hexdigest()[:16]}.json"
    kept = _read(path)
    if kept is None:
        kept = tuple(_measured(config, reference, home, torch.device(device)))
        _write(path, kept)
    return kept


def _key(config: Config, reference: ImageSet, home: Path, device: torch.device) -> dict[str, str]:
    """Everything that floors depend on."""
    extractor = extractors.find(config.extractor).located(home)
    return {
        "schema": str(SCHEMA_VERSION),
        "reference": f"{reference.name} {reference.split} {size_text(reference.size)} {reference.digest}",
        "extractor": f"{extractor.name} {extractor.sha256}",
        "n": str(config.full_samples),
        "metrics": " ".join(config.metrics),
        **({} if config.max_images is None else {"max_images": str(config.max_images)}),
        "device": device.type,
        **versions(extractor.libraries),
        **own_code(*map(METRICS.owner, config.metrics), EXTRACTORS.owner(extractor.name)),
    }


def _measured(config: Config, reference: ImageSet, home: Path, device: torch.device) -> Iterator[Floor]:
    wanted = config.full_samples
    requested = requested_of(config, reference)
    evaluator = Evaluator(config.extractor, reference, home, device, config.metrics, config.max_images, requested)
    of = {metric.name: evaluator.protocol(metric, wanted, G_MODE).stamp for metric in evaluator.metrics}
    split = other_split(reference)
    if split is not None:
        options = training_data.options(config)
        others = datasets.load(config.data, split, config.image_size, home, options=options)
        n = min(wanted, len(others))
        labels = torch.from_numpy(np.array(others.labels))[_order(others, n)] if config.conditional else None
        scores = evaluator.score(_drawn(others, n, device), n, G_MODE, labels)
        fewer = f", fewer than the {wanted} of the runs' scores" if n < wanted else ""
        what = f"{others.name} {split}: {n} of {len(others)} images{fewer}"
        yield Floor(kind="real", name="real images", what=what, n=n, of=of, scores=scores)
    noise = streams.generator(SEED, "floor.labels")
    labels = Classes.of(reference).draw(wanted, noise) if config.conditional else None
    scores = evaluator.score(_noise(reference, wanted, device), wanted, G_MODE, labels)
    what = f"{wanted} images, each pixel uniform in 0 to 255"
    yield Floor(kind="noise", name="uniform noise", what=what, n=wanted, of=of, scores=scores)


def _drawn(images: ImageSet, n: int, device: torch.device) -> Iterator[Tensor]:
    """n of the images, without replacement, uint8 [<=250 C H W]; all in order where n are all."""
    if n == len(images):
        yield from batches_of(images.images, device)
        return
    order = _order(images, n).numpy()
    for start in range(0, n, BATCH):
        yield torch.from_numpy(images.images[order[start : start + BATCH]]).to(device)


def _order(images: ImageSet, n: int) -> Tensor:
    """[n]: the places of the drawn images, in growing order."""
    if n == len(images):
        return torch.arange(n)
    return torch.randperm(len(images), generator=streams.generator(SEED, "floor.real"))[:n].sort().values


def _noise(like: ImageSet, n: int, device: torch.device) -> Iterator[Tensor]:
    """n images of the reference's shape, drawn on the CPU: the same on any device."""
    generator = streams.generator(SEED, "floor.noise")
    for start in range(0, n, BATCH):
        shape = (min(BATCH, n - start), *like.images.shape[1:])
        yield torch.randint(0, 256, shape, generator=generator, dtype=torch.uint8).to(device)


def _read(path: Path) -> tuple[Floor, ...] | None:
    """The floors in the file; None where there is none that can be read, and they are measured again."""
    try:
        return _floors.validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def _write(path: Path, floors: tuple[Floor, ...]) -> None:
    with suppress(OSError):  # somebody else's, or full: they are measured again the next time
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, _floors.dump_json(floors, indent=1).decode(), shared=True)
