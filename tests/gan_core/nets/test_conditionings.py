"""How networks are told a class: each layer against its formula, and all ways with all architectures."""

from copy import deepcopy
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812  the field's name
from torch import Tensor, nn
from torch.nn.utils import parametrize

from gan_core.datasets.labels import Classes, Labelling
from gan_core.nets import ARCHITECTURES, CONDITIONINGS_D, CONDITIONINGS_G, INITIALISATIONS
from gan_core.nets.conditional import Condition, Given, bound
from gan_core.nets.conditional_batch_norm import ConditionalBatchNorm
from gan_core.nets.network import DiscriminatorNetwork
from gan_core.problems import UserError
from gan_core.training.build import State, build
from tests.gan_core.nets.test_architectures import DRAWN, tiny
from tests.gan_core.trainer import steps, weights

each_architecture = pytest.mark.parametrize("name", ARCHITECTURES)
CLASSES = Classes(("a", "b", "c"), (4, 4, 4))
Y = torch.tensor([2, 0, 1, 1, 2])


def state_of(name: str, **settings: Any) -> State:
    config = tiny(name, **settings)
    images = np.random.default_rng(0).integers(0, 256, (12, 1, *config.shape), dtype=np.uint8)
    labels = Labelling(np.arange(12) % 3, CLASSES) if config.conditional else None
    return build(config, images, torch.device("cpu"), labels)


@pytest.mark.parametrize("vectors", [False, True])
def test_conditional_batch_norm_is_batch_norm_with_each_images_own_gain_and_bias(vectors: bool) -> None:
    plain = nn.BatchNorm1d(4, eps=1e-3, momentum=0.3) if vectors else nn.BatchNorm2d(4, eps=1e-3, momentum=0.3)
    condition = Condition()
    layer = ConditionalBatchNorm(plain, 3, condition)
    with torch.no_grad():
        layer.gain.normal_()
        layer.bias.normal_()
    mean, variance = torch.zeros(4), torch.ones(4)
    for is_training in (True, True, False):
        layer.train(is_training)
        x = torch.randn(5, 4, *([] if vectors else [3, 2]))
        condition.bind(Y)
        ours = layer(x)
        normalised = F.batch_norm(x, mean, variance, None, None, is_training, 0.3, 1e-3)
        by_hand = torch.stack(
            [layer.gain[k].view(4, *[1] * (x.ndim - 2)) * h for k, h in zip(Y, normalised, strict=True)]
        )
        by_hand += torch.stack([layer.bias[k].view(4, *[1] * (x.ndim - 2)).expand(x.shape[1:]) for k in Y])
        torch.testing.assert_close(ours, by_hand)
    torch.testing.assert_close(layer.statistics.running_var, variance)


@each_architecture
def test_a_conditional_pair_begins_as_the_plain_one_of_its_seed(name: str) -> None:
    """Every layer that both have, to the last bit; with conditional batch norm G even draws the same images."""
    plain = state_of(name, norm_g="batch")
    z = torch.randn(5, 8)
    for how in CONDITIONINGS_G:
        state = state_of(name, norm_g="batch", conditional=True, conditioning_g=how)
        for ours, theirs in ((state.G, plain.G), (state.D, plain.D)):
            both = dict(ours.named_parameters())
            for key, value in theirs.named_parameters():
                if key in both and both[key].ndim == value.ndim:
                    assert torch.equal(both[key][tuple(map(slice, value.shape))].expand_as(value), value), key
            assert sum(key in both for key, _ in theirs.named_parameters()) >= len(list(theirs.parameters())) / 2
    same_g = state_of(name, norm_g="batch", conditional=True).G
    torch.testing.assert_close(bound(same_g, Y)(z), plain.G(z))


@each_architecture
def test_projection_is_the_papers_formula(name: str) -> None:
    """Equation 3 of Miyato and Koyama 2018: y^T V phi(x) + psi(phi(x)), phi summed over space as in their code."""
    settings: dict[str, Any] = {"norm_d": "none", "conditioning_g": "concatenation"}
    state, plain = state_of(name, conditional=True, **settings), state_of(name, norm_d="none")
    x, D = torch.randn(5, 1, *state.config.shape), state.D
    assert isinstance(D, DiscriminatorNetwork)
    V = torch.randn(D.answer.V.weight.shape)
    with torch.no_grad():
        D.answer.V.weight.copy_(V)
        h = D.features(x)
        inner = torch.einsum("nk,kc,nc->n", F.one_hot(Y, 3).float(), V, h.reshape(*h.shape[:2], -1).sum(dim=2))
        torch.testing.assert_close(bound(D, Y)(x), plain.D(x) + inner, rtol=1e-4, atol=1e-4)


@each_architecture
def test_an_auxiliary_classifier_answers_for_the_class_and_leaves_the_logit(name: str) -> None:
    settings: dict[str, Any] = {"norm_d": "none", "conditioning_g": "concatenation"}
    state = state_of(name, conditional=True, conditioning_d="auxiliary", **settings)
    x, D = torch.randn(5, 1, *state.config.shape), state.D
    assert isinstance(D, DiscriminatorNetwork)
    given, passes = bound(D, Y), []
    D.register_forward_hook(lambda *_: passes.append(1))
    torch.testing.assert_close(given(x), state_of(name, norm_d="none").D(x))
    h, head = D.features(x), D.answer.classify
    answers = h.reshape(5, h.shape[1], -1).sum(dim=2) @ head.weight.t() + head.bias
    torch.testing.assert_close(given.class_logits(x), answers)
    assert len(passes) == 1
    with pytest.raises(LookupError):
        given.class_logits(x.clone())


def test_without_labels_a_conditional_network_refuses() -> None:
    state = state_of("dcgan", conditional=True)
    with pytest.raises(RuntimeError, match="without labels"):
        state.G(torch.randn(5, 8))
    with pytest.raises(RuntimeError, match="without labels"):
        state.D(torch.randn(5, 1, *state.config.shape))


@pytest.mark.parametrize("how_d", CONDITIONINGS_D)
@pytest.mark.parametrize("how_g", CONDITIONINGS_G)
@each_architecture
def test_every_way_trains_every_layer_or_is_refused(name: str, how_g: str, how_d: str) -> None:
    conditional = {"conditional": True, "conditioning_g": how_g, "conditioning_d": how_d}
    if how_g == "batch_norm" and ARCHITECTURES[name].defaults.get("norm_g") == "none":
        with pytest.raises(UserError, match="conditioning_g: batch_norm needs norm_g: batch"):
            tiny(name, **conditional)
        conditional["norm_g"] = "batch"
    state = state_of(name, **conditional, initialisation_g="glorot", initialisation_d="glorot")
    before = {key: value.clone() for net in (state.G, state.D) for key, value in net.named_parameters()}
    steps(state, 2)
    for net in (state.G, state.D):
        assert all(torch.isfinite(w).all() for w in weights(net))
        for key, value in net.named_parameters():
            is_shift = key.endswith("linear.bias")  # of a linear map before a normalisation: no gradient
            assert is_shift or not torch.equal(value, before[key]), key
    z = torch.randn(1, 8).expand(3, -1)
    with torch.no_grad():
        images = bound(state.G.eval(), torch.tensor([0, 1, 2]))(z)
    assert not torch.allclose(images[0], images[1], atol=1e-7)


@pytest.mark.parametrize("initialisation", INITIALISATIONS)
@pytest.mark.parametrize("how", CONDITIONINGS_D)
def test_what_answers_for_the_class_is_initialised_as_ds_other_layers_are(how: str, initialisation: str) -> None:
    made = state_of(
        "mlp",
        conditional=True,
        conditioning_g="concatenation",
        conditioning_d=how,
        initialisation_d=initialisation,
        width=64,
    )
    (own,) = [m for m in made.D.answer.modules() if isinstance(m, nn.Linear)]
    other = deepcopy(own)
    INITIALISATIONS[initialisation](other)
    as_torch_has_it = initialisation in ("torch_default", "as_built")
    if not as_torch_has_it:
        assert float(own.weight.detach().std()) == pytest.approx(float(other.weight.detach().std()), rel=0.2)
    assert torch.equal(own.weight, other.weight) == as_torch_has_it


@pytest.mark.parametrize("how", CONDITIONINGS_D)
def test_spectral_norm_takes_the_class_vectors_too_unless_ends_are_bare(how: str) -> None:
    settings: dict[str, Any] = {"conditional": True, "conditioning_d": how, "norm_d": "none"}
    state = steps(state_of("dcgan", spectral_norm={"power_iterations": 30}, **settings), 2)
    (own,) = [m for m in state.D.answer.modules() if isinstance(m, nn.Linear)]
    assert float(torch.linalg.svdvals(own.eval().weight.detach())[0]) == pytest.approx(1, abs=1e-3)
    bare = state_of("dcgan", spectral_norm={"bare_ends": True}, **settings).D
    (own,) = [m for m in bare.answer.modules() if isinstance(m, nn.Linear)]
    assert not parametrize.is_parametrized(own)
    assert not parametrize.is_parametrized(bare.head)
    assert all(parametrize.is_parametrized(block.linear) for block in bare.blocks)
    both = state_of("dcgan", spectral_norm={"on": "both"}, **settings).G
    gains = [m.gain for m in both.modules() if isinstance(m, ConditionalBatchNorm)]
    assert gains
    assert all(
        float(gain.detach().mean()) == pytest.approx(1, abs=0.1) for gain in gains
    )  # they are no weight matrices


def test_a_network_is_bound_to_one_batch_at_a_time() -> None:
    state = state_of("dcgan", conditional=True)
    z = torch.randn(5, 8)
    first, second = bound(state.G, Y), bound(state.G, Y.roll(1))
    with torch.no_grad():
        state.G.eval()
        for layer in state.G.modules():
            if isinstance(layer, ConditionalBatchNorm):
                layer.gain.normal_()
        one, other, again = first(z), second(z), first(z)
    assert torch.equal(one, again)
    assert not torch.equal(one, other)
    assert isinstance(first, Given)
    assert bound(state.G, None) is state.G


def test_a_copy_of_g_is_bound_apart() -> None:
    """As a moving average is."""
    state = state_of("dcgan", conditional=True)
    z: Tensor = torch.randn(5, 8)
    copied = deepcopy(state.G)
    assert torch.equal(bound(copied, Y)(z), bound(state.G, Y)(z))
    with pytest.raises(RuntimeError):
        copied(z)


def test_every_size_that_is_drawn_can_be_conditional() -> None:
    for size in DRAWN["dcgan"][:4]:
        state = state_of("dcgan", image_size=size, conditional=True)
        assert bound(state.D, Y)(bound(state.G, Y)(torch.randn(5, 8))).shape == (5,)
