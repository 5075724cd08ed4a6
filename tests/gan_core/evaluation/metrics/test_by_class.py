"""Scores class by class, against torchmetrics, all distances, and counting."""

import math

import pytest
import torch
from scipy.spatial.distance import cdist
from torch import Tensor, nn
from torchmetrics.image.fid import FrechetInceptionDistance

from tests.gan_core.evaluation.measuring import measured


class Pixels(nn.Module):
    """An extractor whose features are the pixels, for torchmetrics."""

    num_features = 3

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1).double()


def clouds(seed: int, counts: dict[int, int], shift: float = 0.0) -> tuple[Tensor, Tensor]:
    """Features [N 3] with whole numbers in 0 to 255, and labels [N], the classes mixed."""
    random = torch.Generator().manual_seed(seed)
    parts = [
        (40 * k + 20 + shift + 9 * torch.randn(n, 3, generator=random)).round().clamp(0, 255) for k, n in counts.items()
    ]
    labels = torch.cat([torch.full((n,), k) for k, n in counts.items()])
    order = torch.randperm(len(labels), generator=random)
    return torch.cat(parts).double()[order], labels[order]


def torchmetrics_fid(reals: Tensor, fakes: Tensor) -> float:
    metric = FrechetInceptionDistance(Pixels())
    metric.set_dtype(torch.float64)
    for x, is_real in ((reals, True), (fakes, False)):
        metric.update(x.to(torch.uint8).view(-1, 3, 1, 1), real=is_real)
    return float(metric.compute())


def test_class_fid_is_the_mean_of_torchmetrics_fids() -> None:
    (reals, y_real), (fakes, y_fake) = clouds(0, {0: 90, 2: 60, 5: 200}), clouds(1, {0: 55, 2: 80, 5: 130}, 3.0)
    by_hand = [torchmetrics_fid(reals[y_real == k], fakes[y_fake == k]) for k in (0, 2, 5)]
    ours = measured("class_fid", reals, fakes, labels=(y_real, y_fake))["class_fid"].value
    assert ours == pytest.approx(sum(by_hand) / 3, rel=1e-6)


def test_swapped_classes_leave_the_fid_and_ruin_the_class_fid() -> None:
    (reals, y_real), (fakes, y_fake) = clouds(0, {0: 300, 1: 300}), clouds(1, {0: 300, 1: 300})
    swapped = (y_real, 1 - y_fake)
    assert measured("fid", reals, fakes)["fid"].value < 20
    assert measured("class_fid", reals, fakes, labels=(y_real, y_fake))["class_fid"].value < 20
    assert measured("class_fid", reals, fakes, labels=swapped)["class_fid"].value > 3 * 30**2
    assert measured("class_coverage", reals, fakes, labels=swapped)["class_coverage"].value < 0.2


def test_class_coverage_by_all_distances() -> None:
    (reals, y_real), (fakes, y_fake) = clouds(0, {0: 90, 3: 60}), clouds(1, {0: 55, 3: 80}, 3.0)
    shares = []
    for k in (0, 3):
        real, fake = reals[y_real == k], fakes[y_fake == k]
        radii = torch.from_numpy(cdist(real, real)).sort(dim=1).values[:, 5]  # the first is the image itself
        shares.append(float((torch.from_numpy(cdist(real, fake)) < radii[:, None]).any(dim=1).double().mean()))
    ours = measured("class_coverage", reals, fakes, labels=(y_real, y_fake))["class_coverage"].value
    assert ours == pytest.approx(sum(shares) / 2)
    assert 0.3 < ours < 1


@pytest.mark.parametrize("name", ["class_fid", "class_coverage"])
def test_too_few_images_of_a_class_are_no_score(name: str) -> None:
    enough, few, more = clouds(0, {0: 60, 1: 50}), clouds(1, {0: 60, 1: 49}), clouds(2, {0: 60, 1: 50, 7: 9})
    for reals, fakes, is_number in (
        (enough, enough, True),
        (enough, few, False),
        (few, enough, False),
        (enough, more, True),
    ):
        value = measured(name, reals[0], fakes[0], labels=(reals[1], fakes[1]))[name].value
        assert math.isfinite(value) == is_number  # a class that the reals don't have counts for nothing


def test_label_agreement_counts() -> None:
    labels = torch.tensor([0, 1, 2, 3, 9, 9, 9, 9])
    said = torch.tensor([0, 1, 5, 3, 9, 0, 0, 9])
    features = torch.zeros(8, 3, dtype=torch.float64)
    value = measured("label_agreement", features, features, classes=(labels, said), labels=(labels, labels))
    assert value["label_agreement"].value == 5 / 8
