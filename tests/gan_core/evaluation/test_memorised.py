from pathlib import Path

import numpy as np
import pytest
import torch

from gan_core.datasets import ImageSet
from gan_core.datasets.subset import rows_of
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


def test_copies_are_looked_for_among_the_images_that_were_trained_on(
    evaluator: Evaluator, some_shapes: ImageSet, tmp_path: Path
) -> None:
    """By hand: every distance in the features, of a part of the reference alone."""
    part = Evaluator("fmnistcnn", some_shapes, tmp_path, torch.device("cpu"), ["fid", "authenticity"], max_images=60)
    rows = rows_of(600, 60)
    assert rows is not None
    left_out = np.setdiff1d(np.arange(600), rows)
    fakes = torch.tensor(some_shapes.images[np.concatenate([rows[:10], left_out[:30]])])
    x, y = evaluator.reals.features[rows].double(), torch.cat([o.features for o in part.outputs([fakes], 40)]).double()
    own = torch.cdist(x, x).fill_diagonal_(torch.inf).amin(dim=1)
    nearest = torch.cdist(y, x).min(dim=1)
    expected = (nearest.values >= own[nearest.indices]).double().mean()
    fid, authenticity = part.score([fakes], 40, "none")
    assert authenticity.value == pytest.approx(float(expected))
    assert (
        fid == Evaluator("fmnistcnn", some_shapes, tmp_path, torch.device("cpu"), ["fid"]).score([fakes], 40, "none")[0]
    )
    pairs = nearest_pairs(part, fakes)
    assert pairs.copies[:10].all()
    assert torch.equal(pairs.neighbours[:10, 0], fakes[:10])
    trained = {image.tobytes() for image in some_shapes.images[rows]}
    assert all(image.numpy().tobytes() in trained for image in pairs.neighbours.flatten(0, 1))
