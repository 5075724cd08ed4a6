"""Scoring through the whole path: pictures, extractor, restored moments, metrics, names and stamps."""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torchmetrics.image.fid import FrechetInceptionDistance
from torchmetrics.image.inception import InceptionScore

from gan_core.datasets import ImageSet
from gan_core.evaluation.evaluator import Evaluator
from gan_core.evaluation.extractors.fmnistcnn import FMNISTCNN
from gan_core.evaluation.metrics import METRICS
from gan_core.evaluation.quantise import to_uint8
from gan_core.events import Score
from gan_core.problems import UserError

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def evaluator(some_shapes: ImageSet, tmp_path_factory: pytest.TempPathFactory) -> Evaluator:
    return Evaluator("fmnistcnn", some_shapes, tmp_path_factory.mktemp("home"), CPU)


@pytest.fixture(scope="module")
def fakes(other_shapes: ImageSet) -> Tensor:
    return torch.tensor(other_shapes.images)


def values(evaluator: Evaluator, images: Tensor, batch: int = 100) -> dict[str, float]:
    scores = evaluator.score(images.split(batch), len(images), "ema")
    return {score.metric: score.value for score in scores}


class Part(nn.Module):
    """One of the extractor's two outputs, as torchmetrics wants a feature extractor."""

    num_features = FMNISTCNN.num_features

    def __init__(self, name: str) -> None:
        super().__init__()
        self.network = FMNISTCNN.load(CPU)
        self.name = name

    def forward(self, images: Tensor) -> Tensor:
        part: Tensor = getattr(self.network(images), self.name)
        return part


@pytest.mark.filterwarnings("ignore:Metric `InceptionScore`:UserWarning")
def test_scores_are_those_of_torchmetrics_given_the_images(
    evaluator: Evaluator, some_shapes: ImageSet, fakes: Tensor
) -> None:
    fid = FrechetInceptionDistance(Part("features"))
    fid.update(torch.tensor(some_shapes.images), real=True)
    fid.update(fakes, real=False)
    score = values(evaluator, fakes)
    assert score["fid"] == pytest.approx(float(fid.compute()), rel=1e-4)
    inception_score = InceptionScore(Part("logits"), splits=10)
    inception_score.update(fakes)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        assert score["is"] == pytest.approx(float(inception_score.compute()[0]), rel=1e-4)


def test_restored_moments_give_the_same_fid_bit_for_bit(some_shapes: ImageSet, fakes: Tensor, tmp_path: Path) -> None:
    first = values(Evaluator("fmnistcnn", some_shapes, tmp_path, CPU), fakes)
    assert values(Evaluator("fmnistcnn", some_shapes, tmp_path, CPU), fakes) == first


def test_the_reals_themselves_are_at_distance_zero(evaluator: Evaluator, some_shapes: ImageSet) -> None:
    assert abs(values(evaluator, torch.tensor(some_shapes.images))["fid"]) < 1e-4


def test_order_and_batch_size_change_no_fid(evaluator: Evaluator, fakes: Tensor) -> None:
    once = values(evaluator, fakes)["fid"]
    assert values(evaluator, fakes.flip(0), batch=37)["fid"] == pytest.approx(once, rel=1e-5)


def test_exactly_so_many_images_are_used_and_no_batch_more_is_asked_for(evaluator: Evaluator, fakes: Tensor) -> None:
    def batches() -> Iterator[Tensor]:
        yield from fakes[:300].split(100)
        pytest.fail("a batch too many")

    scores = evaluator.score(batches(), 250, "ema")
    assert {s.metric: s.value for s in scores} == values(evaluator, fakes[:250])


def test_too_few_images_are_an_error(evaluator: Evaluator, fakes: Tensor) -> None:
    with pytest.raises(ValueError, match="601 images requested, the batches hold 600"):
        evaluator.score(fakes.split(100), 601, "ema")
    with pytest.raises(ValueError, match="1 images have no covariance"):
        evaluator.score(fakes.split(100), 1, "ema")


def test_pictures_of_another_kind_are_an_error(evaluator: Evaluator, fakes: Tensor) -> None:
    for wrong in (fakes.float(), fakes[:, :, 1:], fakes.expand(-1, 3, -1, -1)):
        with pytest.raises(ValueError, match=r"expected uint8 \[N 1 32 32\]"):
            evaluator.score([wrong], 10, "ema")


def test_a_generator_that_is_not_finite_scores_nan(evaluator: Evaluator) -> None:
    batches = (to_uint8(x) for x in [torch.zeros(50, 1, 32, 32), torch.full((50, 1, 32, 32), math.nan)])
    scores = evaluator.score(batches, 100, "ema")
    assert [score.metric for score in scores] == ["fid", "is"]
    assert all(math.isnan(score.value) for score in scores)


def test_constant_pictures_are_scored(evaluator: Evaluator) -> None:
    score = values(evaluator, torch.full((50, 1, 32, 32), 40, dtype=torch.uint8))
    assert score["is"] == pytest.approx(1, abs=1e-6)
    assert math.isfinite(score["fid"])
    assert score["fid"] > 0


def test_scoring_leaves_every_random_stream_alone(some_shapes: ImageSet, fakes: Tensor, tmp_path: Path) -> None:
    torch.manual_seed(3)
    np.random.seed(3)
    torch_before, numpy_before = torch.random.get_rng_state(), np.random.get_state()[1].copy()
    values(Evaluator("fmnistcnn", some_shapes, tmp_path, CPU), fakes)
    assert torch.equal(torch.random.get_rng_state(), torch_before)
    assert (np.random.get_state()[1] == numpy_before).all()


def test_names_and_stamps_tell_protocols_apart(evaluator: Evaluator, fakes: Tensor) -> None:
    fid, inception_score = evaluator.score([fakes], 500, "ema")
    assert fid.name == f"fid500_fmnistcnn-{FMNISTCNN.digest}"
    assert inception_score.name == f"is500_fmnistcnn-{FMNISTCNN.digest}"
    assert fid.protocol["reference"] == "some-shapes train"
    assert inception_score.protocol["reference"] is None
    assert inception_score.protocol["options"] == {"splits": 10, "shuffle_seed": 0}
    stamps = {fid.stamp, inception_score.stamp}
    stamps |= {s.stamp for s in evaluator.score([fakes], 400, "ema")}
    stamps |= {s.stamp for s in evaluator.score([fakes], 500, "running-statistics")}
    assert len(stamps) == 6
    assert [s.stamp for s in evaluator.score([fakes.flip(0)], 500, "ema")] == [fid.stamp, inception_score.stamp]


def test_colour_needs_another_extractor(tmp_path: Path) -> None:
    colour = ImageSet.of("c", "train", np.zeros((4, 3, 32, 32), np.uint8), np.zeros(4, np.int64), "")
    with pytest.raises(UserError, match=r"sees images of 1 channel\(s\), the data have 3"):
        Evaluator("fmnistcnn", colour, tmp_path, CPU)


def test_every_metric_at_once_restored_and_in_other_batches(
    some_shapes: ImageSet, fakes: Tensor, tmp_path: Path
) -> None:
    plain = tuple(name for name, metric in METRICS.items() if not metric.needs_labels)
    first = Evaluator("fmnistcnn", some_shapes, tmp_path, CPU, plain).measure(fakes.split(100), 600, "ema")
    assert [score.metric for score in first.scores] == list(plain)
    assert all(math.isfinite(score.value) for score in first.scores)
    assert [score.metric for score in first.scores if score.error is not None] == ["kid"]
    assert len({score.stamp for score in first.scores}) == len(plain)
    again = Evaluator("fmnistcnn", some_shapes, tmp_path, CPU, plain)
    assert again.measure(fakes.split(100), 600, "ema") == first
    other = again.measure(fakes.split(37), 600, "ema")
    for a, b in zip(first.scores, other.scores, strict=True):
        assert a.value == pytest.approx(b.value, rel=1e-4, abs=1e-6)
    for black in (0, 255):  # a generator that gave up
        collapsed = again.measure([torch.full((50, 1, 32, 32), black, dtype=torch.uint8)], 50, "ema")
        assert all(math.isfinite(score.value) for score in collapsed.scores)


def test_an_unknown_metric_tells_the_nearest(some_shapes: ImageSet, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no metric is called 'precison'.*did you mean 'precision'\?"):
        Evaluator("fmnistcnn", some_shapes, tmp_path, CPU, ["fid", "precison"])


def test_a_score_of_an_older_journal_has_no_error(evaluator: Evaluator, fakes: Tensor) -> None:
    (score, _) = evaluator.score([fakes], 500, "ema")
    older = score.model_dump(exclude={"error"})
    assert Score.model_validate(older) == score
