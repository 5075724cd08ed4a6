"""What a training run reports: frozen plain records, numbered, without tensors.

`seq` counts the events of a run from 0 and is the same whether or not the run was interrupted: a resumed run repeats
numbers, never skips them.
"""

import math
import re
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, field_validator

from gan_core.records import Record


class Score(Record):
    """One metric's value and the protocol that it was measured under.

    A value that is not finite is written as a string; null, which earlier versions wrote for it, is read as NaN.
    """

    model_config = ConfigDict(allow_inf_nan=True, strict=False, ser_json_inf_nan="strings")
    metric: str = Field(description="short name, such as 'fid' or 'is'")
    name: str = Field(description="name with the protocol's essentials, such as 'fid10k_fmnistcnn-1a2b3c4d'")
    value: float
    error: float | None = Field(None, description="standard error of the value, of a metric that estimates it")
    stamp: str = Field(description="short hash of `protocol`; scores of different stamps are never compared")
    protocol: dict[str, Any]

    @field_validator("value", mode="before")
    @classmethod
    def _not_a_number(cls, value: Any) -> Any:
        return math.nan if value is None else value


def score_by(metric: str, scores: Iterable[Score]) -> Score | None:
    """The score by this metric; None where it was not measured."""
    return next((score for score in scores if score.metric == metric), None)


class Event(Record):
    """The fields that all events have.

    `images`: real images shown to D so far; `wall_s`: seconds spent, over all resumptions.
    """

    model_config = ConfigDict(allow_inf_nan=True, strict=False, ser_json_inf_nan="strings")
    seq: int
    time: float = Field(description="Unix time, s")
    step: int = Field(description="steps done: d_steps updates of D and g_steps of G each")
    images: int
    wall_s: float

    @property
    def kimg(self) -> float:
        return self.images / 1000


class Started(Event):
    """The run has begun; `config` is its configuration as it was resolved."""

    kind: Literal["started"] = "started"
    fingerprint: str
    config: dict[str, Any]
    device: str
    threads: int
    data_digest: str = Field(description="of the training images, their order, labels and transform")
    data_skipped: int = Field(0, description="files of a folder that were left out because they are no images")
    parameters: dict[str, int] = Field(description="number of trained parameters of G and of D")
    data_scaling: dict[str, tuple[float, ...]] = Field(
        default_factory=dict,
        description="reals are (pixel / 255 - mean) / std, per channel; 'range': where black and white come to lie",
    )
    versions: dict[str, str]
    numerics: dict[str, str | bool] = Field(
        default_factory=dict, description="the arithmetic of the training steps; empty in older journals"
    )
    image_shape: tuple[int, ...] = Field((), description="channels, height, width; () in older journals")
    labels: dict[str, int] = Field({}, description="training images of each class, in the order of its number")
    ran_on: str = Field("", description="the GPU's name, or on a CPU its model; '' in older journals")


class Ticked(Event):
    """Means over the steps since the last tick; among them lr_g and lr_d, the rates of the last step."""

    kind: Literal["ticked"] = "ticked"
    means: dict[str, float]
    dose: dict[str, float] = Field(description="how much each trick acted, '<trick>/<quantity>'")
    images_per_s: float
    gradients: dict[str, float] = Field({}, description="mean and largest |gradient|, '<G or D>/<layer>/<mean or max>'")


class Evaluated(Event):
    """Scores of one generator; none under `extractor: none`.

    `of`: 'progress' (few samples, now); 'last' or 'best' (full protocol, at the end).
    """

    kind: Literal["evaluated"] = "evaluated"
    of: Literal["progress", "last", "best"]
    generator_images: int = Field(description="images seen when the scored generator was trained so far")
    generator_wall_s: float = Field(description="wall seconds spent when the scored generator was trained so far")
    scores: tuple[Score, ...]
    seconds: float
    diversity: dict[str, float] = Field({}, description="of the scored images; see gan_core.evaluation.diversity")

    def score(self, metric: str) -> Score | None:
        """The score by this metric; None where it was not measured."""
        return score_by(metric, self.scores)

    @property
    def fid(self) -> float | None:
        """The FID, which may be NaN; None where it was not measured."""
        score = self.score("fid")
        return None if score is None else score.value


def _inside(path: str) -> str:
    """The path, which leads to no place but the run's directory, whatever system reads it."""
    parts = re.split(r"[/\\]", path)
    if not path.isprintable() or ":" in path or not all(part.strip(". ") for part in parts):
        raise ValueError("is no path within the run's directory")
    return path


PathInside = Annotated[str, Field(max_length=200), AfterValidator(_inside)]


class Sampled(Event):
    """A grid of samples from the fixed latents was written to `path`, relative to the run's directory."""

    kind: Literal["sampled"] = "sampled"
    path: PathInside


class Saved(Event):
    """The checkpoint was written to `path`, relative to the run's directory."""

    kind: Literal["saved"] = "saved"
    path: PathInside


End = Literal["finished", "diverged", "failed", "pruned"]
ENDS: tuple[End, ...] = get_args(End)
RESULTS: tuple[End, ...] = ("finished", "diverged", "pruned")  # the ends that stand: what failed is tried again


class Finished(Event):
    """The end of a run. 'diverged' is a result; 'failed' (an exception, in `reason`) is not, and is tried again.

    'pruned': the program that ran it has stopped it for good.

    `inert`: the tricks that were on and never acted, judged by their doses; None: not known. `evaluation_s`: seconds of
    `wall_s` spent on scores, including the features of the real images; None: not known. `ran_on`: as in Started, where
    the run ended: what is interrupted may go on elsewhere.
    """

    kind: Literal["finished"] = "finished"
    status: End
    reason: str = ""
    inert: tuple[str, ...] | None = None
    evaluation_s: float | None = None
    ran_on: str = ""

    @property
    def is_result(self) -> bool:
        """Whether this end stands, so that the run is not tried again: all but a failure."""
        return self.status in RESULTS


AnyEvent = Annotated[Started | Ticked | Evaluated | Sampled | Saved | Finished, Field(discriminator="kind")]
_adapter: TypeAdapter[AnyEvent] = TypeAdapter(AnyEvent)


def event_from_json(line: str | bytes) -> AnyEvent:
    """Read what `event.model_dump_json()` wrote. Raises ValidationError on anything else."""
    return _adapter.validate_json(line)


def has_result(events: Sequence[AnyEvent]) -> bool:
    """Whether these events of a run end with a result."""
    end = events[-1] if events else None
    return isinstance(end, Finished) and end.is_result
