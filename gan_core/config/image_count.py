"""How many images a run is trained on, and how many times its budget shows each: known before any image is read."""

import os
from pathlib import Path

from gan_core.datasets import DATASETS
from gan_core.datasets.folder_listing import listing_of
from gan_core.game.updates import images_per_step
from gan_core.problems import UserError
from gan_core.schema.configuration import Config


def available_images(config: Config) -> int | None:
    """How many images the training split has; None of a folder that can't be read, which is told elsewhere."""
    published = DATASETS[config.data].splits["train"]
    if published is not None or config.data_dir is None:
        return published
    try:
        return len(listing_of(Path(os.path.expanduser(config.data_dir)).absolute()).names)
    except UserError:
        return None


def images_an_epoch(config: Config) -> int | None:
    """How many images an epoch shows: those that are trained on, twice as many with `mirror`."""
    available = available_images(config)
    if available is None:
        return None
    used = available if config.max_images is None else min(available, config.max_images)
    return 2 * used if config.mirror else used


def epochs_of(config: Config) -> float | None:
    """How many times the budget goes through these images. A batch that a step uses again is drawn once."""
    images = images_an_epoch(config)
    if not images:
        return None
    drawn = config.batch_size if config.reuse_batch_and_latents else images_per_step(config)
    return config.budget_kimg * 1000 * drawn / images_per_step(config) / images
