"""Large files in the exchange: in parts with checksums, so that each can be tried again and none fills the memory.

`PLACE/manifest.json` comes last: whoever finds it finds everything. The parts of a file are `PLACE/NAME.0`, `.1`, ...
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from pydantic import Field, ValidationError

from ablations.executors.elsewhere.exchange import Exchange
from ablations.executors.elsewhere.patiently import patiently
from gan_core.datasets.record import OnProgress
from gan_core.records import Record

MANIFEST = "manifest.json"
PART = 1 << 24  # bytes
WAKE_S = 0.2
Stop = Callable[[], bool]


class StoppedError(Exception):
    """Whoever waits for it has been asked to stop."""


class DamagedError(Exception):
    """The exchange does not hold what it says that it holds."""


class PackedFile(Record):
    """One file: its size in bytes, and the sha256 of each of its parts."""

    size: int = Field(ge=0)
    parts: tuple[str, ...]


class Manifest(Record):
    """What a parcel holds. `facts`: what its sender says of it, in JSON; `part`: bytes a part."""

    schema_version: int = 1
    part: int = Field(ge=1, le=1 << 30)
    facts: str
    files: dict[str, PackedFile]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files.values())


def manifest_of(exchange: Exchange, place: str) -> Manifest | None:
    """The manifest of the parcel at this place; None where there is none, or a damaged one. Raises ExchangeError."""
    path = f"{place}/{MANIFEST}"
    if not exchange.exists(path):
        return None
    try:
        return Manifest.model_validate_json(exchange.get_bytes(path))
    except ValidationError:
        return None


def is_whole(exchange: Exchange, place: str, manifest: Manifest) -> bool:
    """Whether all parts are there, by their names. Raises ExchangeError."""
    parts = {_part(name, number) for name, file in manifest.files.items() for number in range(len(file.parts))}
    return parts <= set(exchange.files(place))


def send(exchange: Exchange, place: str, files: Mapping[str, Path], facts: str, tell: OnProgress) -> None:
    """Put the files into the exchange. Raises ExchangeError, or OSError where one can't be read."""
    total, done = sum(path.stat().st_size for path in files.values()), 0
    packed = {}
    for name, path in files.items():
        sums: list[str] = []
        size = 0
        for content in _parts_of(path, PART):
            exchange.put_bytes(f"{place}/{_part(name, len(sums))}", content)
            sums.append(hashlib.sha256(content).hexdigest())
            size += len(content)
            done += len(content)
            tell("sending", done, total)
        packed[name] = PackedFile(size=size, parts=tuple(sums))
    manifest = Manifest(part=PART, facts=facts, files=packed)
    exchange.put_bytes(f"{place}/{MANIFEST}", manifest.model_dump_json(indent=1).encode())


def receive(exchange: Exchange, place: str, manifest: Manifest, folder: Path, stop: Stop, tell: OnProgress) -> None:
    """Bring the files into `folder`, where parts of them may lie from a try that was killed.

    Raises DamagedError, ExchangeError, OSError where they can't be written, and StoppedError once `stop()` holds.
    """
    done = 0
    for name, packed in manifest.files.items():
        path = folder / name
        path.touch()
        with open(path, "r+b") as file:
            for number, sha256 in enumerate(packed.parts):
                if stop():
                    raise StoppedError
                length = min(manifest.part, packed.size - number * manifest.part)
                file.seek(number * manifest.part)
                if hashlib.sha256(file.read(length)).hexdigest() != sha256:
                    content = _fetched(exchange, f"{place}/{_part(name, number)}", sha256, stop)
                    file.seek(number * manifest.part)
                    file.write(content)
                done += length
                tell("fetching", done, manifest.size)
            file.truncate(packed.size)


def _fetched(exchange: Exchange, path: str, sha256: str, stop: Stop) -> bytes:
    """One part. What is not whole is asked for a second time: it may have been torn on its way."""
    for _ in range(2):
        content = patiently(lambda: exchange.get_bytes(path), partial(wait, stop=stop))
        if hashlib.sha256(content).hexdigest() == sha256:
            return content
    raise DamagedError(f"{path} ({len(content):,} bytes) is not what was sent")


def wait(seconds: float, stop: Stop) -> None:
    """Wait, and ask meanwhile whether to stop, which also shows that this process lives. Raises StoppedError."""
    until = time.monotonic() + seconds
    while not stop():
        if (left := until - time.monotonic()) <= 0:
            return
        time.sleep(min(WAKE_S, left))
    raise StoppedError


def _parts_of(path: Path, length: int) -> Iterator[bytes]:
    with open(path, "rb") as file:
        while content := file.read(length):
            yield content


def _part(name: str, number: int) -> str:
    return f"{name}.{number}"
