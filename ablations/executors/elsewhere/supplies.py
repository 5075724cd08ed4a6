"""What a trial needs besides its own files: images and weights of extractors, sent along by whoever has them.

They travel through the exchange by their digests, `data/DIGEST` and `weights/SHA256`, and are fetched once a node. What
the parent does not have a node finds, downloads or draws as any machine does, and the digest is compared.
"""

import shutil
import socket
from collections.abc import Hashable, Iterable, Iterator, Mapping
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
    is_whole,
    manifest_of,
    receive,
    send,
    wait,
)
from ablations.executors.elsewhere.patiently import patiently
from gan_core import datasets
from gan_core.config import resolve
from gan_core.config.compatibility import extractors_of
from gan_core.datasets import ImageSet, prepared
from gan_core.datasets.by_digest import place_of
from gan_core.datasets.prepared_record import PreparedRecord, read_record, record_in
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


def offer(
    configs: Iterable[Config],
    digests: Mapping[tuple[Hashable, ...], str],
    home: Path,
    exchange: Exchange,
    tell: OnProgress,
) -> None:
    """Put into the exchange what `home` has of the images and weights for these runs; what is there is left.

    `digests`: of the images, by `training_data.key`, as far as they are known. Raises ExchangeError, and UserError
    where the exchange holds the same images under other names of classes. Whatever `tell` raises ends it: what was
    sent by then is of no use to anybody, and is sent again.
    """
    sent: set[str] = set()
    for config in configs:
        digest = digests.get(training_data.key(config))
        if digest is not None and digest not in sent:
            sent.add(digest)
            _offer_images(config, digest, home, exchange, tell)
        for name in extractors_of(config):
            if name not in sent:
                sent.add(name)
                _offer_weights(name, home, exchange, tell)


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


def _offer_images(config: Config, digest: str, home: Path, exchange: Exchange, tell: OnProgress) -> None:
    images = datasets.find_prepared(home, config.data, "train", digest, skip_broken=config.skip_broken)
    if images is None:
        return
    folder, place = place_of(images), f"{DATA}/{digest}"
    there = patiently(partial(manifest_of, exchange, place))
    if there is not None and is_whole(exchange, place, there):
        theirs = _record_in(there)
        if theirs is None or _facts(theirs) == _facts(read_record(folder)):
            return
        message = (
            f"{place} has the images of {config.data_dir or config.data}, and other names of classes: "
            f"{', '.join(theirs.classes)} there, {', '.join(images.classes)} here"
        )
        raise UserError(Problem(message, ("--files",), "a place for the files of this study alone"))
    files = {name: folder / name for name in sorted(ARRAYS)}
    send(exchange, place, files, (folder / prepared.RECORD).read_text(encoding="utf-8"), tell)


def _offer_weights(name: str, home: Path, exchange: Exchange, tell: OnProgress) -> None:
    path = _kept(name, home)
    if path is None:
        return
    place = f"{WEIGHTS}/{path.stem}"
    there = patiently(partial(manifest_of, exchange, place))
    if there is None or not is_whole(exchange, place, there):
        send(exchange, place, {path.name: path}, "", tell)


def _kept(name: str, home: Path) -> Path | None:
    """The file of an extractor in the store of `home`; None where there is none, or the package has it."""
    if name == extractors.NONE or (extractor := extractors.find(name)).weights is not None:
        return None
    return store.locate(home, extractor.sha256, extractor.suffix)


def _supply_images(
    config: Config, digest: str | None, home: Path, exchange: Exchange, stop: Stop, tell: OnProgress
) -> ImageSet:
    def is_here() -> bool:
        found = None if digest is None else _found(config, digest, home)
        return found is not None

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


def _found(config: Config, digest: str, home: Path) -> ImageSet | None:
    return datasets.find_prepared(home, config.data, "train", digest, skip_broken=config.skip_broken)


def _fetch_images(config: Config, digest: str, home: Path, exchange: Exchange, stop: Stop, tell: OnProgress) -> None:
    """Fetch them, if the exchange has them. Raises DamagedError where it has something else."""
    place = f"{DATA}/{digest}"
    manifest = patiently(partial(manifest_of, exchange, place), partial(wait, stop=stop))
    if manifest is None:
        return
    record = _record_in(manifest)
    if record is None or record.digest != digest or set(manifest.files) != ARRAYS:
        raise DamagedError(f"{place} is not about these images")
    with _draft(home / "prepared", digest) as draft:
        receive(exchange, place, manifest, draft, stop, tell)
        (draft / prepared.RECORD).write_text(manifest.facts, encoding="utf-8")
        if prepared.open_set(draft, config.data, "train") is None:
            raise DamagedError(f"{place} does not hold the images of this digest")
        identity = f"digest {digest} {_facts(record)}"
        prepared.put(draft, prepared.folder_of(home, config.data, "train", identity, record.transform))


def _supply_weights(name: str, home: Path, exchange: Exchange, stop: Stop, tell: OnProgress) -> None:
    if name == extractors.NONE or (extractor := extractors.find(name)).weights is not None or _kept(name, home):
        return
    damage = ""
    with _once_a_node(home / "weights", extractor.sha256[:16], stop):
        if _kept(name, home):
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


def _record_in(manifest: Manifest) -> PreparedRecord | None:
    """The record of a prepared set that a manifest has; None for a damaged one."""
    try:
        return record_in(manifest.facts)
    except ValueError:
        return None


def _facts(record: PreparedRecord) -> tuple[tuple[str, ...], int]:
    """What the digest does not stand for."""
    return record.classes, len(record.broken)
