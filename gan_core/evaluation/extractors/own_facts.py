"""What is known of an extractor that a user has trained; it is in the metadata of its file, for whoever holds that."""

import json
import struct
from pathlib import Path

from pydantic import Field, ValidationError

from gan_core.problems import Problem, UserError
from gan_core.records import Printable, Record
from gan_core.schema.sizes import ImageSize

KEY = "gan_core.extractor"  # in the metadata of the safetensors file
SCHEMA_VERSION = 1
LARGEST_HEADER = 1 << 24  # bytes
WHERE = ("extractor",)


class Spoilt(Record):
    """The FID of held-out pictures that were spoilt in one way."""

    chain: Printable  # 'noise', 'blur', 'classes'; each begins with the pictures as they are
    how: Printable
    fid: float


class OwnFacts(Record):
    """How a classifier was trained, on what, and what was measured of it on pictures that it was not trained on."""

    schema_version: int = SCHEMA_VERSION
    channels: int = Field(ge=1, le=3)
    classes: tuple[Printable, ...] = Field(min_length=2)
    data: Printable  # name of the data set and its split
    data_digest: Printable  # of all the images and labels at this size
    image_size: ImageSize  # px, at which the images were loaded
    transform: Printable
    n_train: int
    n_held_out: int
    epochs: int
    seed: int
    threads: int
    accuracy: float = Field(ge=0, le=1, description="share of the held-out pictures that are classified right")
    chance: float = Field(ge=0, le=1, description="share of the most frequent class among them")
    ordering: tuple[Spoilt, ...]
    versions: dict[str, Printable]

    def metadata(self) -> dict[str, str]:
        """The metadata of the file: the same facts give the same text."""
        return {KEY: json.dumps(self.model_dump(mode="json"), sort_keys=True)}


def facts_in(content: bytes, path: Path) -> OwnFacts:
    """The facts in a file's bytes. Raises UserError where there are none, or another version wrote them.

    A safetensors file begins with the length of its header, 8 bytes, little endian, and the header in JSON.
    """
    try:
        (length,) = struct.unpack("<Q", content[:8])
        if length > LARGEST_HEADER:
            raise ValueError("a header of that length")
        text = json.loads(content[8 : 8 + length])["__metadata__"][KEY]
        version = json.loads(text)["schema_version"]
    except (struct.error, ValueError, KeyError, TypeError, RecursionError):
        raise UserError(Problem(f"{path} holds no extractor that `extractor train` made", WHERE)) from None
    if version != SCHEMA_VERSION:
        message = f"{path} has schema version {version!r}, this program knows {SCHEMA_VERSION}"
        raise UserError(Problem(message, WHERE))
    try:
        return OwnFacts.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise UserError(Problem(f"{path} has damaged metadata: {where}: {first['msg']}", WHERE)) from None
