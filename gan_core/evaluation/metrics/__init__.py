"""The metrics by name. A new one is a file with a Metric record and a line here; all are measured in one pass."""

from collections.abc import Mapping
from types import MappingProxyType

from gan_core.evaluation.metrics.fid import FID
from gan_core.evaluation.metrics.inception_score import INCEPTION_SCORE
from gan_core.evaluation.metrics.record import Measurement, Metric

__all__ = ["METRICS", "Measurement", "Metric"]

_ordered = (
    FID,
    INCEPTION_SCORE,
)
METRICS: Mapping[str, Metric] = MappingProxyType({metric.name: metric for metric in _ordered})
if len(METRICS) != len(_ordered):
    raise ValueError("two metrics have one name")
