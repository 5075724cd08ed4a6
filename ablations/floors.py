"""A study's floors: what real images and uniform noise score under its protocol, so that a number can be placed.

`floors.json` in the study's folder, made by a process of its own beside the trials. That takes seconds with a small
extractor; with others it is done on request only.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from ablations.floors_file import FILE, FloorsFile, read_file
from gan_core.config import resolve
from gan_core.evaluation import extractors
from gan_core.evaluation.versions import versions
from gan_core.machine import files as atomic
from gan_core.schema.configuration import Config
from gan_core.scoring.floors import floors_of

SMALL = 64  # px that an extractor sees: floors of 10,000 images take seconds
ABOUT = ("data", "data_dir", "skip_broken", "fit", "image_size", "extractor", "metrics", "full_samples")


def missing_floors(root: Path, configs: Iterable[Config], large: bool) -> tuple[Config, ...]:
    """A configuration of each protocol whose floors are not there; `large`: with large extractors too."""
    kept = read_file(root)
    there = set() if kept is None else set(kept.protocols)
    by_protocol = {_protocol(config): config for config in configs if _is_scored(config, large)}
    return tuple(config for protocol, config in by_protocol.items() if protocol not in there)


def make_floors(settings: Sequence[dict[str, object]], root: Path, home: Path, device: str) -> None:
    """Measure, or read from `home`, the floors of these configurations, and add them to the study's file."""
    kept = read_file(root) or FloorsFile(protocols=(), floors=())
    for config in map(resolve, settings):
        made = floors_of(config, home, device)
        known = [floor for floor in kept.floors if floor.of not in [each.of for each in made]]
        protocols = dict.fromkeys((*kept.protocols, _protocol(config)))
        kept = FloorsFile(protocols=tuple(protocols), floors=(*known, *made))
    atomic.write_text(root / FILE, kept.model_dump_json(indent=1) + "\n")


def _is_scored(config: Config, large: bool) -> bool:
    return config.extractor != extractors.NONE and (large or extractors.find(config.extractor).size <= SMALL)


def _protocol(config: Config) -> str:
    """Equal for configurations whose full scores have equal stamps, as far as that hangs on them."""
    plain = config.plain()
    about = {name: plain[name] for name in ABOUT if name in plain}
    canonical = json.dumps({**about, "versions": versions()}, sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]
