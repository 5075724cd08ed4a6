"""Scores of what exists already, under the protocol of its training unless another one is requested.

A run is scored on the latents that training scored it on, so the score of its journal comes out again, bit for bit on
the same machine. Further evaluation seeds use other latents: their spread is the noise of the evaluation alone.
"""

import time
from collections.abc import Iterable
from pathlib import Path

import torch
from torch import Tensor

from gan_core import datasets
from gan_core.config import resolve
from gan_core.datasets import ImageSet
from gan_core.datasets.labels import Classes
from gan_core.datasets.record import OnProgress
from gan_core.evaluation.by_class import rare_problems
from gan_core.evaluation.evaluator import Evaluator, Requested
from gan_core.evaluation.extractors import EXTRACTORS, NONE
from gan_core.evaluation.extractors.supply import supply
from gan_core.evaluation.metrics import DEFAULT
from gan_core.evaluation.protocol import Protocol
from gan_core.evaluation.quantise import NotFiniteError
from gan_core.events import Score
from gan_core.problems import Problem, UserError
from gan_core.schema.configuration import Config
from gan_core.scoring.neighbour_picture import draw_neighbours
from gan_core.scoring.pictures import Pictures, load_pictures
from gan_core.scoring.records import Evaluation, SeedScores
from gan_core.scoring.reference import Reference
from gan_core.scoring.request import Place, ScoreRequest
from gan_core.scoring.subject import SavedRun, kind_of, saved_run
from gan_core.training import training_data
from gan_core.training.run import AS_OFTEN, G_MODE
from gan_core.training.sampling import sampled

DEFAULT_N = 10_000
DEFAULT_SIZE = 32  # px, and the extractor: those of Config
DEFAULT_EXTRACTOR = "fmnistcnn"
BANK, LABELS = "latent.full", "label.full"  # those of training's full protocol: evaluation seed 0
KINDS = {1: "grey", 3: "colour"}


def evaluate(path: Path, request: ScoreRequest, place: Place, tell: OnProgress | None = None) -> Evaluation:
    """Score what lies at the path: a run's folder, a file of weights in one, or a folder of pictures.

    Raises UserError, before any image is scored, for a request that can't be met.
    """
    request.check()
    began = time.perf_counter()
    kind = kind_of(path)
    if kind == "images":
        what, n, notes, scored = _pictures(path, request, place, tell)
    else:
        what, n, notes, scored = _run(path, request, place, tell)
    return Evaluation(
        subject=str(path.absolute()),
        kind=kind,
        what=what,
        n=n,
        notes=notes,
        scored=scored,
        seconds=time.perf_counter() - began,
        time=time.time(),
    )


Found = tuple[str, int, tuple[str, ...], tuple[SeedScores, ...]]  # what, n, notes, scores


def _run(path: Path, request: ScoreRequest, place: Place, tell: OnProgress | None) -> Found:
    """A run's generator, scored on one bank of latents for each evaluation seed."""
    asked = {"size": request.size, "g-mode": request.g_mode}
    if told := [name for name, value in asked.items() if value is not None]:
        raise UserError(*(Problem("is for pictures: a run records it itself", (name,)) for name in told))
    run = saved_run(path, request.of, place.device)
    config = run.generator.config if request.like is None else resolve(request.like, named=())
    reference = _reference(request, config, place, tell)
    own = run.generator.config
    was_trained_on = request.reference is None and training_data.key(config) == training_data.key(own)
    if was_trained_on:
        _check_images(run, reference)
    _check_shape(run, reference)
    part = own.max_images if was_trained_on else None  # the run's, whatever the study's arms are trained on
    classes, requested = _classes(run, reference)
    evaluator = _evaluator(request, config, reference, place, tell, part, requested)
    n, generator = request.n or config.full_samples, run.generator
    if requested is not None:
        metrics = [metric.name for metric in evaluator.metrics]
        if problems := rare_problems(metrics, reference, n, "metrics" if request.n is None else "n"):
            raise UserError(*problems)
    scored = []
    for seed in range(request.seeds):
        bank = "" if seed == 0 else f".{seed}"
        latents, labels = generator.latents(f"{BANK}{bank}", n), generator.labels(f"{LABELS}{bank}", n, classes)
        images = sampled(generator.G, latents, generator.device, labels)
        scored.append(_scores(evaluator, images, n, G_MODE, seed, labels))
    shown = sampled(generator.G, generator.latents(BANK, n), generator.device, generator.labels(LABELS, n, classes))
    return run.what, n, _drawn(evaluator, shown, n, request), tuple(scored)


def _classes(run: SavedRun, reference: ImageSet) -> tuple[Classes | None, Requested | None]:
    """The classes that a conditional run's G is to draw: with the frequencies of the reference where it has the same.

    Else with those of the images that the run was trained on.
    """
    own = run.generator.classes
    if own is None:
        return None, None
    if reference.classes == own.names:
        return Classes.of(reference), Requested(own.names, AS_OFTEN)
    return own, Requested(own.names, "classes at random, as often as in the training images")


def _pictures(path: Path, request: ScoreRequest, place: Place, tell: OnProgress | None) -> Found:
    """A folder of pictures, scored as they are."""
    if request.seeds > 1:
        message = "pictures have no latents to draw again"
        raise UserError(Problem(message, ("seeds",), allowed="1; several evaluation seeds are for a generator"))
    config = None if request.like is None else resolve(request.like, named=())
    reference = _reference(request, config, place, tell)
    pictures = load_pictures(path, reference, request.fit, place.home, tell)
    n, notes = _count(pictures, request, config)
    part = None if config is None or request.reference is not None else config.max_images
    evaluator = _evaluator(request, config, reference, place, tell, part)
    g_mode = request.g_mode or G_MODE
    if request.g_mode is None:
        notes = (*notes, f"their G is taken to have run with {G_MODE}; another mode is another stamp (--g-mode)")
    scored = _scores(evaluator, pictures.drawn(n, 0), n, g_mode, 0)
    if pictures.changes:
        scored = scored.model_copy(update={"scores": tuple(_resized(each, pictures) for each in scored.scores)})
    what = f"{n} of {len(pictures)} pictures of {pictures.native} px"
    notes = (*notes, *_drawn(evaluator, pictures.drawn(n, 0), n, request))
    return what, n, (*pictures.notes, *notes), (scored,)


def _count(pictures: Pictures, request: ScoreRequest, config: Config | None) -> tuple[int, tuple[str, ...]]:
    """How many pictures are scored. Raises UserError where there are fewer than were requested."""
    wanted = request.n or (None if config is None else config.full_samples)
    there = len(pictures)
    if wanted is not None and there < wanted:
        message = f"the folder holds {there} pictures, {wanted} are to be scored"
        raise UserError(Problem(message, ("n",), allowed=f"--n {there}: scores of another name and stamp"))
    if wanted is None and there < DEFAULT_N:
        return there, (f"all {there} pictures: fewer than {DEFAULT_N}, which biases a FID upwards",)
    n = wanted or DEFAULT_N
    return n, (f"{n} of {there}, drawn by a fixed seed",) if n < there else ()


def _reference(request: ScoreRequest, config: Config | None, place: Place, tell: OnProgress | None) -> ImageSet:
    """The real images that were requested, or else the data set that the run was trained on, or on a part of."""
    if request.reference is not None:
        named = Reference.parse(request.reference)
        if config is None:
            return named.load(request.size or DEFAULT_SIZE, "crop", place.home, tell)
        return named.load(config.image_size, config.fit, place.home, tell)
    if config is None:
        message = "what are the pictures to be compared with?"
        allowed = "--reference such as fashion-mnist:test, or --study STUDY for a study's protocol"
        raise UserError(Problem(message, ("reference",), allowed=allowed))
    options = training_data.options(config)
    return datasets.load(config.data, "train", config.image_size, place.home, options=options, on_progress=tell)


def _check_images(run: SavedRun, reference: ImageSet) -> None:
    """Raise UserError where the images that the run was trained on have changed since."""
    if reference.digest != run.data_digest:
        message = f"the images that the run was trained on have changed: {run.data_digest} then, {reference.digest} now"
        allowed = "the same images, or --reference with the images to compare with"
        raise UserError(Problem(message, ("reference",), allowed=allowed))


def _check_shape(run: SavedRun, reference: ImageSet) -> None:
    try:
        latents, labels = run.generator.latents(BANK, 1), run.generator.labels(LABELS, 1)
        found = tuple(run.generator.draw(latents, labels).shape[1:])
    except NotFiniteError:
        return  # no images to be compared: NaN is what it scores
    wanted = tuple(reference.images.shape[1:])
    if found != wanted:
        drawn, real = (f"{KINDS[channels]} {height}x{width}" for channels, height, width in (found, wanted))
        message = f"the run draws {drawn} images, those of {reference.name} are {real}"
        raise UserError(Problem(message, ("reference",), allowed=f"{drawn} images"))


def _evaluator(
    request: ScoreRequest,
    config: Config | None,
    reference: ImageSet,
    place: Place,
    tell: OnProgress | None,
    max_images: int | None,
    requested: Requested | None = None,
) -> Evaluator:
    """`max_images`: how many images of the reference the generator was trained on, None for all."""
    extractor = request.extractor or (DEFAULT_EXTRACTOR if config is None else config.extractor)
    if extractor == NONE:
        message = "the run was trained without scores, and so names no extractor"
        raise UserError(Problem(message, ("extractor",), allowed=", ".join(EXTRACTORS)))
    supply([extractor], place.home, place.inception_weights, tell or _silent)
    metrics = request.metrics or (DEFAULT if config is None else config.metrics)
    return Evaluator(extractor, reference, place.home, torch.device(place.device), metrics, max_images, requested)


def _scores(
    evaluator: Evaluator, images: Iterable[Tensor], n: int, g_mode: str, seed: int, labels: Tensor | None = None
) -> SeedScores:
    scored = evaluator.measure(images, n, g_mode, labels)
    return SeedScores(seed=seed, scores=scored.scores, diversity=scored.diversity)


def _drawn(evaluator: Evaluator, images: Iterable[Tensor], n: int, request: ScoreRequest) -> tuple[str, ...]:
    return () if request.neighbours is None else (draw_neighbours(evaluator, images, n, request.neighbours),)


def _silent(what: str, done: int, total: int) -> None:
    pass


def _resized(score: Score, pictures: Pictures) -> Score:
    """The resize mode of the protocol: everything that was done to the pictures before the extractor saw them."""
    protocol = Protocol.model_validate(score.protocol, strict=False)
    seen = protocol.model_copy(update={"resize": f"pictures of {pictures.changes}; then {protocol.resize}"})
    return score.model_copy(update={"stamp": seen.stamp, "protocol": seen.model_dump(mode="json")})
