"""The contract of a metric: one number within its bounds, the same however the images come, that knows good from bad.

Tried on made-up features, so that it needs neither images nor an extractor.
"""

import math

import torch
from torch import Tensor

from gan_core.contract.finding import Finding, doubtful, failed, findings_of, judged, passed, told
from gan_core.contract.global_random import global_random_state, random_numbers
from gan_core.contract.tiny import CPU
from gan_core.evaluation.extractors.record import ExtractorOutputs
from gan_core.evaluation.generated import Sample
from gan_core.evaluation.metrics import Metric, Value
from gan_core.evaluation.metrics.record import value_of
from gan_core.evaluation.names import BETTER
from gan_core.evaluation.reals import Reals

REALS, FAKES = 600, 400
FEATURES, CLASSES = 8, 5
DIRECTIONS = ("lower", "higher")


def check_metric(name: str, metric: Metric) -> list[Finding]:
    """All checks of a metric that is registered under this name."""
    before = global_random_state()
    found = findings_of(
        lambda: [_direction(name)],
        lambda: [_number(metric)],
        lambda: [_repeats(metric)],
        lambda: [_order(name, metric)],
    )
    return [*found, random_numbers(before)]


def outputs(n: int, seed: int) -> ExtractorOutputs:
    """Features [n 8] and logits [n 5] of made-up real images: about one of five points each."""
    stream = torch.Generator().manual_seed(seed)
    points = torch.randn(CLASSES, FEATURES, generator=torch.Generator().manual_seed(7), dtype=torch.float64) * 4
    classes = torch.randint(CLASSES, (n,), generator=stream)
    features = points[classes] + torch.randn(n, FEATURES, generator=stream, dtype=torch.float64)
    return ExtractorOutputs(features, 6 * torch.nn.functional.one_hot(classes, CLASSES).double())


def collapsed(n: int) -> ExtractorOutputs:
    """What a bad generator gives: one point far away, of no class in particular, with a little noise."""
    stream = torch.Generator().manual_seed(3)
    noise = torch.randn(n, FEATURES, generator=stream, dtype=torch.float64)
    logits = torch.zeros(n, CLASSES, dtype=torch.float64)
    logits[:, 0] = 0.01
    return ExtractorOutputs(30 + 0.05 * noise, logits)


def asked_for(fakes: ExtractorOutputs) -> Tensor:
    """The classes [n] that G was to draw: what it drew, or all by turns where it drew the same again and again."""
    drawn = fakes.logits.argmax(dim=1)
    return drawn if len(torch.unique(drawn)) > 1 else torch.arange(len(drawn)) % CLASSES


def measured(metric: Metric, fakes: ExtractorOutputs, batch: int) -> Value:
    """The metric of these fakes, given in batches, against made-up reals."""
    reals = outputs(REALS, seed=1)
    seen = {"features": reals.features.float(), "classes": reals.logits.argmax(dim=1)}
    known = Reals(REALS, CLASSES, CPU, lambda: seen, lambda what, make: make(), seen["classes"])
    n = len(fakes.features)
    with told("runs", "measuring"):
        sample = Sample(FEATURES, CLASSES, CPU, metric.keeps, asked_for(fakes) if metric.needs_labels else None)
        for start in range(0, n, batch):
            sample.add(ExtractorOutputs(*(part[start : start + batch] for part in fakes)))
        return value_of(metric, metric.measure(known, sample, metric.options(n, REALS)))


def _direction(name: str) -> Finding:
    direction = BETTER.get(name)
    return judged(
        "direction",
        direction in DIRECTIONS,
        f"{direction} is better",
        f"it is not declared which way is better: {direction!r}",
        "'lower' or 'higher'",
    )


def _number(metric: Metric) -> Finding:
    value, error = measured(metric, outputs(FAKES, seed=2), FAKES)
    if not math.isfinite(value):
        return failed("number", f"the value of {FAKES} ordinary images is {value}", "a finite number")
    low, high = metric.bounds
    if not low <= value <= high:
        return failed("number", f"{value:.6g} lies outside its bounds [{low:g}, {high:g}]", "put the bounds right")
    if error is not None and not (math.isfinite(error) and error >= 0):
        return failed("number", f"its standard error is {error}", "a number of at least 0, or None")
    return passed("number", f"{value:.4g} of {FAKES} made-up images")


def _repeats(metric: Metric) -> Finding:
    """The same twice, and however the images are split into batches."""
    fakes = outputs(FAKES, seed=2)
    first, second, split = (measured(metric, fakes, batch).value for batch in (FAKES, FAKES, 64))
    if repr(first) != repr(second):
        text = f"measured twice it is {first:.9g} and {second:.9g}"
        return failed("same twice", text, "draw with a torch.Generator that you seed, its seed among `options`")
    return judged(
        "same twice",
        repr(first) == repr(split) or math.isclose(first, split, rel_tol=1e-6, abs_tol=1e-9),
        "the same twice, and in batches of another size",
        f"it is {first:.9g} in one batch and {split:.9g} in batches of 64",
        "measure the sample as a whole; how it came in batches must not matter",
    )


def _order(name: str, metric: Metric) -> Finding:
    """Images like the reals are better than one image again and again."""
    good, bad = measured(metric, outputs(FAKES, seed=2), FAKES).value, measured(metric, collapsed(FAKES), FAKES).value
    right = good < bad if BETTER.get(name) == "lower" else good > bad
    words = f"images like the reals get {good:.4g}, one image again and again {bad:.4g}"
    if right or (math.isfinite(good) and math.isnan(bad)):
        return passed("order", words)
    return doubtful("order", f"{words}, and {BETTER.get(name)} is better", "is the direction the wrong way round?")
