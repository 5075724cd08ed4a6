"""Labels as they are drawn, and the names that go with them."""

from pathlib import Path

import pytest
import torch
from scipy.stats import chisquare

from gan_core import datasets
from gan_core.datasets import DATASETS
from gan_core.datasets.labels import Classes, Labelling


def test_labels_are_drawn_as_often_as_they_occur() -> None:
    classes = Classes(("a", "b", "c", "d"), (10, 0, 30, 60))
    drawn = classes.draw(5000, torch.Generator().manual_seed(0))
    counts = torch.bincount(drawn, minlength=4)
    assert drawn.dtype == torch.int64
    assert counts[1] == 0
    assert chisquare(counts[[0, 2, 3]], [500, 1500, 3000]).pvalue > 0.01
    assert torch.equal(drawn, classes.draw(5000, torch.Generator().manual_seed(0)))
    neighbours = torch.stack([drawn[:-1], drawn[1:]])
    assert float(torch.corrcoef(neighbours.double())[0, 1]) == pytest.approx(0, abs=0.05)


def test_a_set_knows_its_classes(home: Path) -> None:
    loaded = datasets.load("shapes", "train", 16, home)
    assert loaded.classes == DATASETS["shapes"].classes
    labelling = Labelling.of(loaded)
    assert sum(labelling.classes.counts) == len(loaded) == len(labelling.y)
    assert labelling.classes.counted()["disc"] == int((loaded.labels == 1).sum())
