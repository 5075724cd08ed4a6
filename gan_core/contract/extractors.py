"""The contract of a feature extractor: features and logits in float64, the same twice and whatever the batch."""

import math
from pathlib import Path

import torch
from torch import Tensor, nn

from gan_core.contract.finding import Finding, failed, findings_of, judged, not_tried, passed, told
from gan_core.contract.global_random import global_random_state, random_numbers
from gan_core.contract.tiny import CPU, blobs
from gan_core.evaluation.extractors import Extractor, ExtractorOutputs
from gan_core.evaluation.features import extract
from gan_core.problems import UserError

SIDES = (16, 32)  # px


def check_extractor(extractor: Extractor, home: Path) -> list[Finding]:
    """All checks of an extractor whose weights are at hand. Nothing is downloaded for it."""
    before = global_random_state()
    try:
        with_weights = extractor.located(home)
    except UserError as error:
        return [not_tried("outputs", str(error.problems[0]))]
    try:
        with told("weights", "loading the weights"):
            network = with_weights.load(CPU)
    except UserError as error:
        return [failed("weights", str(error.problems[0]), "the file's sha256 belongs in the record")]
    found = findings_of(
        *(lambda side=side: [_outputs(extractor, network, side)] for side in SIDES),
        lambda: [_repeats(extractor, network)],
        lambda: [_distinguishes(extractor, network)],
    )
    first = {(finding.check, finding.outcome): finding for finding in reversed(found)}
    return [*list(first.values())[::-1], random_numbers(before)]


def _images(extractor: Extractor, side: int, n: int = 6) -> Tensor:
    """uint8 [n C side side]"""
    return torch.from_numpy(blobs(extractor.channels, side, side)[:n].copy())


def _outputs(extractor: Extractor, network: nn.Module, side: int) -> Finding:
    with told("outputs", f"a forward pass of uint8 images of {side} px"):
        outputs = extract(network, _images(extractor, side))
    if not isinstance(outputs, ExtractorOutputs):
        return failed("outputs", f"it gives {type(outputs).__name__}", "ExtractorOutputs(features, logits)")
    expected = {"features": extractor.num_features, "logits": extractor.classes}
    for name, columns in expected.items():
        tensor: Tensor = getattr(outputs, name)
        if tuple(tensor.shape) != (6, columns) or tensor.dtype != torch.float64:
            text = f"{name} of 6 images of {side} px are {tensor.dtype} of shape {list(tensor.shape)}"
            return failed("outputs", text, f"float64 [N {columns}], as the record says")
        if not torch.isfinite(tensor).all():
            return failed("outputs", f"{name} are not finite for images of {side} px", "finite numbers for every image")
    return passed("outputs", f"features [N {extractor.num_features}], logits [N {extractor.classes}], float64")


def _repeats(extractor: Extractor, network: nn.Module) -> Finding:
    images = _images(extractor, SIDES[-1])
    with told("same twice", "a forward pass"):
        first, second = extract(network, images), extract(network, images)
        alone = torch.cat([extract(network, image[None]).features for image in images])
    if not torch.equal(first.features, second.features):
        return failed(
            "same twice", "features of the same images differ", "evaluation mode, no dropout, no random crops"
        )
    scale = max(float(first.features.abs().max()), math.ulp(1.0))
    return judged(
        "same twice",
        bool(((first.features - alone).abs() <= 1e-4 * scale).all()),
        "the same twice, and image by image",
        "the features of an image depend on the others of its batch",
        "batch norm in evaluation mode, with running statistics",
    )


def _distinguishes(extractor: Extractor, network: nn.Module) -> Finding:
    features = extract(network, _images(extractor, SIDES[-1])).features
    return judged(
        "differs",
        bool((features - features[:1]).abs().sum(dim=1)[1:].gt(0).all()),
        "other images have other features",
        "different images have the same features",
        "is the input scaled away, or the layer saturated?",
    )
