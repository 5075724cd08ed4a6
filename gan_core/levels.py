"""The choices that have a registry: a level is a name in it, checked where plain data becomes a record."""

from collections.abc import Collection
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema
from pydantic_core.core_schema import no_info_after_validator_function

from gan_core.data_scaling import SCALINGS
from gan_core.datasets import DATASETS
from gan_core.evaluation.extractors import EXTRACTORS, NONE
from gan_core.latents import LATENTS
from gan_core.losses import LOSSES
from gan_core.nets import ACTIVATIONS, ARCHITECTURES, INITIALISATIONS, NORMALISATIONS
from gan_core.optimizers import OPTIMIZERS
from gan_core.problems import unknown_name
from gan_core.schedules import SCHEDULES


class Levels:
    """Annotation of a choice: its level is a name from a registry."""

    def __init__(self, kind: str, registry: Collection[str]) -> None:
        self.kind, self.names = kind, tuple(registry)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_after_validator_function(self.check, handler(source))

    def check(self, name: str) -> str:
        """The name itself. Raises the validation error for an unknown one."""
        if name not in self.names:
            raise unknown_name(self.kind, name, self.names)
        return name


DataName = Annotated[str, Levels("data set", DATASETS)]
ScalingName = Annotated[str, Levels("data scaling", SCALINGS)]
ArchitectureName = Annotated[str, Levels("architecture", ARCHITECTURES)]
ActivationName = Annotated[str, Levels("activation", ACTIVATIONS)]
NormalisationName = Annotated[str, Levels("normalisation", NORMALISATIONS)]
InitialisationName = Annotated[str, Levels("initialisation", INITIALISATIONS)]
LatentName = Annotated[str, Levels("distribution of z", LATENTS)]
LastActivationName = Annotated[str, Levels("last activation", ("none", *ACTIVATIONS))]
LossName = Annotated[str, Levels("loss", LOSSES)]
OptimizerName = Annotated[str, Levels("optimizer", OPTIMIZERS)]
ScheduleName = Annotated[str, Levels("learning-rate schedule", SCHEDULES)]
ExtractorName = Annotated[str, Levels("extractor", (*EXTRACTORS, NONE))]
