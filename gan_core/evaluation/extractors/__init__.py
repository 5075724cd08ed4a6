"""The feature extractors by name. A new one is a file with an Extractor record and a line here."""

import re
from pathlib import Path

from gan_core.evaluation.extractors import store
from gan_core.evaluation.extractors.fmnistcnn import FMNISTCNN
from gan_core.evaluation.extractors.inception import INCEPTION, INCEPTION_64, INCEPTION_192, INCEPTION_768
from gan_core.evaluation.extractors.own import OWN, of_digest
from gan_core.evaluation.extractors.record import Extractor, ExtractorOutputs
from gan_core.problems import Problem, UserError, nearest_name
from gan_core.registry import Registry, registry_of

__all__ = ["EXTRACTORS", "NONE", "OWN_DIGEST", "Extractor", "ExtractorOutputs", "find", "find_here", "is_known"]
NONE = "none"  # what the user says for a run without scores
OWN_DIGEST = f"{OWN}-DIGEST"  # in messages: how the extractors that a user has trained are called
_ordered = (FMNISTCNN, INCEPTION, INCEPTION_768, INCEPTION_192, INCEPTION_64)
EXTRACTORS: Registry[Extractor] = registry_of("extractor", _ordered)


def is_known(name: str) -> bool:
    """Whether `find` finds it."""
    base, digest = _parts(name)
    if base == OWN:
        return bool(digest)
    return base in EXTRACTORS and (not digest or EXTRACTORS[base].weights is None)


def find(name: str) -> Extractor:
    """The extractor of this name; '-SHA256', or at least its first 8 digits, names other weights for it.

    'own-SHA256' is one that a user has trained: what it sees is known once it is `located`. Raises UserError with the
    known names.
    """
    if not is_known(name):
        known = ", ".join([*EXTRACTORS, "inception-SHA256 for other weights", OWN_DIGEST])
        message = f"no extractor is called {name!r}"
        raise UserError(Problem(message, ("extractor",), allowed=known, nearest=nearest_name(name, EXTRACTORS)))
    base, digest = _parts(name)
    if base == OWN:
        return of_digest(digest)
    return EXTRACTORS[base].of_digest(digest) if digest else EXTRACTORS[base]


def find_here(name: str, home: Path) -> Extractor:
    """As `find`, and with all that only its file knows where that lies in `home`. Raises UserError as `located` does.

    A file that is missing is no error here: whoever needs it says so.
    """
    found = find(name)
    is_here = found.weights is None and store.locate(home, found.sha256, found.suffix) is not None
    return found.located(home) if is_here else found


def _parts(name: str) -> tuple[str, str]:
    """The name without the digest, and the digest or ''."""
    match = re.fullmatch(r"(.+)-([0-9a-f]{8,64})", name)
    return (match[1], match[2]) if match else (name, "")
