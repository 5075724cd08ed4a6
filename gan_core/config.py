"""The record of one training run: every choice at one level, every addition present or absent, budget, seed.

A choice is a plain field of `Config`. The additions (tricks) are fields too, made from the registry in
`gan_core.tricks`: None is off, an options record is on. `resolve` is the one translator from the user's words.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, create_model, model_validator

from gan_core.data_rules import data_problems
from gan_core.evaluation.rules import score_problems
from gan_core.levels import (
    ActivationName,
    ArchitectureName,
    DataName,
    ExtractorName,
    InitialisationName,
    LastActivationName,
    LatentName,
    LossName,
    MetricNames,
    NormalisationName,
    OptimizerName,
    ProgressMetricNames,
    ScalingName,
    ScheduleName,
)
from gan_core.losses import LOSSES
from gan_core.nets import ACTIVATIONS, ARCHITECTURES
from gan_core.nets.rules import network_problems
from gan_core.optimizers import OPTIMIZERS, idle_numbers
from gan_core.problems import RuleError, UserError
from gan_core.records import Record
from gan_core.rules import Rule, broken_rules
from gan_core.sizes import Shape, Sides, Size, shape_of
from gan_core.tricks import TRICKS, Trick
from gan_core.validation import problems_of

__all__ = ["Config", "broken_rules", "resolve"]

LATER = ("metrics", "progress_metrics")  # settings that came later: in a fingerprint only where they aren't the default


class Config(Record):
    """One training run. Make it with `resolve`, which adds the tricks' fields and the defaults that depend.

    An architecture may have defaults of its own (`Architecture.defaults`), so that its name alone gives the original.
    """

    data: DataName = Field("fashion-mnist", description="data set; 'folder': the images in data_dir")
    data_dir: str | None = Field(None, min_length=1, description="folder of images, for data: folder")
    fit: Literal["crop", "stretch"] = Field("crop", description="how images of another aspect come to the size")
    skip_broken: bool = Field(False, description="leave out files of data_dir that are no images; else an error")
    data_scaling: ScalingName = Field("unit", description="range of the reals: [-1, 1], or mean 0 and deviation 1")
    image_size: Annotated[Size, Sides(8, 256)] = Field(
        32, description="pixels: a square's side, or [height, width], also written 157x128"
    )

    architecture: ArchitectureName = Field("dcgan", description="pair of networks")
    width: int = Field(64, ge=1, description="channels at half the image's size; 64 is every architecture's own")
    max_width: int = Field(4096, ge=1, description="cap on the channels (or units) of every layer")
    bias: Literal["where_needed", "all", "none"] = Field(
        "where_needed", description="biases of linear maps: where no normalisation has one, in all, in none"
    )
    latent: LatentName = Field("normal", description="distribution of z: N(0, 1), or U(-1, 1)")
    latent_dim: int = Field(100, ge=1, description="dimensions of z")
    activation_g: ActivationName = Field("relu", description="activation of G")
    activation_d: ActivationName = Field("leaky_relu", description="activation of D")
    norm_g: NormalisationName = Field("batch", description="normalisation in G")
    norm_d: NormalisationName = Field("batch", description="normalisation in D")
    initialisation_g: InitialisationName = Field("dcgan", description="initial weights of G; lecun where it has selu")
    initialisation_d: InitialisationName = Field("dcgan", description="initial weights of D; lecun where it has selu")
    last_activation_d: LastActivationName = Field("none", description="what D's logit passes through before the loss")

    loss: LossName = Field("non_saturating", description="what D and G minimise")
    optimizer_g: OptimizerName = Field("adam", description="optimizer of G")
    optimizer_d: OptimizerName = Field("adam", description="optimizer of D")
    lr_g: float = Field(
        2e-4, gt=0, description="learning rate of G; two rates: TTUR, Heusel et al. 2017, arXiv:1706.08500"
    )
    lr_d: float = Field(
        2e-4, gt=0, description="learning rate of D; two rates: TTUR, Heusel et al. 2017, arXiv:1706.08500"
    )
    lr_decay: ScheduleName = Field("constant", description="how both learning rates fall over the budget")
    beta1: float = Field(0.5, ge=0, lt=1, description="first moment's decay, adam and adamw")
    beta2: float = Field(0.999, ge=0, lt=1, description="second moment's decay, adam and adamw")
    momentum: float = Field(0.0, ge=0, lt=1, description="momentum, sgd and rmsprop")
    rmsprop_decay: float = Field(0.99, ge=0, lt=1, description="decay of rmsprop's mean square")
    weight_decay_g: float = Field(0.0, ge=0, description="weight decay of G; default: its optimizer's")
    weight_decay_d: float = Field(0.0, ge=0, description="weight decay of D; default: its optimizer's")
    d_steps: int = Field(1, ge=1, description="updates of D a step; several: Arjovsky et al. 2017, arXiv:1701.07875")
    g_steps: int = Field(1, ge=1, description="updates of G a step")
    reuse_batch_and_latents: bool = Field(False, description="all updates of a step share one batch and one z")
    batch_size: int = Field(
        64, ge=2, description="images an update; large batches: Brock et al. 2019, arXiv:1809.11096"
    )
    budget_kimg: float = Field(300.0, gt=0, description="real images shown to D in its updates, thousands")

    extractor: ExtractorName = Field(
        "fmnistcnn", description="feature extractor of FID and IS; none: a run without scores"
    )
    metrics: MetricNames = Field(("fid", "is"), description="scores at the end")
    progress_extractor: ExtractorName | None = Field(None, description="of the scores on the way; default: the same")
    progress_metrics: ProgressMetricNames = Field(("fid", "is"), description="scores on the way")
    progress_evaluations: int = Field(10, ge=1, description="scores taken on the way, evenly spaced")
    progress_samples: int = Field(1000, ge=10, description="fakes of a score on the way")
    full_samples: int = Field(10000, ge=10, description="fakes of the scores at the end")

    seed: int = Field(0, ge=0, lt=2**31, description="seed of every random stream")

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, settings: Any) -> Any:
        """Translate shorthands, and the defaults that hang on another field."""
        if not isinstance(settings, Mapping):
            return settings
        filled = dict(settings)
        for trick in TRICKS:
            if trick.name in filled:
                filled[trick.name] = _expanded(trick, filled[trick.name])
        architecture = ARCHITECTURES.get(str(filled.get("architecture", "dcgan")))
        defaults = dict(architecture.defaults) if architecture is not None else {}
        for player in ("g", "d"):
            activation = ACTIVATIONS.get(str(filled.get(f"activation_{player}")))
            if activation is not None and activation.initialisation is not None:
                defaults[f"initialisation_{player}"] = activation.initialisation
            optimizer = OPTIMIZERS.get(str(filled.get(f"optimizer_{player}", "adam")))
            if optimizer is not None:
                defaults[f"weight_decay_{player}"] = optimizer.weight_decay
        return {**defaults, **filled}

    @property
    def shape(self) -> Shape:
        """(height, width) of the images."""
        return shape_of(self.image_size)

    def trick(self, name: str) -> Any:
        """The options of a trick, or None where it is off."""
        return getattr(self, name)

    def tricks(self) -> Iterator[tuple[Trick, Record]]:
        """The tricks that are on, in canonical order, with their options."""
        return ((trick, options) for trick in TRICKS if (options := self.trick(trick.name)) is not None)

    def rules(self) -> Iterator[tuple[str, str, Rule]]:
        """The needs and exclusions of what is on: whose, what it says of the rule, the rule."""
        yield from (("loss", f"{self.loss} needs", rule) for rule in LOSSES[self.loss].needs)
        for trick, _ in self.tricks():
            yield from ((trick.name, "needs", rule) for rule in trick.needs)
            yield from ((trick.name, "does not go with", rule) for rule in trick.excludes)

    def plain(self) -> dict[str, Any]:
        """The resolved settings as plain data; `resolve` of it is equal. Absent tricks are left out."""
        return {k: v for k, v in self.model_dump(mode="json").items() if v is not None}

    def fingerprint(self) -> str:
        """16 hex digits that are the same for the same training run, whatever tricks are added to the registry."""
        default = {name for name in LATER if getattr(self, name) == Config.model_fields[name].default}
        content = {name: value for name, value in self.plain().items() if name not in default}
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def _expanded(trick: Trick, value: Any) -> Any:
    """True: on with defaults; False: off; a bare value: the main option."""
    if value is True:
        return {}
    if value is False or value is None:
        return None
    return value if isinstance(value, Mapping | Record) else {trick.main_option: value}


_FullConfig: type[Config] = create_model(  # type: ignore[call-overload]
    "Config", __base__=Config, **{t.name: (t.options | None, Field(None, description=t.summary)) for t in TRICKS}
)


def resolve(settings: Mapping[str, Any]) -> Config:
    """The configuration that these settings mean. Raises UserError with every problem in it: RuleError where each
    setting is right by itself.
    """
    try:
        config = _FullConfig.model_validate(dict(settings))
    except ValidationError as error:
        raise UserError(*problems_of(error, _FullConfig)) from None
    if problems := [
        *network_problems(config, settings),
        *idle_numbers(config),
        *data_problems(config),
        *score_problems(config),
        *broken_rules(config, "error"),
    ]:
        raise RuleError(*problems)
    return config
