import dataclasses
import hashlib
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from gan_core import datasets
from gan_core.evaluation import extractors
from gan_core.evaluation.extractors.fmnistcnn import FMNISTCNN, FmnistCNN
from gan_core.evaluation.extractors.train_fmnistcnn import Trainee, train
from gan_core.evaluation.features import batches_of, extract
from gan_core.problems import UserError

CPU = torch.device("cpu")
assert FMNISTCNN.weights is not None
README = FMNISTCNN.weights.with_name("README.md").read_text()


@pytest.fixture(scope="module")
def network() -> nn.Module:
    return FMNISTCNN.load(CPU)


def test_it_classifies_fashion_mnist_as_well_as_its_readme_says(network: nn.Module, home: Path) -> None:
    test = datasets.load("fashion-mnist", "test", 32, home)
    logits = torch.cat([extract(network, images).logits for images in batches_of(test.images, CPU)])
    accuracy = float((logits.argmax(1).numpy() == test.labels).mean())
    said = re.search(r"Accuracy[^0-9]*([0-9.]+) %", README)
    assert said is not None
    assert accuracy > 0.91
    assert 100 * accuracy == pytest.approx(float(said[1]), abs=0.02)


def test_the_weights_are_those_that_are_named() -> None:
    content = FMNISTCNN.weights.read_bytes()
    assert hashlib.sha256(content).hexdigest() == FMNISTCNN.sha256
    assert FMNISTCNN.sha256 in README
    assert len(content) < 1_000_000


def test_outputs_are_float64_of_the_shapes_that_are_said(network: nn.Module) -> None:
    outputs = extract(network, torch.zeros(3, 1, 32, 32, dtype=torch.uint8))
    assert outputs.features.shape == (3, FMNISTCNN.num_features)
    assert outputs.logits.shape == (3, FMNISTCNN.classes)
    assert outputs.features.dtype == outputs.logits.dtype == torch.float64
    assert network.num_features == FMNISTCNN.num_features


def test_it_stays_in_evaluation_mode_with_frozen_weights(network: nn.Module) -> None:
    holder = nn.ModuleList([network]).train()
    assert holder.training
    assert not any(module.training for module in network.modules())
    assert not any(parameter.requires_grad for parameter in network.parameters())


def test_the_real_pictures_as_published_have_the_features_of_the_padded_ones(network: nn.Module, home: Path) -> None:
    at_28, at_32 = (datasets.load("fashion-mnist", "test", size, home) for size in (28, 32))
    for unpadded, padded in zip(batches_of(at_28.images, CPU), batches_of(at_32.images, CPU), strict=True):
        for a, b in zip(extract(network, unpadded), extract(network, padded), strict=True):
            assert torch.equal(a, b)


def test_how_pictures_are_resized_is_said(network: nn.Module) -> None:
    assert FMNISTCNN.resizing(28) == "28 to 32: zero-padded"
    assert FMNISTCNN.resizing(64) == "64 to 32: bilinear with antialias"


def test_other_sizes_are_resized_with_antialias(network: nn.Module) -> None:
    images = torch.randint(0, 256, (4, 1, 64, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    averaged = nn.functional.interpolate(images.float(), (32, 32), mode="bilinear", antialias=True)
    near = extract(network, averaged.round().to(torch.uint8)).features
    torch.testing.assert_close(extract(network, images).features, near, rtol=0.05, atol=0.05)


def test_wrong_weights_are_refused_before_they_are_read(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    path.write_bytes(b"not weights at all")
    refused = dataclasses.replace(FMNISTCNN, weights=path, parse=lambda content: pytest.fail("was interpreted"))
    with pytest.raises(UserError, match=f"{path} has the wrong checksum"):
        refused.load(CPU)
    with pytest.raises(UserError, match="cannot be read"):
        dataclasses.replace(FMNISTCNN, weights=tmp_path / "missing").load(CPU)


def test_a_copy_of_the_weights_elsewhere_serves(network: nn.Module, tmp_path: Path) -> None:
    path = tmp_path / "copy"
    path.write_bytes(FMNISTCNN.weights.read_bytes())
    images = torch.randint(0, 256, (2, 1, 32, 32), dtype=torch.uint8)
    copy = dataclasses.replace(FMNISTCNN, weights=path).load(CPU)
    assert torch.equal(copy(images).features, network(images).features)


def test_loading_leaves_random_streams_alone() -> None:
    before = torch.random.get_rng_state()
    FMNISTCNN.load(CPU)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_an_unknown_name_tells_the_nearest() -> None:
    with pytest.raises(UserError, match="did you mean 'fmnistcnn'"):
        extractors.find("fmnist_cnn")


def test_folding_batch_normalisation_changes_no_answer() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        trainee = Trainee(FmnistCNN())
        images = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (64, 1, 32, 32), dtype=np.uint8))
        for _ in range(3):
            trainee.train()(images / 127.5 - 1)  # moves the running statistics
        with torch.no_grad():
            before = trainee.eval()(images / 127.5 - 1)
            after = trainee.folded()(images).logits
    torch.testing.assert_close(after.float(), before, rtol=1e-3, atol=1e-4)


def test_training_is_seeded_and_learns() -> None:
    images = torch.zeros(256, 1, 32, 32, dtype=torch.uint8)
    labels = torch.arange(256) % 2
    images[labels == 1, :, 8:24, 8:24] = 255

    def trained() -> tuple[list[float], dict[str, torch.Tensor]]:
        with torch.random.fork_rng():
            torch.manual_seed(0)
            trainee = Trainee(FmnistCNN())
            return list(train(trainee, images, labels, epochs=4)), trainee.folded().state_dict()

    losses, weights = trained()
    again_losses, again_weights = trained()
    assert losses[-1] < 0.8 * losses[0]
    assert again_losses == losses
    assert all(torch.equal(weights[name], again_weights[name]) for name in weights)
