"""The feature extractors by name. A new one is a file with an Extractor record and a line here."""

from collections.abc import Mapping
from types import MappingProxyType

from gan_core.evaluation.extractors.fmnistcnn import FMNISTCNN
from gan_core.evaluation.extractors.record import Extractor, Outputs
from gan_core.problems import Problem, UserError, nearest_name

__all__ = ["EXTRACTORS", "NONE", "Extractor", "Outputs", "find"]

NONE = "none"  # what the user says for a run without scores

_ordered = (FMNISTCNN,)
EXTRACTORS: Mapping[str, Extractor] = MappingProxyType({extractor.name: extractor for extractor in _ordered})
if len(EXTRACTORS) != len(_ordered):
    raise ValueError("two extractors have one name")


def find(name: str) -> Extractor:
    """The extractor of this name. Raises UserError with the known names."""
    if name not in EXTRACTORS:
        known = ", ".join(EXTRACTORS)
        message = f"no extractor is called {name!r}"
        raise UserError(Problem(message, ("extractor",), allowed=known, nearest=nearest_name(name, EXTRACTORS)))
    return EXTRACTORS[name]
