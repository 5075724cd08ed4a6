"""The metrics by name. All are measured in one pass.

A new one is a file with a Metric record, a line here, and a line in `evaluation/metric_names.py`.
"""

from collections.abc import Sequence

from gan_core.evaluation.metrics.authenticity import AUTHENTICITY
from gan_core.evaluation.metrics.class_coverage import CLASS_COVERAGE
from gan_core.evaluation.metrics.class_fid import CLASS_FID
from gan_core.evaluation.metrics.class_histogram import CLASS_KL, CLASSES
from gan_core.evaluation.metrics.fid import FID
from gan_core.evaluation.metrics.fid_infinity import FID_INFINITY
from gan_core.evaluation.metrics.inception_score import INCEPTION_SCORE
from gan_core.evaluation.metrics.kid import KID
from gan_core.evaluation.metrics.label_agreement import LABEL_AGREEMENT
from gan_core.evaluation.metrics.neighbourhoods import COVERAGE, DENSITY, PRECISION, RECALL
from gan_core.evaluation.metrics.record import Metric, Value
from gan_core.evaluation.names import BETTER, DEFAULT
from gan_core.problems import Problem, UserError, nearest_name
from gan_core.registry import Registry, registry_of

__all__ = ["DEFAULT", "METRICS", "Metric", "Value", "find"]
_ordered = (
    FID,
    INCEPTION_SCORE,
    KID,
    FID_INFINITY,
    PRECISION,
    RECALL,
    DENSITY,
    COVERAGE,
    CLASSES,
    CLASS_KL,
    AUTHENTICITY,
    CLASS_FID,
    CLASS_COVERAGE,
    LABEL_AGREEMENT,
)
METRICS: Registry[Metric] = registry_of("metric", _ordered)
if tuple(BETTER) != tuple(metric.name for metric in _ordered):
    raise ValueError("evaluation/metric_names.py names other metrics, or in another order")


def find(names: Sequence[str]) -> tuple[Metric, ...]:
    """The metrics of these names, in this order. Raises UserError with every unknown name and the nearest."""
    unknown = [name for name in names if name not in METRICS]
    if unknown:
        known = ", ".join(METRICS)
        raise UserError(
            *(Problem(f"no metric is called {n!r}", ("metrics",), known, nearest_name(n, METRICS)) for n in unknown)
        )
    return tuple(METRICS[name] for name in names)
