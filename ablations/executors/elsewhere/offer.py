"""What the parent has of the images and weights that trials need, put into the exchange once, by its digest."""

from collections.abc import Hashable, Iterable, Mapping
from functools import partial
from pathlib import Path

from ablations.executors.elsewhere.exchange import Exchange
from ablations.executors.elsewhere.parcel import is_whole, manifest_of, send
from ablations.executors.elsewhere.patiently import patiently
from ablations.executors.elsewhere.supplies import ARRAYS, DATA, WEIGHTS, facts_of, found_here, kept_weights, record_of
from gan_core.config.compatibility import extractors_of
from gan_core.datasets import prepared
from gan_core.datasets.by_digest import place_of
from gan_core.datasets.prepared_record import read_record
from gan_core.datasets.record import OnProgress
from gan_core.problems import Problem, UserError
from gan_core.schema.configuration import Config
from gan_core.training import training_data


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


def _offer_images(config: Config, digest: str, home: Path, exchange: Exchange, tell: OnProgress) -> None:
    images = found_here(config, digest, home)
    if images is None:
        return
    folder, place = place_of(images), f"{DATA}/{digest}"
    there = patiently(partial(manifest_of, exchange, place))
    if there is not None and is_whole(exchange, place, there):
        theirs = record_of(there)
        if theirs is None or facts_of(theirs) == facts_of(read_record(folder)):
            return
        message = (
            f"{place} has the images of {config.data_dir or config.data}, and other names of classes: "
            f"{', '.join(theirs.classes)} there, {', '.join(images.classes)} here"
        )
        raise UserError(Problem(message, ("--files",), "a place for the files of this study alone"))
    files = {name: folder / name for name in sorted(ARRAYS)}
    send(exchange, place, files, (folder / prepared.RECORD).read_text(encoding="utf-8"), tell)


def _offer_weights(name: str, home: Path, exchange: Exchange, tell: OnProgress) -> None:
    path = kept_weights(name, home)
    if path is None:
        return
    place = f"{WEIGHTS}/{path.stem}"
    there = patiently(partial(manifest_of, exchange, place))
    if there is None or not is_whole(exchange, place, there):
        send(exchange, place, {path.name: path}, "", tell)
