"""Moments of the real images' features: computed once per machine, restored from a file that is verified.

A file is named by a hash over all that the moments depend on, holds no pickle, carries the checksum of its tensors, and
appears under its name at once. A damaged one is computed again.
"""

import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from gan_core.datasets.record import ImageSet
from gan_core.evaluation.extractors.record import Extractor
from gan_core.evaluation.features import BATCH, batches_of, extract
from gan_core.evaluation.protocol import versions


@dataclass(frozen=True, eq=False)
class Moments:
    """Sums over the features of n images, as FrechetInceptionDistance keeps them."""

    n: Tensor  # [] int64
    total: Tensor  # [d] float64
    outer: Tensor  # [d d] float64, sum of f f^T

    def to(self, device: torch.device) -> "Moments":
        return Moments(self.n.to(device), self.total.to(device), self.outer.to(device))


def compute(network: nn.Module, reference: ImageSet, device: torch.device) -> Moments:
    """One pass over the reference, in its order, in batches of `features.BATCH`."""
    n, total, outer = 0, torch.zeros(()), torch.zeros(())
    for images in batches_of(reference.images, device):
        features = extract(network, images).features
        n += len(features)
        total = features.sum(dim=0) + total.to(features)
        outer = features.t().mm(features) + outer.to(features)
    return Moments(torch.tensor(n, device=device), total, outer)


def key_of(extractor: Extractor, reference: ImageSet, device: torch.device) -> dict[str, str]:
    """All that the moments depend on."""
    return {
        "data": f"{reference.name} {reference.split} {reference.digest} {len(reference)}",
        "transform": reference.transform,
        "extractor": f"{extractor.name} {extractor.sha256}",
        "layer": extractor.layer,
        "resize": extractor.resizing(reference.size),
        "scaling": extractor.scaling,
        "dtype": f"{extractor.dtype}, sums in float64",
        "batch": str(BATCH),
        "device": device.type,
        **versions(),
    }


def restore_or_compute(
    extractor: Extractor, network: nn.Module, reference: ImageSet, home: Path, device: torch.device
) -> Moments:
    """The moments of the reference on `device`, from `home`/moments or, the first time, computed and kept there."""
    key = json.dumps(key_of(extractor, reference, device), sort_keys=True)
    name = f"{reference.name}-{reference.split}-{extractor.name}-{hashlib.sha256(key.encode()).hexdigest()[:16]}"
    path = home / "moments" / f"{name}.safetensors"
    kept = _read(path, key)
    if kept is None:
        computed = compute(network, reference, device)
        kept = _read(path, key)  # of processes that started together all go on with what the first one wrote
        if kept is None:
            _write(path, key, computed)
            kept = _read(path, key)
    if kept is None:
        raise OSError(f"{path} was written and cannot be read back")
    return kept.to(device)


def _read(path: Path, key: str) -> Moments | None:
    """None where the file is missing, damaged, or of another key."""
    try:
        with safe_open(path, framework="pt") as file:
            note = file.metadata() or {}
            tensors = {name: file.get_tensor(name).clone() for name in ("n", "total", "outer")}  # off the map
    except (OSError, SafetensorError):
        return None
    if note.get("key") != key or note.get("sha256") != _checksum(tensors):
        return None
    return Moments(**tensors)


def _write(path: Path, key: str, moments: Moments) -> None:
    tensors = {"n": moments.n.cpu(), "total": moments.total.cpu(), "outer": moments.outer.cpu()}
    content = safetensors.torch.save(tensors, metadata={"key": key, "sha256": _checksum(tensors)})
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(prefix=f".{path.stem}-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(draft, path)
    finally:
        Path(draft).unlink(missing_ok=True)


def _checksum(tensors: dict[str, Tensor]) -> str:
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(tensors[name].contiguous().numpy().tobytes())
    return digest.hexdigest()
