"""The data sets by name. A new one is a file with a DataSet record and a line here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from gan_core.datasets.by_digest import find_prepared
from gan_core.datasets.celeba import CELEBA
from gan_core.datasets.cifar10 import CIFAR10
from gan_core.datasets.fashion_mnist import FASHION_MNIST
from gan_core.datasets.folder import FOLDER
from gan_core.datasets.mnist import MNIST
from gan_core.datasets.prepared import NotPreparedError
from gan_core.datasets.record import DataRequest, DataSet, ImageSet, OnProgress, Options, SearchedPlace
from gan_core.datasets.shapes import SHAPES
from gan_core.machine.home import expanded
from gan_core.problems import Problem, UserError, nearest_name
from gan_core.registry import Registry, registry_of
from gan_core.schema.sizes import Size, shape_of, size_of, size_text

__all__ = [
    "DATASETS",
    "DataSet",
    "ImageSet",
    "Options",
    "SearchedPlace",
    "Status",
    "fetch",
    "find",
    "find_prepared",
    "load",
    "load_if_prepared",
    "status",
]
_ordered = (
    FASHION_MNIST,
    MNIST,
    CIFAR10,
    CELEBA,
    FOLDER,
    SHAPES,
)
DATASETS: Registry[DataSet] = registry_of("data set", _ordered)


@dataclass(frozen=True)
class Status:
    """A data set and whether its files are on this machine. `digests`: split -> digest of the published content."""

    data_set: DataSet
    place: SearchedPlace
    digests: Mapping[str, str]


def find(name: str) -> DataSet:
    """The data set of this name. Raises UserError with the known names."""
    if name not in DATASETS:
        known = ", ".join(DATASETS)
        message = f"no data set is called {name!r}"
        raise UserError(Problem(message, ("data",), allowed=known, nearest=nearest_name(name, DATASETS)))
    return DATASETS[name]


def load(
    name: str,
    split: str,
    size: Size,
    home: Path,
    extra: tuple[Path, ...] = (),
    options: Options = Options(),  # noqa: B008  frozen
    on_progress: OnProgress | None = None,
) -> ImageSet:
    """One split at `size` (px; one number, or height and width), from the prepared copy under `home` or made there.

    The first time may download. `extra`: folders in which to look for the files before all others. `on_progress` is
    called with what is being done and with how many images, of how many. Raises UserError on an unknown name or split,
    a size below 1, a damaged file, data that can't be had, or a `home` that can't be written to.
    """
    data_set, size = _checked(name, split, size)
    request = DataRequest(split, size, home, extra, options, on_progress or _uncounted)
    return _prepared(data_set, request)


def load_if_prepared(
    name: str,
    split: str,
    size: Size,
    home: Path,
    options: Options = Options(),  # noqa: B008  frozen
) -> ImageSet | None:
    """As `load`, but None where nothing is prepared under `home`: nothing is downloaded, decoded or drawn.

    None as well for a folder of images that is not on this machine, and for data sets of a user's own code, which
    makes them in ways of its own. Raises UserError as `load` does.
    """
    data_set, size = _checked(name, split, size)
    is_absent = options.folder is not None and not expanded(options.folder).is_dir()
    if is_absent or DATASETS.owner(name):
        return None
    try:
        return _prepared(data_set, DataRequest(split, size, home, (), options, _uncounted, may_make=False))
    except NotPreparedError:
        return None


def _checked(name: str, split: str, size: Size) -> tuple[DataSet, Size]:
    data_set = find(name)
    if split not in data_set.splits:
        raise UserError(Problem(f"{name} has no split {split!r}", ("split",), allowed=", ".join(data_set.splits)))
    if min(shape_of(size)) < 1:
        raise UserError(Problem(f"images of {size_text(size)} px", ("size",), allowed="at least 1"))
    return data_set, size_of(shape_of(size))


def _prepared(data_set: DataSet, request: DataRequest) -> ImageSet:
    try:
        images = data_set.prepare(request)
    except OSError as error:
        raise _unprepared(data_set.name, request.home, error) from error
    return replace(images, classes=images.classes or data_set.classes)


def fetch(
    name: str, home: Path, on_step: Callable[[str], None] | None = None, extra: tuple[Path, ...] = ()
) -> tuple[SearchedPlace, ...]:
    """Bring the verified files onto this machine. Returns every place tried; the last one is where the files are.

    `on_step` is called with what is being done, in words. Raises UserError as `load` does.
    """
    data_set = find(name)
    tried = data_set.obtain(home, extra, on_step or _silent)
    data_set.look(home, extra)  # verifies what was merely found
    return tried


def status(name: str, home: Path, extra: tuple[Path, ...] = ()) -> Status:
    """Whether the files are here, without fetching. Raises UserError on a file with a wrong checksum."""
    data_set = find(name)
    digests = {split: data_set.identity(split) for split in data_set.splits}
    return Status(data_set, data_set.look(home, extra), digests)


def _unprepared(name: str, home: Path, error: OSError) -> UserError:
    """What the user can do about files that can't be read or written."""
    message = f"the images of {name} can't be prepared: {error}"
    return UserError(Problem(message, allowed=f"room and rights to write in {home}; $GAN_ABLATIONS_HOME names another"))


def _silent(step: str) -> None:
    pass


def _uncounted(what: str, done: int, total: int) -> None:
    pass
