"""What scores by class need, and that they change no other score."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from gan_core.datasets import ImageSet
from gan_core.datasets.shapes import CLASSES
from gan_core.evaluation.by_class import class_problems, rare_problems
from gan_core.evaluation.evaluator import Evaluator, Requested
from gan_core.evaluation.extractors import EXTRACTORS, find
from gan_core.problems import UserError

CPU = torch.device("cpu")
BY_CLASS = ("class_fid", "class_coverage")


@pytest.fixture(scope="module")
def named(some_shapes: ImageSet) -> ImageSet:
    return replace(some_shapes, classes=CLASSES)


def test_a_reals_own_images_agree_class_by_class(named: ImageSet, tmp_path: Path) -> None:
    evaluator = Evaluator(
        "fmnistcnn", named, tmp_path, CPU, ("fid", *BY_CLASS), requested=Requested(CLASSES, "as often")
    )
    images, labels = torch.from_numpy(named.images), torch.from_numpy(named.labels)
    right = {score.metric: score for score in evaluator.score([images], 600, "ema", labels)}
    wrong = {score.metric: score for score in evaluator.score([images], 600, "ema", (labels + 1) % 5)}
    assert abs(right["class_fid"].value) < 1e-6
    assert right["class_coverage"].value == 1
    assert wrong["class_fid"].value > 0.05
    assert wrong["class_coverage"].value < 0.7
    assert wrong["fid"] == right["fid"]
    again = Evaluator("fmnistcnn", named, tmp_path, CPU, BY_CLASS, requested=Requested(CLASSES, "as often"))  # restored
    assert again.score([images.split(77)[0], images[77:]], 600, "ema", labels) == (
        right["class_fid"],
        right["class_coverage"],
    )


def test_how_classes_are_drawn_is_in_the_stamp_of_scores_by_class_alone(named: ImageSet, tmp_path: Path) -> None:
    stamps: dict[str, set[str]] = {"fid": set(), "is": set(), "kid": set(), "class_fid": set()}
    for requested in (None, Requested(CLASSES, "as often"), Requested(CLASSES, "all alike")):
        metrics = ("fid", "is", "kid", *(() if requested is None else ("class_fid",)))
        evaluator = Evaluator("fmnistcnn", named, tmp_path, CPU, metrics, requested=requested)
        for metric in evaluator.metrics:
            protocol = evaluator.protocol(metric, 600, "ema")
            assert ("labels" in protocol.model_dump(mode="json")) == metric.needs_labels
            stamps[metric.name].add(protocol.stamp)
    assert {name: len(found) for name, found in stamps.items()} == {"fid": 1, "is": 1, "kid": 1, "class_fid": 2}


def test_a_score_by_class_needs_a_conditional_g_and_reals_of_its_classes(named: ImageSet, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"class_fid: a score by class needs .*conditional: true"):
        Evaluator("fmnistcnn", named, tmp_path, CPU, ("fid", "class_fid"))
    with pytest.raises(UserError, match="no classes, or not those that G draws"):
        Evaluator("fmnistcnn", replace(named, classes=()), tmp_path, CPU, BY_CLASS, requested=Requested(CLASSES, ""))
    with pytest.raises(UserError, match=r"label_agreement: fmnistcnn tells T-shirt/top.* data are square, disc"):
        Evaluator("fmnistcnn", named, tmp_path, CPU, ("label_agreement",), requested=Requested(CLASSES, ""))


@pytest.mark.parametrize(
    ("counts", "n_fake", "words"),
    [
        ((60, 60, 60), 240, None),
        ((60, 60, 60), 239, r"of 239 fakes too few .* 'square', of 60 of the 180 .* at least 240 fakes"),
        ((300, 60, 140), 666, r"of 666 fakes too few .* 'disc', of 60 of the 500 .* at least 667 fakes: 80 of that"),
        ((300, 60, 140), 667, None),
        ((300, 49, 140), 10_000, r"too few images of the class 'disc', of 49 of the 489 real images.* at least 50"),
    ],
)
def test_every_class_must_be_frequent_enough(
    named: ImageSet, counts: tuple[int, ...], n_fake: int, words: str | None
) -> None:
    labels = np.repeat(np.arange(3), counts)
    images = replace(named, labels=labels, images=named.images[np.zeros(len(labels), dtype=int)])
    assert rare_problems(["fid", "label_agreement"], images, 2) == []
    problems = rare_problems(["fid", *BY_CLASS], images, n_fake)
    assert len(problems) == (words is not None)
    if words is not None:
        assert re.search(words, str(problems[0]))


def test_an_extractor_must_tell_the_datas_classes() -> None:
    fashion = EXTRACTORS["fmnistcnn"].class_names
    assert len(fashion) == EXTRACTORS["fmnistcnn"].classes
    assert class_problems(["label_agreement"], fashion, find("fmnistcnn"), 1000) == []
    assert class_problems(["label_agreement"], (), find("fmnistcnn"), 1000) == []  # not known yet
    (problem,) = class_problems(["fid", "label_agreement"], fashion, find("inception"), 1000)
    assert "inception tells others" in str(problem)
    # One whose file is not located yet, and which may say that it tells them
    unknown = replace(find("inception"), classes=2)
    assert class_problems(["label_agreement"], fashion, unknown, 1000) == []


def test_enough_fakes_for_every_class() -> None:
    extractor = find("fmnistcnn")
    (problem,) = class_problems(BY_CLASS, extractor.class_names, extractor, 999, "progress_metrics")
    assert str(problem) == (
        "progress_metrics: class_fid, class_coverage: 999 fakes are too few for 10 classes; "
        "allowed: at least 1000: 100 a class"
    )
    assert class_problems(BY_CLASS, extractor.class_names, extractor, 1000) == []
