"""Weight clipping: bounds, moment, and what it does not touch."""

import pytest
import torch
from torch import Tensor

from gan_core.config import broken_rules, resolve
from gan_core.datasets.batches import ImageArray
from gan_core.problems import UserError
from tests.gan_core.trainer import same, steps, tiny_state, weights


def largest(parameters: list[Tensor]) -> float:
    return max(float(p.detach().abs().max()) for p in parameters)


def test_every_weight_of_d_is_within_the_bound_and_g_is_free(images: ImageArray) -> None:
    state = steps(tiny_state(images, weight_clipping=0.01, lr_d=1e-2), 3)
    assert largest(list(state.D.parameters())) == pytest.approx(0.01)
    assert largest(list(state.G.parameters())) > 0.01


def test_it_is_a_projection_onto_the_box(images: ImageArray) -> None:
    clipped, free = tiny_state(images, weight_clipping=0.02), tiny_state(images)
    steps(clipped, 1), steps(free, 1)
    for ours, theirs in zip(clipped.D.parameters(), free.D.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs.clamp(-0.02, 0.02), rtol=0, atol=0)


def test_statistics_of_batch_norm_are_left_alone(images: ImageArray) -> None:
    state = steps(tiny_state(images, weight_clipping=0.01), 2)
    buffers = [b for name, b in state.D.named_buffers() if name.endswith("running_var")]
    assert buffers
    assert largest(buffers) > 0.01


@pytest.mark.parametrize(("when", "beyond"), [("after", False), ("before", True)])
def test_clipped_before_the_update_g_learns_from_a_d_outside_the_bounds(
    images: ImageArray, when: str, beyond: bool
) -> None:
    state = tiny_state(images, weight_clipping={"c": 0.01, "when": when}, lr_d=1e-3)
    met: dict[bool, list[float]] = {True: [], False: []}  # by whether D is learning

    def look(D: torch.nn.Module, arguments: object) -> None:
        met[next(D.parameters()).requires_grad].append(largest(list(D.parameters())))

    state.D.register_forward_pre_hook(look)
    steps(state, 3)
    assert len(met[True]) == 2 * len(met[False]) == 6
    learnt_on = met[True] if beyond else met[True][2:]  # clipped after, the first pass meets initial weights
    assert max(learnt_on) <= 0.01 + 1e-9
    assert (min(met[False]) > 0.01 + 1e-9) == beyond
    assert (max(met[False]) > 0.01 + 1e-9) == beyond


def test_the_dose_is_the_fraction_at_the_bound(images: ImageArray) -> None:
    state = steps(tiny_state(images, weight_clipping=0.01), 2)
    flat = torch.cat([p.detach().flatten() for p in state.D.parameters()])
    expected = float(((flat == flat.max()) | (flat == flat.min())).float().mean())
    assert 0.05 < expected < 1
    assert state.doses["weight_clipping"][0]() == {"fraction_at_bound": pytest.approx(expected)}
    loose = steps(tiny_state(images, weight_clipping=10.0), 2)
    assert loose.doses["weight_clipping"][0]() == {"fraction_at_bound": 0.0}
    assert same(weights(loose.G, loose.D), weights(*(lambda s: (s.G, s.D))(steps(tiny_state(images), 2))))


@pytest.mark.parametrize(
    "other", [{"spectral_norm": True}, {"spectral_norm": "both"}, {"dragan": True}, {"gradient_penalty": True}]
)
def test_what_makes_no_sense_beside_it_is_refused(other: dict[str, object]) -> None:
    with pytest.raises(UserError, match="weight_clipping: does not go with"):
        resolve({"weight_clipping": True, "norm_d": "none", **other})


def test_what_is_questionable_beside_it_is_warned_about() -> None:
    resolve({"weight_clipping": True, "spectral_norm": "G"})
    texts = [str(p) for p in broken_rules(resolve({"weight_clipping": True, "r1": True, "norm_d": "none"}), "warning")]
    assert [next(w for w in ("wasserstein", "beta1", "r1") if w in text) for text in texts] == [
        "wasserstein",
        "beta1",
        "r1",
    ]
    assert not any("beta1" in str(p) for p in broken_rules(resolve({"weight_clipping": True, "beta1": 0}), "warning"))
