"""What a trial needs besides its own files, on its node: images and weights of extractors, fetched once a node.

They travel through the exchange by their digests, `data/DIGEST` and `weights/SHA256` (`offer.py`). What the parent does
not have a node finds, downloads or draws as any machine does, and the digest is compared.
"""

import shutil
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from ablations.executors.elsewhere.agreement import agree, agreed
from ablations.executors.elsewhere.exchange import Exchange
from ablations.executors.elsewhere.parcel import (
    DamagedError,
    Manifest,
    Stop,
    StoppedError,
    manifest_of,
    receive,
    wait,
)
from ablations.executors.elsewhere.patiently import patiently
from gan_core import datasets
from gan_core.config import resolve
from gan_core.config.compatibility import extractors_of
from gan_core.datasets import ImageSet, prepared
from gan_core.datasets.prepared_record import PreparedRecord, record_in
from gan_core.datasets.record import OnProgress
from gan_core.evaluation import extractors
from gan_core.evaluation.extractors import Extractor, store
from gan_core.evaluation.extractors.supply import supply
from gan_core.machine.files import LockedError, locked
from gan_core.machine.home import given_weights
from gan_core.machine.trouble import FULL
from gan_core.plugins.load import load_sources
from gan_core.problems import Problem, UserError
from gan_core.schema.configuration import Config
from gan_core.training import training_data
from gan_core.workers.job import Job

DATA, WEIGHTS = SENT = "data", "weights"  # of an exchange
ARRAYS = {prepared.IMAGES, prepared.LABELS}
LOOK_S = 0.5  # between two looks at a lock
J = TypeVar("J", bound=Job)


def supply_node(job: J, exchange: Exchange, stop: Stop = lambda: False) -> J | None:
    """Have under `job.home` all that this job needs; returns the job with the digest of its images.

    Processes of one node wait for each other, and fetch once. None where `stop()` came first; it is asked again and
    again meanwhile, so that a long fetch does not look like a hang. Raises UserError where something can't be had or
    kept, or where the images are not those of the study's other trials.
    """
    load_sources(job.plugins)
    config = resolve(job.settings, named=())

    def tell(what: str, done: int, total: int) -> None:
        if stop():
            raise StoppedError

    try:
        with _in_words(job.home):
            for name in dict.fromkeys(extractors_of(config)):
                _supply_weights(name, job.home, exchange, stop, tell)
            digest = job.data_digest or patiently(partial(agreed, exchange, config), partial(wait, stop=stop))
            images = _supply_images(config, digest, job.home, exchange, stop, tell)
            if job.data_digest is None:
                agree(exchange, config, images.digest, job.name)
    except StoppedError:
        return None
    return replace(job, data_digest=images.digest)


def kept_weights(name: str, home: Path) -> Path | None:
    """The file of an extractor in the store of `home`; None where there is none, or the package has it."""
    if name == extractors.NONE or (extractor := extractors.find(name)).weights is not None:
        return None
    return store.locate(home, extractor.sha256, extractor.suffix)


def _supply_images(
    config: Config, digest: str | None, home: Path, exchange: Exchange, stop: Stop, tell: OnProgress
) -> ImageSet:
    def is_here() -> bool:
        return digest is not None and found_here(config, digest, home) is not None

    if is_here():
        return training_data.load(config, home, digest=digest)
    damage = ""
    with _once_a_node(home / "prepared", f"{config.data}-{digest or 'unknown'}", stop):
        if digest is not None and not is_here():
            try:
                _fetch_images(config, digest, home, exchange, stop, tell)
            except DamagedError as error:
                damage = str(error)
        try:
            return training_data.load(config, home, tell, digest)
        except UserError as error:
            message = f"no prepared images were sent to this node ({socket.gethostname()})"
            if damage:
                message = f"what was sent of these images is damaged: {damage}; remove {DATA}/{digest}, and run again"
            raise UserError(*error.problems, Problem(message, source=exchange.uri)) from error


def found_here(config: Config, digest: str, home: Path) -> ImageSet | None:
    """The images of this run with this digest, if they are prepared under `home`."""
    return datasets.find_prepared(home, config.data, "train", digest, skip_broken=config.skip_broken)


def _fetch_images(config: Config, digest: str, home: Path, exchange: Exchange, stop: Stop, tell: OnProgress) -> None:
    """Fetch them, if the exchange has them. Raises DamagedError where it has something else."""
    place = f"{DATA}/{digest}"
    manifest = patiently(partial(manifest_of, exchange, place), partial(wait, stop=stop))
    if manifest is None:
        return
    record = record_of(manifest)
    if record is None or record.digest != digest or set(manifest.files) != ARRAYS:
        raise DamagedError(f"{place} is not about these images")
    with _draft(home / "prepared", digest) as draft:
        receive(exchange, place, manifest, draft, stop, tell)
        (draft / prepared.RECORD).write_text(manifest.facts, encoding="utf-8")
        if prepared.open_set(draft, config.data, "train") is None:
            raise DamagedError(f"{place} does not hold the images of this digest")
        identity = f"digest {digest} {facts_of(record)}"
        prepared.put(draft, prepared.folder_of(home, config.data, "train", identity, record.transform))


def _supply_weights(name: str, home: Path, exchange: Exchange, stop: Stop, tell: OnProgress) -> None:
    if name == extractors.NONE or (extractor := extractors.find(name)).weights is not None or kept_weights(name, home):
        return
    damage = ""
    with _once_a_node(home / "weights", extractor.sha256[:16], stop):
        if kept_weights(name, home):
            return
        try:
            _fetch_weights(extractor, home, exchange, stop, tell)
        except DamagedError as error:
            damage = str(error)
        try:
            supply([name], home, given_weights(), tell)
        except UserError as error:
            if not damage:
                raise
            message = f"what was sent of the weights of {name} is damaged: {damage}; remove it, and run again"
            raise UserError(Problem(message, source=exchange.uri), *error.problems) from error


def _fetch_weights(extractor: Extractor, home: Path, exchange: Exchange, stop: Stop, tell: OnProgress) -> None:
    """Fetch them, if the exchange has them. Raises DamagedError where it has something else."""
    asking = partial(wait, stop=stop)
    known = [sha for sha in patiently(partial(exchange.names, WEIGHTS), asking) if sha.startswith(extractor.sha256)]
    for sha256 in known[:1] if len(known) == 1 else ():
        place, name = f"{WEIGHTS}/{sha256}", f"{sha256}{extractor.suffix}"
        manifest = patiently(partial(manifest_of, exchange, place), asking)
        if manifest is None:
            return
        if set(manifest.files) != {name}:
            raise DamagedError(f"{place} is not about these weights")
        with _draft(home / "weights", sha256) as draft:
            receive(exchange, place, manifest, draft, stop, tell)
            if store.sha256_of(draft / name) != sha256:
                raise DamagedError(f"{place} does not hold the file of this sha256")
            store.keep(home, draft / name, extractor.suffix)


@contextmanager
def _draft(below: Path, digest: str) -> Iterator[Path]:
    """A folder to fetch into, this machine's own where several share a home folder; whoever holds the lock has it.

    It stays where the fetch is interrupted, so that the next one goes on with its parts, and goes where it was in vain.
    """
    folder = below / f".fetched-{digest}-{socket.gethostname()}"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield folder
    except DamagedError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    except OSError as error:
        if error.errno in FULL:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _once_a_node(folder: Path, name: str, stop: Stop) -> Iterator[None]:
    """Be the only process here that gets this. Raises StoppedError where `stop()` comes first."""
    lock = folder / ".locks" / f"fetch-{name}"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        while True:
            try:
                stack.enter_context(locked(lock, within_machine=True))  # each machine has drafts of its own
                break
            except LockedError:
                wait(LOOK_S, stop)
        yield


@contextmanager
def _in_words(home: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        message = f"images and weights can't be kept: {error.filename or home}: {error.strerror or error}"
        allowed = f"room and rights to write in {home}; $GAN_ABLATIONS_HOME names another folder"
        raise UserError(Problem(message, allowed=allowed)) from error


def record_of(manifest: Manifest) -> PreparedRecord | None:
    """The record of a prepared set that a manifest has; None for a damaged one."""
    try:
        return record_in(manifest.facts)
    except ValueError:
        return None


def facts_of(record: PreparedRecord) -> tuple[tuple[str, ...], int]:
    """What the digest does not stand for."""
    return record.classes, len(record.broken)
