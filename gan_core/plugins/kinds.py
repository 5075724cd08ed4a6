"""What a plug-in may register: each kind with its registry, the type of its records, and the settings that name it."""

from dataclasses import dataclass
from typing import Any

from gan_core.datasets import DATASETS
from gan_core.datasets.record import DataSet
from gan_core.datasets.scaling import SCALINGS
from gan_core.evaluation.extractors import EXTRACTORS
from gan_core.evaluation.extractors.record import Extractor
from gan_core.evaluation.metrics import METRICS
from gan_core.evaluation.metrics.record import Metric
from gan_core.game.latents import LATENTS
from gan_core.game.losses import LOSSES, Loss
from gan_core.game.lr_schedules import SCHEDULES, Schedule
from gan_core.game.optimizers import OPTIMIZERS, Optimizer
from gan_core.nets import ACTIVATIONS, ARCHITECTURES, INITIALISATIONS, NORMALISATIONS, PRECISIONS, Architecture
from gan_core.nets.activations import Activation
from gan_core.nets.normalisations import Normalisation
from gan_core.nets.precision import Precision
from gan_core.registry import Registry
from gan_core.tricks import TRICKS, Trick


@dataclass(frozen=True)
class Kind:
    """`record`: the type of its records, None for plain functions. `settings`: those whose value may name one.

    `further`: names that mean something else already.
    """

    word: str
    registry: Registry[Any]
    record: type[Any] | None
    settings: tuple[str, ...] = ()
    further: tuple[str, ...] = ()

    @property
    def has_names(self) -> bool:
        """Whether its records know their names."""
        return self.record is not None and "name" in self.record.__dataclass_fields__

    def registers(self) -> str:
        """How one is registered, in words."""
        if self.record is None:
            return f'register("name", function, kind="{self.word}")'
        record = f"{self.record.__name__}(...)"
        return f"register({record})" if self.has_names else f'register("name", {record})'


KINDS: tuple[Kind, ...] = (
    Kind("trick", TRICKS, Trick),
    Kind("loss", LOSSES, Loss, ("loss",)),
    Kind("activation", ACTIVATIONS, Activation, ("activation_g", "activation_d", "last_activation_d"), ("none",)),
    Kind("normalisation", NORMALISATIONS, Normalisation, ("norm_g", "norm_d")),
    Kind("initialisation", INITIALISATIONS, None, ("initialisation_g", "initialisation_d")),
    Kind("architecture", ARCHITECTURES, Architecture, ("architecture",)),
    Kind("latent", LATENTS, None, ("latent",)),
    Kind("optimizer", OPTIMIZERS, Optimizer, ("optimizer_g", "optimizer_d")),
    Kind("schedule", SCHEDULES, Schedule, ("lr_decay",)),
    Kind("precision", PRECISIONS, Precision, ("precision",)),
    Kind("scaling", SCALINGS, None, ("data_scaling",)),
    Kind("data set", DATASETS, DataSet, ("data",)),
    Kind("metric", METRICS, Metric, ("metrics", "progress_metrics")),
    Kind("extractor", EXTRACTORS, Extractor, ("extractor", "progress_extractor"), ("none",)),
)
BY_WORD = {kind.word: kind for kind in KINDS}
FUNCTIONS = tuple(kind.word for kind in KINDS if kind.record is None)


def kind_of(record: object) -> Kind | None:
    """The kind of a record by its type; None for a function and for anything else."""
    return next((kind for kind in KINDS if kind.record is not None and isinstance(record, kind.record)), None)


def named_in(value: object, name: str) -> bool:
    """Whether the value of a setting names this record."""
    return value == name or (isinstance(value, tuple) and name in value)
