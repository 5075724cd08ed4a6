"""Shared by all tests: where this machine's data lies, and small random images."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["OMP_NUM_THREADS"] = "1"  # tests run side by side, and the last bits depend on the number of threads

import numpy as np
import pytest

from gan_core.datasets.batches import ImageArray
from gan_core.machine.home import machine_home


@pytest.fixture(scope="session")
def home() -> Path:
    """The machine's folder for data sets and caches, as the commands use it."""
    return machine_home()


@pytest.fixture(scope="session")
def images() -> ImageArray:
    """300 grey 16x16 images of smooth blobs, uint8 [N 1 16 16]."""
    random = np.random.default_rng(0)
    y, x = np.mgrid[0:16, 0:16]
    centres = random.uniform(3, 13, size=(300, 2))
    distance = (y - centres[:, 0, None, None]) ** 2 + (x - centres[:, 1, None, None]) ** 2
    return (255 * np.exp(-distance / random.uniform(4, 20, size=(300, 1, 1)))).astype(np.uint8)[:, None]


@pytest.fixture(autouse=True)
def _own_code_is_gone() -> Iterator[None]:
    """Plug-ins that a test has loaded, such as those of a shipped study, are gone after it."""
    module = sys.modules.get("gan_core.plugins.loaded")
    before = module.entries() if module else ()
    yield
    module = sys.modules.get("gan_core.plugins.loaded")
    for entry in module.entries() if module else ():
        if entry not in before:
            module.unload(entry)


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home of this test's own, where nothing was ever allowed; plug-ins that it loads are gone afterwards."""
    from gan_core.evaluation.names import BETTER
    from gan_core.plugins.loaded import entries, unload

    monkeypatch.setenv("GAN_ABLATIONS_HOME", str(tmp_path / "home"))
    before, known = entries(), set(BETTER)
    yield tmp_path / "home"
    for entry in entries():
        if entry not in before:
            unload(entry)
    for name in set(BETTER) - known:  # from records of studies
        BETTER.drop(BETTER.owner(name))
