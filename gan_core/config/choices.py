"""The choices that have a registry: a level is a name in it, checked when plain data becomes a record."""

from collections.abc import Collection, Sequence
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError
from pydantic_core.core_schema import no_info_after_validator_function, no_info_plain_validator_function

from gan_core.datasets import DATASETS
from gan_core.datasets.folder import NAME as FOLDER
from gan_core.datasets.scaling import SCALINGS
from gan_core.evaluation.extractors import EXTRACTORS, NONE, OWN_DIGEST, is_known
from gan_core.evaluation.metrics import METRICS
from gan_core.game.latents import LATENTS
from gan_core.game.losses import LOSSES
from gan_core.game.lr_schedules import SCHEDULES
from gan_core.game.optimizers import OPTIMIZERS
from gan_core.nets import (
    ACTIVATIONS,
    ARCHITECTURES,
    CONDITIONINGS_D,
    CONDITIONINGS_G,
    INITIALISATIONS,
    NORMALISATIONS,
    PRECISIONS,
)
from gan_core.plugin_text import ENTRY, parts_of
from gan_core.problems import shown, unknown_name

DIGEST = "^.+-[0-9a-f]{8,64}$"  # of an extractor's weights, behind its name


class Levels:
    """The annotation of a choice whose level is a name from a registry."""

    def __init__(
        self, kind: str, registry: Collection[str], first: tuple[str, ...] = (), last: tuple[str, ...] = ()
    ) -> None:
        self.kind, self._registry, self._first, self._last = kind, registry, first, last

    @property
    def names(self) -> tuple[str, ...]:
        """What may be named now: plug-ins add to registries."""
        return (*self._first, *self._registry, *self._last)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "enum": list(self.names)}

    def check(self, name: str) -> str:
        """The name itself. Raises the validation error for an unknown one."""
        if name not in self.names:
            raise unknown_name(self.kind, name, self.names)
        return name


class ExtractorLevels(Levels):
    """A name from the registry, or one with the digest of its weights."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"anyOf": [{"enum": list(self.names)}, {"type": "string", "pattern": DIGEST}]}

    def check(self, name: str) -> str:
        if is_known(name):
            return name
        if name not in self.names:
            raise unknown_name(self.kind, name, (*self.names, OWN_DIGEST))
        return name


class DataLevels(Levels):
    """The name of a data set. A folder has its path in a setting of its own, though commands of studies take both."""

    def check(self, name: str) -> str:
        """The name itself. Raises the validation error for an unknown one."""
        if name.startswith(f"{FOLDER}:"):
            words = {"kind": self.kind, "quoted": shown(name), "allowed": ", ".join(self.names)}
            meant = f"{FOLDER}, with data_dir: {name.removeprefix(FOLDER + ':')}"
            raise PydanticCustomError("unknown_name", "no {kind} is called {quoted}", {**words, "nearest": meant})
        return super().check(name)


class SomeOf(Levels):
    """The annotation of a list of different names from a registry, also written 'fid, kid'.

    `needed` must be among them.
    """

    def __init__(self, kind: str, registry: Collection[str], needed: tuple[str, ...] = ()) -> None:
        super().__init__(kind, registry)
        self.needed = needed

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_plain_validator_function(self.check_all)

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        name, names = {"enum": list(self.names)}, "|".join(self.names)
        listed: JsonSchemaValue = {"type": "array", "items": name, "minItems": 1, "uniqueItems": True}
        if self.needed:
            listed["allOf"] = [{"contains": {"const": needed}} for needed in self.needed]
        return {"anyOf": [listed, name, {"type": "string", "pattern": rf"^ *({names}) *(, *({names}) *)*$"}]}

    def check_all(self, value: Any) -> tuple[str, ...]:
        """The names, in the order given. Raises the validation error for unknown names, doubles and no names."""
        split = [name.strip() for name in value.split(",")] if isinstance(value, str) else value
        if not isinstance(split, Sequence) or not split or not all(isinstance(name, str) for name in split):
            raise self._error(f"{value!r} is no list of names")
        names = tuple(self.check(name) for name in split)
        if len(set(names)) < len(names):
            raise self._error(f"{', '.join(names)}: a name stands there twice")
        if missing := [name for name in self.needed if name not in names]:
            raise self._error(f"{', '.join(names)}: {', '.join(missing)} must be among them")
        return names

    def _error(self, message: str) -> PydanticCustomError:
        context = {"message": message, "allowed": f"some of {', '.join(self.names)}", "nearest": ""}
        return PydanticCustomError("names", "{message}", context)


class PluginEntries:
    """The annotation of a list of plug-ins, each with its digest: 'my_trick.py@0123456789abcdef'."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_plain_validator_function(self.check)

    def check(self, value: Any) -> tuple[str, ...]:
        """The entries, in the order given. Raises the validation error for anything else, and for doubles."""
        entries = tuple(value) if isinstance(value, list | tuple) else (value,)
        if not all(isinstance(entry, str) and ENTRY.fullmatch(entry) for entry in entries):
            raise self._error(f"{shown(value)} is no list of files with their digests")
        if len({parts_of(entry)[0] for entry in entries}) < len(entries):
            raise self._error(f"{', '.join(entries)}: a name stands there twice")
        return entries

    def _error(self, message: str) -> PydanticCustomError:
        allowed = "[NAME.py@DIGEST, ...], which `use:` of a study file and --use put there"
        return PydanticCustomError("use", "{message}", {"message": message, "allowed": allowed, "nearest": ""})


DataName = Annotated[str, DataLevels("data set", DATASETS)]
ScalingName = Annotated[str, Levels("data scaling", SCALINGS)]
ArchitectureName = Annotated[str, Levels("architecture", ARCHITECTURES)]
ActivationName = Annotated[str, Levels("activation", ACTIVATIONS)]
NormalisationName = Annotated[str, Levels("normalisation", NORMALISATIONS)]
InitialisationName = Annotated[str, Levels("initialisation", INITIALISATIONS)]
LatentName = Annotated[str, Levels("distribution of z", LATENTS)]
LastActivationName = Annotated[str, Levels("last activation", ACTIVATIONS, first=("none",))]
ConditioningGName = Annotated[str, Levels("conditioning of G", CONDITIONINGS_G)]
ConditioningDName = Annotated[str, Levels("conditioning of D", CONDITIONINGS_D)]
LossName = Annotated[str, Levels("loss", LOSSES)]
OptimizerName = Annotated[str, Levels("optimizer", OPTIMIZERS)]
ScheduleName = Annotated[str, Levels("learning-rate schedule", SCHEDULES)]
PrecisionName = Annotated[str, Levels("precision", PRECISIONS)]
ExtractorName = Annotated[str, ExtractorLevels("extractor", EXTRACTORS, last=(NONE,))]
UseEntries = Annotated[tuple[str, ...], PluginEntries()]
MetricNames = Annotated[tuple[str, ...], SomeOf("metric", METRICS)]
# The best checkpoint and the verdict on a run go by the FIDs on the way
ProgressMetricNames = Annotated[tuple[str, ...], SomeOf("metric", METRICS, needed=("fid",))]
