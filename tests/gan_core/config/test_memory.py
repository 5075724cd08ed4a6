"""How much memory a run needs, without allocating much."""

import subprocess
import sys

import pytest
import torch

from gan_core.config import memory, resolve
from gan_core.config.catalog import choices, tricks
from gan_core.config.memory import GB, least_memory, memory_problem
from gan_core.datasets import DATASETS
from gan_core.nets import ACTIVATIONS, ARCHITECTURES, NORMALISATIONS
from gan_core.problems import UserError


def test_weights_gradients_moments_and_outputs() -> None:
    config = resolve({"data": "shapes", "architecture": "mlp", "image_size": 16, "width": 8, "batch_size": 4})
    channels = DATASETS["shapes"].channels
    assert channels is not None
    G, D = ARCHITECTURES["mlp"].generator(config, channels), ARCHITECTURES["mlp"].discriminator(config, channels)
    weights = sum(weight.numel() for net in (G, D) for weight in net.parameters())
    layers = [module for net in (G, D) for name, module in net.blocks.named_modules() if name.endswith("linear")]
    outputs = 4 * sum(layer.out_features for layer in layers)
    assert least_memory(config) == 4 * (4 * weights + outputs)
    slow = resolve({**config.plain(), "optimizer_g": "sgd", "optimizer_d": "sgd"}, named=())
    assert least_memory(slow) == 4 * (2 * weights + outputs)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_of_every_architecture_without_drawing_a_number(architecture: str) -> None:
    before = torch.get_rng_state()
    small = {"data": "shapes", "architecture": architecture, "batch_size": 2}
    assert 1e5 < least_memory(resolve(small)) < 1e9
    assert least_memory(resolve({**small, "latent_dim": 50_000})) > least_memory(resolve(small))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("norm", NORMALISATIONS)
def test_of_every_normalisation(norm: str) -> None:
    assert least_memory(resolve({"data": "shapes", "norm_g": norm, "norm_d": norm})) > 0


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_of_every_activation(activation: str) -> None:
    assert least_memory(resolve({"data": "shapes", "activation_g": activation, "activation_d": activation})) > 0


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_networks_that_are_run_need_what_the_rules_of_shapes_say(
    architecture: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = resolve({"data": "shapes", "architecture": architecture, "width": 8, "batch_size": 3})
    needed = []
    for quick in (10**12, 0):
        monkeypatch.setattr(memory, "QUICK", quick)
        memory._least_memory.cache_clear()
        needed.append(least_memory(config))
    memory._least_memory.cache_clear()
    assert needed[0] == needed[1]


def test_small_networks_need_no_symbolic_algebra() -> None:
    code = (
        "import sys\nfrom gan_core.config import resolve\nfrom gan_core.config.memory import least_memory\n"
        "print(least_memory(resolve({'data': 'fashion-mnist', 'width': 16})))\n"
        "print(*{'sympy', 'torch._dynamo'} & sys.modules.keys())"
    )
    needed, loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.split("\n")[:2]
    assert int(needed) > 0
    assert loaded == ""


def test_what_does_not_fit_is_a_problem() -> None:
    wide = resolve({"data": "shapes", "width": 65_536, "max_width": 65_536})
    problem = memory_problem(wide, int(16 * GB))
    assert problem is not None
    assert "GB of memory for a batch of 64; allowed: 16 GB here; smaller width" in str(problem)
    assert memory_problem(resolve({"data": "shapes"}), int(16 * GB)) is None


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        *((name, 10**9) for name in ("width", "max_width", "latent_dim", "batch_size", "d_steps", "g_steps")),
        *((name, 10**9) for name in ("progress_evaluations", "progress_samples", "full_samples")),
        *(("budget_kimg", kimg) for kimg in (1e300, 1e7)),
        ("replay", {"buffer_images": 10**9}),
        ("minibatch_discrimination", {"kernels": 10**9}),
    ],
)
def test_a_number_that_no_run_could_reach_is_refused(setting: str, value: object) -> None:
    with pytest.raises(UserError, match=rf"^{setting}.* is out of range; allowed: .*<= \d"):
        resolve({setting: value})


def test_every_whole_number_has_a_top() -> None:
    """So that none makes a run hang before its first step."""
    options = [*choices(), *(option for trick in tricks() for option in trick.options)]
    open_ended = {option.name for option in options if "int" in option.kind and "<" not in option.kind}
    assert open_ended <= {"image_size"}
