"""Which metrics an extractor of unknown weights can't serve."""

from collections.abc import Iterable

from gan_core.evaluation.extractors.record import Extractor
from gan_core.evaluation.metrics import find
from gan_core.problems import Problem


def logits_problems(extractor: Extractor, metrics: Iterable[str], where: str = "metrics") -> list[Problem]:
    """One for each metric that reads classes, where the extractor's can't be trusted."""
    if not extractor.doubtful_logits:
        return []
    refused = [metric.name for metric in find(tuple(metrics)) if metric.reads == "logits"]
    allowed = "metrics that read features, such as fid and kid"
    return [Problem(f"no {name}: {extractor.doubtful_logits}", (where,), allowed) for name in refused]
