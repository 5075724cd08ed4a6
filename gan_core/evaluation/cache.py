"""What was computed of real images, kept in `home`/reals: restored from files that are verified.

A file is named by a hash over all that its content depends on, holds no pickle, carries the checksum of its tensors and
appears under its name at once. A damaged one is computed again. Of processes that need the same thing at the same time
one computes it, and the others wait. Who may read the files and not write there computes what is missing, and keeps
nothing.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import safetensors.torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from gan_core.machine.files import locked, replacing
from gan_core.machine.permission import is_refused

Tensors = Mapping[str, Tensor]
FOLDERS = ("reals", "moments")  # the second one: of earlier versions, listed and cleared only
SUFFIX = ".safetensors"


@dataclass(frozen=True)
class CacheEntry:
    """One file: what it holds and depends on (empty where it can't be read), its size, whether it is sound."""

    path: Path
    key: Mapping[str, str]
    size: int  # bytes
    sound: bool


def restore_or_make(
    home: Path, title: str, key: Mapping[str, str], make: Callable[[], Tensors], mapped: bool = False
) -> Tensors:
    """The tensors of this key, on the CPU; `make()` gives them the first time. `mapped`: they stay in their file."""
    text = json.dumps(dict(key), sort_keys=True)
    path = home / FOLDERS[0] / f"{title}-{hashlib.sha256(text.encode()).hexdigest()[:16]}{SUFFIX}"
    kept = _read(path, text)
    if kept is None:
        with _lock(path):
            kept = _read(path, text)  # by the process that we waited for
            if kept is None:
                made = {name: tensor.cpu().contiguous() for name, tensor in make().items()}
                if not _keep(path, text, made):
                    return made
                kept = _read(path, text)
    if kept is None:
        raise OSError(f"{path} was written and cannot be read back")
    return kept if mapped else {name: tensor.clone() for name, tensor in kept.items()}


def entries(home: Path) -> Iterator[CacheEntry]:
    """Every file of the cache, checked."""
    for path in sorted(path for folder in FOLDERS for path in (home / folder).glob(f"*{SUFFIX}")):
        key: Mapping[str, str] = {}
        sound = False
        try:
            with safe_open(path, framework="pt") as file:
                text = (file.metadata() or {}).get("key", "{}")
            key = json.loads(text)
            sound = _read(path, text) is not None
        except (OSError, SafetensorError, ValueError):
            pass
        yield CacheEntry(path, key, path.stat().st_size, sound)


def clear(home: Path) -> tuple[int, int]:
    """Remove every file of the cache; how many there were, and their bytes. What needs them computes them again."""
    paths = [path for folder in FOLDERS for path in (home / folder).glob(f"*{SUFFIX}")]
    size = sum(path.stat().st_size for path in paths)
    for path in paths:
        path.unlink(missing_ok=True)
    return len(paths), size


def _read(path: Path, key: str) -> Tensors | None:
    """None where the file is missing, damaged, or of another key."""
    try:
        with safe_open(path, framework="pt") as file:
            note = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError):
        return None
    form = _form(tensors)
    whole = note.get("form", form) == form and note.get("sha256") == _checksum(tensors)  # older files have no form
    return tensors if whole and note.get("key") == key else None


def _keep(path: Path, key: str, tensors: Tensors) -> bool:
    """Write the file. False where this user may not: who shares another user's cache can use it without that."""
    try:
        _write(path, key, tensors)
    except OSError as error:
        if not is_refused(error):
            raise
        return False
    return True


def _write(path: Path, key: str, tensors: Tensors) -> None:
    metadata = {"key": key, "sha256": _checksum(tensors), "form": _form(tensors)}
    with replacing(path, shared=True) as temporary:
        safetensors.torch.save_file(dict(tensors), temporary, metadata=metadata)


def _form(tensors: Tensors) -> str:
    """What the checksum doesn't cover: names, types and shapes, which stand in the file's header."""
    return "; ".join(f"{name} {tensor.dtype} {tuple(tensor.shape)}" for name, tensor in sorted(tensors.items()))


def _checksum(tensors: Tensors) -> str:
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(tensors[name].contiguous().numpy().data)
    return digest.hexdigest()


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Held while the file is made; there is none where this user may not make it, and will not write the file."""
    lock = path.parent / ".locks" / path.stem
    with ExitStack() as stack:
        try:
            lock.parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(locked(lock, on_wait=lambda: None))
        except OSError as error:
            if not is_refused(error):
                raise
        yield
