"""What a configuration costs on this machine, from a short measurement on random images. Nothing is kept."""

import time
from dataclasses import dataclass

import numpy as np
import torch

from gan_core.config.compatibility import extractors_of
from gan_core.datasets import DATASETS
from gan_core.datasets.labels import Classes, Labelling
from gan_core.evaluation import extractors
from gan_core.evaluation.features import extract
from gan_core.nets import ARCHITECTURES
from gan_core.schema.configuration import Config
from gan_core.training.build import State, build
from gan_core.training.captured import learner
from gan_core.training.sampling import BATCH, fixed_latents, sampled
from gan_core.training.step import train_step

WARM_UP_STEPS = 2
IMAGES = 1000
CLASSES = 10  # taken for a folder of images, which is not looked into here
KINDS = (3, 1)  # channels


@dataclass(frozen=True)
class Cost:
    """Seconds that a configuration takes on one device of this machine."""

    per_step: float
    per_kfake: float  # sampling and scoring 1,000 images at the end
    per_progress_kfake: float  # and on the way
    per_showing: float  # making a shadow of G ready to be scored and sampled; 0 without one


def measure(config: Config, device: str, seconds: float) -> Cost:
    """Time sampling and scoring, then steps for about `seconds`; in this order, since steps may make G diverge."""
    channels = _channels(config)
    images = np.random.default_rng(0).integers(0, 256, (IMAGES, channels, *config.shape), dtype=np.uint8)
    state = build(config, images, torch.device(device), _labelling(config) if config.conditional else None)

    per_kfake = _per_kfake(state, config.extractor)
    on_the_way = config.progress_extractor
    per_progress_kfake = per_kfake if on_the_way is None else _per_kfake(state, on_the_way)
    learn = learner(state)
    for _ in range(WARM_UP_STEPS):
        train_step(state, learn)
    state.meter.take()
    per_showing = _per_showing(state)
    began = time.perf_counter()
    while time.perf_counter() - began < seconds:
        train_step(state, learn)
    state.meter.take()  # waits for the device
    per_step = (time.perf_counter() - began) / (state.clock.step - WARM_UP_STEPS)
    return Cost(per_step, per_kfake, per_progress_kfake, per_showing)


def _channels(config: Config) -> int:
    """Those of the data; of a folder, what its networks are made for and its scores can see, colour if both."""
    made_for = DATASETS[config.data].channels or ARCHITECTURES[config.architecture].channels
    seen = (n for n in KINDS if all(extractors.find(name).sees(n) for name in extractors_of(config)))
    return made_for or next(seen, KINDS[0])


def _labelling(config: Config) -> Labelling:
    """Labels for the random images. How many classes a folder has is not looked up here either."""
    names = DATASETS[config.data].classes or tuple(map(str, range(CLASSES)))
    labels = np.arange(IMAGES) % len(names)
    return Labelling(labels, Classes(names, tuple(map(int, np.bincount(labels, minlength=len(names))))))


def _per_showing(state: State) -> float:
    if not state.shadows:
        return 0.0
    began = time.perf_counter()
    next(state.shown_g.parameters()).sum().item()  # waits for the device
    return time.perf_counter() - began


def _per_kfake(state: State, name: str) -> float:
    if name == extractors.NONE:
        return 0.0
    extractor = extractors.find(name)
    network = extractor.untrained(state.device)
    latents = fixed_latents(state.config, "timing", 2 * BATCH if extractor.batch == BATCH else extractor.batch)
    labels = torch.zeros(len(latents), dtype=torch.int64) if state.config.conditional else None
    if state.device.type != "cpu":  # loading a GPU's kernels takes a second, once a process
        for fakes in sampled(state.shown_g, latents[: extractor.batch], state.device, labels):
            extract(network, fakes[: extractor.batch])[0].sum().item()
    began = time.perf_counter()
    for fakes in sampled(state.shown_g, latents, state.device, labels):
        for part in torch.split(fakes, extractor.batch):
            extract(network, part)[0].sum().item()
    return (time.perf_counter() - began) / len(latents) * 1000
