"""The protocol of a score: all that must be equal for two scores to be compared, and its short hash, the stamp."""

import hashlib
import importlib.metadata
import json

from pydantic import Field

from gan_core.records import Record
from gan_core.sizes import ImageSize

LIBRARIES = ("torch", "torchmetrics")


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
    versions: dict[str, str]

    @property
    def stamp(self) -> str:
        """First 8 hex digits of a sha256 over all fields."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()[:8]

    @property
    def score_name(self) -> str:
        """The essentials, such as 'fid10k_fmnistcnn-1a2b3c4d'."""
        return f"{self.metric}{short_count(self.n_fake)}_{self.extractor}-{self.extractor_digest}"

    def canonical(self) -> str:
        """JSON with sorted keys: equal protocols give equal text."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))


def short_count(n: int) -> str:
    """10000 -> '10k', 2500 -> '2500', 500 -> '500'."""
    return f"{n // 1000}k" if n >= 1000 and n % 1000 == 0 else str(n)


def versions() -> dict[str, str]:
    """The versions of the libraries that compute the scores."""
    return {library: importlib.metadata.version(library) for library in LIBRARIES}
