"""Minibatch standard deviation: the channel, computed by hand; where it sits; how it can be nothing."""

import numpy as np
import pytest
import torch

from gan_core.config import broken_rules, resolve
from gan_core.datasets.batches import ImageArray
from gan_core.problems import UserError
from gan_core.tricks import tricks_of
from gan_core.tricks.minibatch_stddev import MinibatchStddev, Options
from tests.gan_core.trainer import TINY, same, steps, tiny_state


def batch(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


def test_two_images_by_hand() -> None:
    """Features (1, 5) and (3, 1): deviations 1 and 2, their mean 1.5, for both images."""
    h = torch.tensor([[1.0, 5.0], [3.0, 1.0]])
    y = MinibatchStddev(Options())(h)
    torch.testing.assert_close(y, torch.tensor([[1.0, 5.0, 1.5], [3.0, 1.0, 1.5]]), atol=1e-6, rtol=0)


@pytest.mark.parametrize("shape", [(8, 5), (8, 5, 4, 4), (8, 3, 2, 6)], ids=str)
def test_the_paper_s_statistic_over_the_batch(shape: tuple[int, ...]) -> None:
    h = batch(*shape)
    y = MinibatchStddev(Options())(h)
    expected = np.std(h.numpy(), axis=0).mean()
    assert y.shape == (8, shape[1] + 1, *shape[2:])
    assert torch.equal(y[:, :-1], h)
    np.testing.assert_allclose(y[:, -1].numpy(), np.full((8, *shape[2:]), expected), rtol=1e-5)


@pytest.mark.parametrize("group", [2, 4, 8])
def test_groups_as_in_stylegan(group: int) -> None:
    """There image n is in group n mod N/group, and each group has its own number."""
    h = batch(8, 5, 4, 4)
    y = MinibatchStddev(Options(group=group))(h)
    groups = 8 // group
    for n in range(8):
        members = h.numpy()[n % groups :: groups]
        assert len(members) == group
        np.testing.assert_allclose(y[n, -1].numpy(), np.std(members, axis=0).mean(), rtol=1e-5)


def test_repeats_are_as_many_channels_and_none_is_none() -> None:
    h = batch(8, 5, 4, 4)
    thrice = MinibatchStddev(Options(repeats=3))(h)
    assert thrice.shape == (8, 8, 4, 4)
    assert torch.equal(thrice[:, 5], thrice[:, 7])
    assert torch.equal(MinibatchStddev(Options(repeats=0))(h), h)


def test_appended_zero_times_is_the_plain_run_and_says_so(images: ImageArray) -> None:
    plain, written = (steps(tiny_state(images, minibatch_stddev=s), 5) for s in (None, {"repeats": 0}))
    for one, other in ((plain.G, written.G), (plain.D, written.D)):
        assert same([p.detach() for p in one.parameters()], [p.detach() for p in other.parameters()])
    (trick,) = [trick for trick, _ in tricks_of(written.config)]
    (dose,) = written.doses["minibatch_stddev"]
    assert dose()["stddev"] > 0
    assert not trick.acts(dose())


def test_a_batch_of_one_image_again_and_again_has_no_deviation_and_a_finite_slope() -> None:
    h = batch(1, 5, 4, 4).repeat(8, 1, 1, 1).requires_grad_(True)
    y = MinibatchStddev(Options())(h)
    assert float(y.detach()[:, -1].max()) == pytest.approx(0, abs=1e-3)
    y.sum().backward()
    assert h.grad is not None
    assert torch.isfinite(h.grad).all()


def test_it_sits_before_d_s_last_layer(images: ImageArray) -> None:
    state = tiny_state(images, minibatch_stddev=True)
    assert state.D.head.in_channels == tiny_state(images).D.head.in_channels + 1
    seen: list[torch.Tensor] = []
    state.D.head.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    state.D(batch(8, 1, 16, 16))
    assert len(seen[0][:, -1].unique()) == 1


def test_a_group_that_does_not_divide_the_batch_is_refused() -> None:
    with pytest.raises(UserError, match="that its group divides"):
        resolve({"minibatch_stddev": 4, "batch_size": 30})
    resolve({"minibatch_stddev": 4, "batch_size": 32})


@pytest.mark.parametrize(("last", "shifted_alike"), [("none", True), ("gelu", False)])
def test_behind_a_linear_layer_it_shifts_all_logits_alike_and_is_warned_about(last: str, shifted_alike: bool) -> None:
    """The difference that the statistic makes to each logit of a batch: one number, unless something bends it."""
    config = resolve({**TINY, "minibatch_stddev": True, "norm_d": "none", "last_activation_d": last})
    D = tiny_state(np.random.default_rng(0).integers(0, 256, (16, 1, 16, 16), np.uint8), **config.plain()).D
    x = torch.randn(8, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        D.head.weight[:, -1] = 3.0
        seen = D(x)
        D.head.weight[:, -1] = 0.0
        shift = seen - D(x)
    assert float(shift.abs().min()) > 0
    assert (float(shift.std()) < 1e-4 * float(shift.abs().mean())) is shifted_alike
    assert ("not linear after" in str(broken_rules(config, "warning"))) is shifted_alike
