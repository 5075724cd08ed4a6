"""The estimate of what a trial takes on a GPU, beside the tensors that live in a step."""

import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter

from gan_core.config import resolve
from gan_core.config.gpu_memory import DRAWN, PROCESS, TIMES, gpu_memory
from gan_core.config.memory import least_memory
from gan_core.schema.configuration import Config
from gan_core.training.build import build
from gan_core.training.sampling import BATCH
from gan_core.training.step import train_step


class Living(TorchDispatchMode):
    """Counts the bytes of all tensors that are made within and live at the same time."""

    def __init__(self) -> None:
        super().__init__()
        self.most, self._sizes = 0, dict[int, int]()

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = function(*args, **(kwargs or {}))
        for tensor in tree_iter(out):
            if isinstance(tensor, torch.Tensor):
                storage = tensor.untyped_storage()
                if storage._cdata not in self._sizes:
                    self._sizes[storage._cdata] = storage.nbytes()
                    weakref.finalize(storage, self._sizes.pop, storage._cdata, None)
        self.most = max(self.most, sum(self._sizes.values()))
        return out


@pytest.mark.parametrize(
    "settings",
    [
        {"architecture": "dcgan"},
        {"architecture": "mlp"},
        {"architecture": "sngan_resnet"},
        {"architecture": "r3gan", "width": 4, "loss": "relativistic", "r1": True, "r2": True},
        {"minibatch_discrimination": True},  # the trick that takes most
    ],
    ids=lambda settings: "-".join(settings),
)
def test_more_than_lives_in_a_step(settings: dict[str, Any]) -> None:
    config = resolve({"data": "shapes", "image_size": 32, "width": 16, "batch_size": 16, "budget_kimg": 1, **settings})
    images = np.zeros((100, 3, 32, 32), dtype=np.uint8)
    with Living() as living:
        state = build(config, images, torch.device("cpu"))
        train_step(state)
        train_step(state)
    assert least_memory(config) < living.most < TIMES * least_memory(config)


def test_the_largest_counts_with_its_images() -> None:
    small, large = (resolve({"data": "cifar-10", "width": width, "extractor": "none"}) for width in (8, 64))
    assert gpu_memory([small, large]) == gpu_memory([large]) > gpu_memory([small])
    assert gpu_memory([small]) == PROCESS + networks(small) + 50_000 * 3 * 32 * 32


def test_a_folder_has_as_many_images_as_files(tmp_path: Path) -> None:
    for number in range(3):
        Image.new("L", (8, 8)).save(tmp_path / f"{number}.png")
    config = resolve({"data": "folder", "data_dir": str(tmp_path), "image_size": 32, "extractor": "none"})
    assert gpu_memory([config]) == PROCESS + networks(config) + 3 * 3 * 32 * 32
    away = resolve({"data": "folder", "data_dir": str(tmp_path / "away"), "image_size": 32, "extractor": "none"})
    assert gpu_memory([away]) == PROCESS + networks(away)


def networks(config: Config) -> int:
    """With more images at once than there are in a batch."""
    assert config.batch_size < DRAWN == BATCH
    return TIMES * least_memory(resolve({**config.plain(), "batch_size": DRAWN}, named=()))


MEASURED = (  # settings; GB that a whole run took on an H200, without the 0.44 GB of its context and libraries
    ({"width": 16}, 0.36),
    ({"width": 64, "cuda_graphs": True}, 0.36),
    ({"width": 64, "image_size": 64}, 0.78),
    ({"width": 64, "image_size": 64, "cuda_graphs": True}, 1.24),
    ({"width": 64, "image_size": 64, "batch_size": 256}, 1.04),
    ({"width": 64, "architecture": "sngan_resnet"}, 8.65),
    ({"width": 64, "architecture": "sngan_resnet", "batch_size": 256}, 8.71),
    ({"width": 64, "architecture": "sngan_cnn"}, 0.77),
    ({"width": 64, "architecture": "mlp"}, 0.77),
    ({"width": 16, "extractor": "inception"}, 2.36),
)


@pytest.mark.parametrize(("settings", "taken"), MEASURED, ids=str)
def test_more_than_was_measured_on_a_gpu(settings: dict[str, Any], taken: float) -> None:
    config = resolve({"data": "shapes", "image_size": 32, "batch_size": 64, "budget_kimg": 1, **settings})
    assert taken * 1e9 + 0.44e9 < gpu_memory([config])
