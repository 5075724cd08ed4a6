"""The contract table: whatever is registered keeps to what its kind has to. A new record is tested before its author
writes a test.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from gan_core.contract.architectures import check_architecture
from gan_core.contract.data_sets import check_data_set
from gan_core.contract.extractors import check_extractor
from gan_core.contract.finding import Finding
from gan_core.contract.layers import check_activation, check_normalisation
from gan_core.contract.losses import check_loss
from gan_core.contract.metrics import check_metric
from gan_core.contract.tiny import Baselines
from gan_core.contract.tricks import check_trick
from gan_core.datasets import DATASETS
from gan_core.datasets.record import Options
from gan_core.evaluation.extractors import EXTRACTORS
from gan_core.evaluation.metrics import METRICS
from gan_core.game.losses import LOSSES
from gan_core.nets import ACTIVATIONS, ARCHITECTURES, NORMALISATIONS
from gan_core.tricks import TRICKS
from tests.gan_core.datasets.pictures import fill
from tests.gan_core.tricks.triggers import TRIGGERS

DOUBTFUL = {"authenticity": "order"}  # one far point again and again is no copy of a real image
AS_NAMED: tuple[tuple[Mapping[str, Any], Callable[[str, Any], list[Finding]]], ...] = (
    (LOSSES, check_loss),
    (ACTIVATIONS, check_activation),
    (NORMALISATIONS, check_normalisation),
    (ARCHITECTURES, check_architecture),
    (METRICS, check_metric),
)


@pytest.fixture(scope="module")
def baselines() -> Baselines:
    return Baselines()


def wrong(found: list[Finding]) -> list[str]:
    assert found
    return [f"{each.check}: {each.text}" for each in found if each.failed]


@pytest.mark.parametrize("trick", TRICKS.values(), ids=lambda trick: trick.name)
def test_tricks_with_every_loss_that_their_rules_allow(trick: Any, baselines: Baselines) -> None:
    found = check_trick(trick, baselines, TRIGGERS.get(trick.name, {}))
    assert wrong(found) == []
    tried = {each.check for each in found if each.outcome == "passed"}
    assert {"record", "off", "on", "losses", "pairs", "resumed", "dose", "random numbers", "in place"} <= tried
    gradient = next(each for each in found if each.check == "gradient")
    assert gradient.outcome == "passed" or gradient.text == "it adds no term to a loss"


def named() -> Iterator[Any]:
    for registry, check in AS_NAMED:
        for name, record in registry.items():
            yield pytest.param(check, name, record, id=f"{check.__name__.removeprefix('check_')}-{name}")


@pytest.mark.parametrize(("check", "name", "record"), list(named()))
def test_what_is_known_by_name(check: Callable[[str, Any], list[Finding]], name: str, record: Any) -> None:
    found = check(name, record)
    assert wrong(found) == []
    assert {each.check for each in found if each.outcome == "doubtful"} == {*filter(None, [DOUBTFUL.get(name)])}


@pytest.mark.parametrize("name", DATASETS)
def test_data_sets_whose_files_are_here(name: str, tmp_path: Path) -> None:
    folder = fill(tmp_path / "pictures", 3)
    found = check_data_set(DATASETS[name], tmp_path / "home", Options(folder=folder))
    assert wrong(found) == []
    if name in ("shapes", "folder"):
        assert any(each.check == "images" and each.outcome == "passed" for each in found)


@pytest.mark.parametrize("name", EXTRACTORS)
def test_extractors_whose_weights_are_here(name: str, home: Path) -> None:
    found = check_extractor(EXTRACTORS[name], home)
    assert wrong(found) == []
    if name == "fmnistcnn":
        assert all(each.outcome == "passed" for each in found)
