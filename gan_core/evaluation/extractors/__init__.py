"""The feature extractors by name. A new one is a file with an Extractor record and a line here."""

import re

from gan_core.evaluation.extractors.fmnistcnn import FMNISTCNN
from gan_core.evaluation.extractors.inception import INCEPTION, INCEPTION_64, INCEPTION_192, INCEPTION_768
from gan_core.evaluation.extractors.record import Extractor, ExtractorOutputs
from gan_core.problems import Problem, UserError, nearest_name
from gan_core.registry import Registry, registry_of

__all__ = ["EXTRACTORS", "NONE", "Extractor", "ExtractorOutputs", "find", "is_known"]
NONE = "none"  # what the user says for a run without scores
_ordered = (FMNISTCNN, INCEPTION, INCEPTION_768, INCEPTION_192, INCEPTION_64)
EXTRACTORS: Registry[Extractor] = registry_of("extractor", _ordered)


def is_known(name: str) -> bool:
    """Whether `find` finds it."""
    base, digest = _parts(name)
    return base in EXTRACTORS and (not digest or EXTRACTORS[base].weights is None)


def find(name: str) -> Extractor:
    """The extractor of this name; '-SHA256', or at least its first 8 digits, names other weights for it.

    Raises UserError with the known names.
    """
    if not is_known(name):
        known = ", ".join([*EXTRACTORS, "inception-SHA256 for other weights"])
        message = f"no extractor is called {name!r}"
        raise UserError(Problem(message, ("extractor",), allowed=known, nearest=nearest_name(name, EXTRACTORS)))
    base, digest = _parts(name)
    return EXTRACTORS[base].of_digest(digest) if digest else EXTRACTORS[base]


def _parts(name: str) -> tuple[str, str]:
    """The name without the digest, and the digest or ''."""
    match = re.fullmatch(r"(.+)-([0-9a-f]{8,64})", name)
    return (match[1], match[2]) if match else (name, "")
