"""Any folder of images: RGB or grey, of any sizes and aspects, with a subfolder a class or without.

There is no test split: all images are for training, and scores have the same images for their reference. Grey where
every file is grey, else RGB.
"""

from dataclasses import replace
from pathlib import Path

from gan_core.datasets import decode, folder_listing, prepared
from gan_core.datasets.decode_files import Decoding, write_decoded
from gan_core.datasets.record import DataRequest, DataSet, ImageSet, OnStep, SearchedPlace
from gan_core.machine.home import expanded
from gan_core.problems import Problem, UserError

NAME = "folder"
NAMED = 50  # of the broken files, in the message
DEEPEST = 65535
DARK = 16383  # files of 16 bits a pixel in which nothing is brighter hold 14 bits or fewer


def identity(split: str) -> str:
    """Known only once the folder is."""
    return "that of the folder's content"


def obtain(home: Path, extra: tuple[Path, ...], on_step: OnStep) -> tuple[SearchedPlace, ...]:
    """Nothing to fetch."""
    return (look(home, extra),)


def look(home: Path, extra: tuple[Path, ...]) -> SearchedPlace:
    """Wherever the settings say."""
    return SearchedPlace("the folder that the setting data_dir names", "nothing to fetch", True)


def prepare(request: DataRequest) -> ImageSet:
    """The folder's images, decoded the first time. Raises UserError on an empty or missing folder, or broken files."""
    if request.options.folder is None:
        raise UserError(Problem("missing", ("data_dir",), allowed="a folder of images"))
    folder = expanded(request.options.folder).absolute()
    listing = folder_listing.listing_of(folder)
    content = folder_listing.kept_content(folder, listing, request.home)
    if content is None:
        if not request.may_make:
            raise prepared.NotPreparedError(folder)
        content = folder_listing.content_of(folder, listing, request.home, request.on_progress)
    if content.deep and content.brightest <= DARK:
        raise _dark(folder, content)
    rule = f"{decode.rule(request.size, request.options.fit)}, {'grey' if content.channels == 1 else 'RGB'}"
    if content.transparent:
        rule += ", transparent pixels on white"
    target = prepared.folder_of(request.home, NAME, request.split, content.digest, rule)
    how = Decoding(
        lambda name: folder_listing.read_file(folder, name), request.size, request.options.fit, content.channels
    )

    def fill(draft: Path) -> prepared.Notes:
        broken = write_decoded(
            how,
            listing.names,
            listing.labels,
            draft / prepared.IMAGES,
            draft / prepared.LABELS,
            request.on_progress,
        )
        return prepared.Notes(tuple(map(str, broken)), listing.classes)

    images = prepared.open_or_fill(
        target, NAME, request.split, rule, fill, request.on_progress, may_make=request.may_make
    )
    if images.skipped and not request.options.skip_broken:
        raise _broken(folder, prepared.notes_of(target).broken, target / prepared.RECORD)
    if len(images) < 2:
        found = "no image" if len(images) == 0 else "a single image"
        raise UserError(Problem(f"{folder} holds {found}", ("data_dir",), allowed="at least as many as a batch"))
    return replace(images, notes=notes_of(content, len(listing.names)))


def notes_of(content: folder_listing.Content, files: int) -> tuple[str, ...]:
    """What a person should know of how the files of a folder are read."""
    notes = []
    if content.transparent:
        notes.append(f"{content.transparent} of {files} images have transparent pixels: these are laid on white")
    if content.deep:
        notes.append(f"{content.deep} of {files} images have 16 bits a pixel: 65535 is taken for white")
    return tuple(notes)


def _dark(folder: Path, content: folder_listing.Content) -> UserError:
    message = (
        f"{folder} holds {content.deep} image(s) of 16 bits a pixel, and the brightest value in them is "
        f"{content.brightest} of {DEEPEST}: they hold {content.brightest.bit_length()} bits and would come out dark; "
        "nothing says what is white"
    )
    allowed = "images of 8 bits a pixel, or of 16 bits with 65535 for white"
    return UserError(Problem(message, ("data_dir",), allowed))


def _broken(folder: Path, broken: tuple[str, ...], record: Path) -> UserError:
    listed = "".join(f"\n  {text}" for text in broken[:NAMED])
    more = f"\n  and {len(broken) - NAMED} more, all in {record}" if len(broken) > NAMED else ""
    message = f"{folder} holds {len(broken)} file(s) that are no images:{listed}{more}"
    way_on = "images only; `skip_broken: true` (--skip-broken true) leaves these out"
    return UserError(Problem(message, ("data_dir",), allowed=way_on))


FOLDER = DataSet(
    name=NAME,
    description="any folder of images, named by data_dir; grey or RGB, a subfolder a class or none",
    source="yours",
    paper="none",
    channels=None,
    classes=(),
    splits={"train": None},
    identity=identity,
    obtain=obtain,
    look=look,
    prepare=prepare,
)
