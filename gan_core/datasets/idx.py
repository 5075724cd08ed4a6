"""The idx file format of the MNIST family, plain or gzipped, checked against a known sha256."""

import gzip
import hashlib
import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gan_core.problems import Problem, UserError

LARGEST = 1 << 27  # bytes of content; the training images of MNIST and Fashion-MNIST have 47 MB


def locate(folder: Path, name: str) -> Path | None:
    """The file `name`, plain or as `name`.gz, in `folder`; None when neither is there."""
    candidates = (folder / name, folder / f"{name}.gz")
    return next((path for path in candidates if path.is_file()), None)


def read_verified(path: Path, sha256: str) -> bytes:
    """The uncompressed content, which must have this sha256. Raises UserError that names the file otherwise.

    The checksum is of the content: packers gzip the same bytes with different headers.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else open(path, "rb") as file:
            content = file.read(LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(Problem(f"{path} cannot be read ({error}); remove it and fetch the data again")) from error
    if len(content) > LARGEST:
        raise UserError(Problem(f"{path} holds more than any published file; remove it and fetch the data again"))
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        message = f"{path} has the wrong checksum: sha256 of its content is {found}, expected {sha256}"
        raise UserError(Problem(f"{message}; remove it and fetch the data again"))
    return content


def parse(content: bytes) -> NDArray[np.uint8]:
    """The array of unsigned bytes in an idx file's content, of the shape that its header says."""
    zero, kind, dimensions = struct.unpack(">HBB", content[:4])
    if zero != 0 or kind != 0x08:
        raise ValueError(f"not an idx file of unsigned bytes: starts with {content[:4].hex()}")
    start = 4 + 4 * dimensions
    shape = struct.unpack(f">{dimensions}I", content[4:start])
    return np.frombuffer(content, dtype=np.uint8, offset=start).reshape(shape)
