"""The Inception Score's fixed points, through our metric and through torchmetrics."""

import math
import warnings
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torchmetrics.image.inception import InceptionScore

from gan_core.evaluation.extractors import ExtractorOutputs
from gan_core.evaluation.generated import Sample
from gan_core.evaluation.metrics.inception_score import INCEPTION_SCORE, options
from tests.gan_core.evaluation.measuring import reals_in_memory

CLASSES = 10
NO_REALS = reals_in_memory(torch.zeros(0, 1), torch.zeros(0, dtype=torch.int64), CLASSES)

pytestmark = pytest.mark.filterwarnings("ignore:.*InceptionScore:UserWarning", "ignore:.*std:UserWarning")


def ours(logits: Tensor, splits: int = 1) -> float:
    chosen = {"splits": splits, "shuffle_seed": 0}
    sample = Sample(1, logits.shape[1], torch.device("cpu"), INCEPTION_SCORE.keeps)
    for batch in logits.split(64):
        sample.add(ExtractorOutputs(torch.zeros(len(batch), 1), batch))
    return INCEPTION_SCORE.measure(NO_REALS, sample, chosen)["is"].value


def torchmetrics_alone(logits: Tensor) -> float:
    metric = InceptionScore(nn.Identity(), splits=1)
    metric.update(logits)
    return float(metric.compute()[0])


def one_hot(labels: Tensor, margin: float) -> Tensor:
    return margin * nn.functional.one_hot(labels, CLASSES).double()


@pytest.mark.parametrize("score", [ours, torchmetrics_alone])
class TestFixedPoints:
    def test_equal_logits_score_one(self, score: Callable[[Tensor], float]) -> None:
        assert score(torch.full((200, CLASSES), 3.0, dtype=torch.float64)) == pytest.approx(1, abs=1e-12)

    def test_balanced_certainty_scores_the_number_of_classes(self, score: Callable[[Tensor], float]) -> None:
        assert score(one_hot(torch.arange(200) % CLASSES, 100)) == pytest.approx(CLASSES, rel=1e-9)

    def test_one_single_class_scores_one(self, score: Callable[[Tensor], float]) -> None:
        assert score(one_hot(torch.full((200,), 4), 200)) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("margin", [1_000.0, 1e6])
def test_one_single_class_scores_one_at_any_margin(margin: float) -> None:
    logits = one_hot(torch.full((200,), 4), margin)
    assert math.isnan(torchmetrics_alone(logits))  # what our floor under the logits is for
    assert ours(logits) == pytest.approx(1, abs=1e-9)


def test_the_floor_changes_nothing_where_there_are_numbers() -> None:
    logits = torch.randn(300, CLASSES, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 20
    assert ours(logits) == pytest.approx(torchmetrics_alone(logits), rel=1e-12)
    p = logits.softmax(1)
    by_hand = (p * (p / p.mean(0)).log()).sum(1).mean().exp()
    assert ours(logits) == pytest.approx(float(by_hand), rel=1e-9)


def test_order_changes_nothing() -> None:
    logits = torch.randn(300, CLASSES, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    assert ours(logits) == pytest.approx(ours(logits.flip(0)), rel=1e-12)


def test_shuffling_is_seeded_and_leaves_the_global_generator_alone() -> None:
    logits = torch.randn(300, CLASSES, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    first = ours(logits, splits=10)
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.manual_seed(2)
    assert ours(logits, splits=10) == first


def test_one_split_prints_no_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ours(torch.zeros(7, CLASSES, dtype=torch.float64))


def test_not_finite_logits_score_nan() -> None:
    logits = torch.zeros(20, CLASSES, dtype=torch.float64)
    logits[0, 0] = math.nan
    assert math.isnan(ours(logits))


@pytest.mark.parametrize(("n_fake", "splits"), [(10_000, 10), (500, 10), (256, 8), (18, 9), (7, 7), (1009, 1)])
def test_splits_are_of_one_size(n_fake: int, splits: int) -> None:
    assert options(n_fake, 60_000)["splits"] == splits
