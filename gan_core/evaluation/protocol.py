"""The protocol of a score: all that must be equal for two scores to be compared, and its short hash, the stamp."""

import hashlib
import json
from typing import TYPE_CHECKING

from pydantic import Field

from gan_core.datasets.record import ImageSet
from gan_core.evaluation.extractors import EXTRACTORS
from gan_core.evaluation.extractors.record import Extractor
from gan_core.evaluation.metrics import METRICS
from gan_core.evaluation.own_code import own_code
from gan_core.evaluation.versions import versions
from gan_core.records import Record
from gan_core.schema.sizes import ImageSize

if TYPE_CHECKING:
    from gan_core.evaluation.metrics.record import Metric

UNDERSTOOD = "6726825d"  # the digest that everybody means by Inception


class Protocol(Record):
    """How one score was measured. None where a field doesn't apply, as the reference of a metric without one."""

    metric: str
    extractor: str
    extractor_digest: str = Field(description="first 8 hex digits of the sha256 of the weights")
    layer: str = Field(description="the layer that the metric reads")
    resize: str = Field(description="how images come to the extractor's size")
    scaling: str = Field(description="from uint8 to the extractor's input")
    dtype: str = Field(description="of the network and of the sums")
    reference: str | None = Field(description="data set, split and size of the real images")
    reference_digest: str | None
    reference_transform: str | None
    n_real: int | None
    n_fake: int
    image_size: ImageSize = Field(description="px, of the generated images: a square's side, or height and width")
    g_mode: str = Field(description="G's statistics and weights while sampling, such as 'running-statistics'")
    options: dict[str, int] = Field(description="the metric's own, such as the number of splits")
    labels: str | None = Field(
        None,
        exclude_if=lambda labels: labels is None,  # a field of later date: scores without it keep their stamp
        description="of a metric by class: how the classes that G was to draw were chosen; absent for all others",
    )
    versions: dict[str, str]

    @property
    def stamp(self) -> str:
        """First 8 hex digits of a sha256 over all fields."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()[:8]

    @property
    def score_name(self) -> str:
        """The essentials, such as 'fid10k_fmnistcnn-1a2b3c4d', or 'fid10k_inception' with the official weights."""
        digest = "" if self.extractor_digest == UNDERSTOOD else f"-{self.extractor_digest}"
        return f"{self.metric}{short_count(self.n_fake)}_{self.extractor}{digest}"

    def canonical(self) -> str:
        """JSON with sorted keys: equal protocols give equal text."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))


def protocol_of(
    metric: "Metric",
    extractor: Extractor,
    reference: ImageSet,
    n_fake: int,
    g_mode: str,
    labels: str | None = None,
) -> Protocol:
    """The protocol of a score of `n_fake` generated images of the reference's size."""
    compared = reference if metric.needs_reference else None
    repeated = reference.channels != extractor.channels
    owners = (METRICS.owner(metric.name), EXTRACTORS.owner(extractor.name))
    return Protocol(
        metric=metric.name,
        extractor=extractor.name,
        extractor_digest=extractor.digest,
        layer=extractor.layer if metric.reads == "features" else "logits",
        resize=extractor.resizing(reference.size) if reference.size != extractor.size else "none",
        scaling=extractor.scaling + (f", grey repeated to {extractor.channels} channels" if repeated else ""),
        dtype=f"{extractor.dtype}, sums in float64",
        reference=f"{compared.name} {compared.split}" if compared else None,
        reference_digest=compared.digest if compared else None,
        reference_transform=compared.transform if compared else None,
        n_real=len(compared) if compared else None,
        n_fake=n_fake,
        image_size=reference.size,
        g_mode=g_mode,
        options=metric.options(n_fake, len(reference)),
        labels=labels,
        versions={**versions(extractor.libraries), **own_code(*owners)},
    )


def short_count(n: int) -> str:
    """10000 -> '10k', 2500 -> '2500', 500 -> '500'."""
    return f"{n // 1000}k" if n >= 1000 and n % 1000 == 0 else str(n)
