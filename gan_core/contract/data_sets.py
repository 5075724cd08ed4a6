"""The contract of a data set: uint8 images [N C H W] of the size that was asked for, the same twice, with a digest."""

from pathlib import Path

import numpy as np

from gan_core.contract.finding import Finding, Stopped, failed, findings_of, judged, not_tried, passed, told
from gan_core.contract.global_random import global_random_state, random_numbers
from gan_core.datasets.record import DataRequest, DataSet, ImageSet, Options
from gan_core.problems import UserError
from gan_core.schema.sizes import Size, shape_of, size_text

SIZES: tuple[Size, ...] = (16, (16, 24))


def check_data_set(data_set: DataSet, home: Path, options: Options = Options()) -> list[Finding]:  # noqa: B008  frozen
    """All checks of a data set; prepared images are kept in `home`. Nothing is downloaded for it."""
    before = global_random_state()
    try:
        with told("files", "looking for its files"):
            place = data_set.look(home, ())
    except Stopped as stopped:
        return [stopped.finding]
    if not place.found:
        return [not_tried("images", f"its files are not on this machine: {place.outcome}")]
    found = findings_of(
        lambda: [_identity(data_set)],
        *(lambda split=split: [_split(data_set, split, home, options)] for split in data_set.splits),
    )
    return [*found, random_numbers(before)]


def _identity(data_set: DataSet) -> Finding:
    with told("identity", "identity(split)"):
        digests = [data_set.identity(split) for split in data_set.splits]
        again = [data_set.identity(split) for split in data_set.splits]
    return judged(
        "identity",
        digests == again and len(set(digests)) == len(digests) and all(digests),
        "each split has one of its own, the same twice",
        f"{', '.join(digests)}, then {', '.join(again)}",
        "a text of at most 16 hex digits that identifies the content: another one for each split, the same each time",
    )


def _split(data_set: DataSet, split: str, home: Path, options: Options) -> Finding:
    for size in SIZES:
        try:
            first, second = (_prepared(data_set, split, size, home, options) for _ in range(2))
        except UserError as error:
            return not_tried("images", f"{split}: {error.problems[0]}")
        if wrong := _wrong(data_set, split, size, first):
            return failed("images", f"{split} at {size_text(size)}: {wrong}", "see DataSet and ImageSet")
        if first.digest != second.digest or not np.array_equal(first.images, second.images):
            text = f"{split} at {size_text(size)}: prepared twice the images differ"
            return failed("images", text, "seed whatever is drawn: a run must find the same images each time")
    return passed("images", f"{split}: {len(first):,} of {first.channels} channel(s), the same twice")


def _prepared(data_set: DataSet, split: str, size: Size, home: Path, options: Options) -> ImageSet:
    request = DataRequest(split, size, home, (), options, lambda what, done, total: None)
    with told("images", f"preparing {split} at {size_text(size)}"):
        return data_set.prepare(request)


def _wrong(data_set: DataSet, split: str, size: Size, images: ImageSet) -> str:
    """What is wrong with a prepared split, '' if nothing is."""
    pixels, labels, count = images.images, images.labels, data_set.splits[split]
    if pixels.dtype != np.uint8 or pixels.ndim != 4:
        return f"images are {pixels.dtype} of shape {list(pixels.shape)}, not uint8 [N C H W]"
    if tuple(pixels.shape[2:]) != tuple(shape_of(size)):
        return f"the images are {size_text((int(pixels.shape[2]), int(pixels.shape[3])))}"
    if len(pixels) == 0 or (count is not None and len(pixels) != count):
        return f"{len(pixels)} images, and the record says {count}"
    if pixels.shape[1] not in (1, 3) or (data_set.channels is not None and pixels.shape[1] != data_set.channels):
        return f"{pixels.shape[1]} channels, and the record says {data_set.channels}"
    if labels.shape != (len(pixels),) or not np.issubdtype(labels.dtype, np.integer):
        return f"labels are {labels.dtype} of shape {list(labels.shape)}, not integers [N]"
    if data_set.classes and not (int(labels.min()) >= 0 and int(labels.max()) < len(data_set.classes)):
        return f"labels from {labels.min()} to {labels.max()}, and {len(data_set.classes)} classes"
    if not images.digest or not images.transform:
        return "no digest or no transform in words: both are part of every score's protocol"
    return "" if int(pixels.min()) < int(pixels.max()) else "all pixels are equal"
