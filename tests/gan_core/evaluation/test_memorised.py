from pathlib import Path

import pytest
import torch

from gan_core.datasets import ImageSet
from gan_core.evaluation.evaluator import Evaluator
from gan_core.evaluation.memorised import nearest_pairs


@pytest.fixture(scope="module")
def evaluator(some_shapes: ImageSet, tmp_path_factory: pytest.TempPathFactory) -> Evaluator:
    home = tmp_path_factory.mktemp("home")
    return Evaluator("fmnistcnn", some_shapes, home, torch.device("cpu"), ["authenticity"])


def test_a_copy_is_found_beside_its_original(evaluator: Evaluator, some_shapes: ImageSet) -> None:
    originals = torch.tensor(some_shapes.images[[5, 77, 400]])
    spoilt = originals.clone()
    spoilt[:, :, 3, 3] ^= 1
    pairs = nearest_pairs(evaluator, spoilt, k=2)
    assert torch.equal(pairs.neighbours[:, 0], originals)
    assert pairs.neighbours.shape == (3, 2, 1, 32, 32)
    assert (pairs.distances[:, 0] < pairs.distances[:, 1]).all()
    assert pairs.copies.all()
    noise = torch.randint(0, 256, originals.shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    assert not nearest_pairs(evaluator, noise).copies.any()


def test_the_number_agrees_with_the_pairs(evaluator: Evaluator, other_shapes: ImageSet, tmp_path: Path) -> None:
    fakes = torch.tensor(other_shapes.images[:200])
    (score,) = evaluator.score([fakes], 200, "none")
    assert score.value == pytest.approx(float((~nearest_pairs(evaluator, fakes).copies).double().mean()))
    assert 0 < score.value < 1
