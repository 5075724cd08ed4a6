"""Weights for the extractors that a run asks for, put into the store before anything is computed."""

from collections.abc import Iterable
from pathlib import Path

from gan_core.evaluation import extractors
from gan_core.evaluation.extractors import store
from gan_core.evaluation.extractors.record import Extractor
from gan_core.evaluation.extractors.store import OnProgress
from gan_core.problems import Problem, UserError


def supply(names: Iterable[str], home: Path, given: Path | None, on_progress: OnProgress) -> None:
    """Have the weights of all these extractors in `home`: from there, from the `given` file, or downloaded.

    Raises UserError where they can't be had, or where the given file is none of those that are asked for. Extractors
    whose weights ship with the package, and `none`, need nothing.
    """
    for extractor in supply_given(names, home, given):
        _fetch(extractor, home, on_progress)


def supply_given(names: Iterable[str], home: Path, given: Path | None) -> list[Extractor]:
    """The same without a download: returns the extractors whose weights are still missing."""
    found = [extractors.find(name) for name in dict.fromkeys(names) if name != extractors.NONE]
    wanted = [extractor for extractor in found if extractor.weights is None]
    if given is not None and (of_inception := [extractor for extractor in wanted if extractor.complete is None]):
        _keep(given, of_inception, home)
    return [extractor for extractor in wanted if store.locate(home, extractor.sha256, extractor.suffix) is None]


def lacking(names: Iterable[str], home: Path) -> list[str]:
    """Those of these extractors whose weights neither ship with the package nor lie in `home`."""
    found = [extractors.find(name) for name in dict.fromkeys(names) if name != extractors.NONE]
    wanted = [extractor for extractor in found if extractor.weights is None]
    return [e.name for e in wanted if store.locate(home, e.sha256, e.suffix) is None]


def _keep(given: Path, wanted: list[Extractor], home: Path) -> None:
    sha256 = store.sha256_of(given)
    if not any(sha256.startswith(extractor.sha256) for extractor in wanted):
        first = wanted[0]
        message = f"{given} ({given.stat().st_size:,} bytes) has sha256 {sha256}, {first.name} means {first.sha256}"
        allowed = f"that file; or `extractor: {first.name}-{sha256[:8]}`, if you mean these weights all the same"
        raise UserError(Problem(message, ("inception_weights",), allowed=allowed))
    store.keep(home, given)


def _fetch(extractor: Extractor, home: Path, on_progress: OnProgress) -> None:
    if extractor.download is None:
        extractor.located(home)  # says what is missing
        return
    try:
        store.fetch(home, extractor.download, extractor.sha256, on_progress)
    except OSError as error:
        message = f"the weights of {extractor.name} could not be downloaded: {error}; to supply them by hand, "
        raise UserError(Problem(message + extractor.by_hand, ("extractor",))) from error
