"""Replay: how much of a batch is old, how old, and that the buffer is what it was shown."""

import pytest
import torch
from torch import Tensor

from gan_core.config import broken_rules, resolve
from gan_core.datasets.batches import ImageArray
from gan_core.game.player import Clock
from gan_core.problems import UserError
from gan_core.tricks.replay import Buffer, Options
from gan_core.tricks.seats import Context
from tests.gan_core.trainer import steps, tiny_state


def buffer(**options: float) -> Buffer:
    device = torch.device("cpu")
    stream = torch.Generator().manual_seed(0)
    return Buffer(Options(**options), Context(resolve({}), Clock(), stream, device, (1, 2, 2)))


def numbered(first: int, count: int = 8) -> Tensor:
    """Fakes whose every pixel is their number."""
    return torch.arange(first, first + count).float()[:, None, None, None].expand(count, 1, 2, 2)


def numbers(x: Tensor) -> list[int]:
    return [int(image[0, 0, 0]) for image in x]


@pytest.mark.parametrize(("fraction", "old"), [(0.5, 4), (0.25, 2), (1.0, 8)])
def test_the_asked_part_of_each_batch_is_old_from_the_second_on(fraction: float, old: int) -> None:
    replay = buffer(fraction=fraction, buffer_images=32)
    for step in range(40):
        seen = numbers(replay(numbered(8 * step)))
        assert len(seen) == len(set(seen)) == 8
        assert sum(n < 8 * step for n in seen) == (old if step else 0)
        assert seen[old:] == numbers(numbered(8 * step))[old:]
        assert replay.dose() == {"fraction_old": fraction if step else 0.0}


def test_the_buffer_fills_up_and_then_changes_by_as_many_as_it_gave() -> None:
    replay = buffer(fraction=0.5, buffer_images=20)
    for step in range(3):
        replay(numbered(8 * step))
    assert numbers(replay.images) == list(range(20))  # the third batch in part
    before = numbers(replay.images)
    replay(numbered(24))
    after = numbers(replay.images)
    assert sum(a != b for a, b in zip(after, before, strict=True)) == 4
    assert set(after) - set(before) == {24, 25, 26, 27}  # those that gave way in the batch


def test_old_fakes_are_as_old_as_random_replacement_makes_them() -> None:
    """A buffer of B of which k are replaced each step holds images of mean age B/k steps (geometric)."""
    replay = buffer(fraction=0.5, buffer_images=80)
    ages: list[float] = []
    for step in range(1500):
        seen = numbers(replay(numbered(8 * step)))
        ages += [step - n // 8 for n in seen[:4]] if step >= 300 else []
    assert sum(ages) / len(ages) == pytest.approx(80 / 4, rel=0.1)


def test_every_fake_of_the_buffer_comes_up() -> None:
    replay, drawn = buffer(buffer_images=32), set()
    for step in range(4):
        replay(numbered(8 * step))
    full = replay.state_dict()
    for _ in range(60):
        drawn |= set(numbers(replay(numbered(100)))[:4])
        replay.load_state_dict(full)
    assert drawn == set(range(32))


def test_what_comes_later_does_not_change_what_was_stored() -> None:
    replay = buffer(buffer_images=8)
    x = numbered(0).clone()
    replay(x)
    x.zero_()
    assert numbers(replay.images) == list(range(8))


def test_a_buffer_goes_on_where_it_was() -> None:
    whole, first = buffer(buffer_images=20), buffer(buffer_images=20)
    for step in range(2):
        whole(numbered(8 * step)), first(numbered(8 * step))
    second = buffer(buffer_images=20)
    second.load_state_dict(first.state_dict())
    second.stream.set_state(first.stream.get_state())
    assert second.dose() == whole.dose()
    for step in range(2, 9):
        assert numbers(second(numbered(8 * step))) == numbers(whole(numbered(8 * step)))


def test_only_d_sees_old_fakes(images: ImageArray) -> None:
    state = tiny_state(images, replay=True)
    drawn: list[Tensor] = []
    shown: list[Tensor] = []
    state.G.register_forward_hook(lambda module, inputs, output: drawn.append(output.detach()))
    state.D.register_forward_hook(lambda module, inputs, output: shown.append(inputs[0].detach()))
    steps(state, 2)
    fakes_for_d, fakes_for_g = shown[4], shown[5]  # of the second step
    assert torch.equal(fakes_for_g, drawn[3])
    assert torch.equal(fakes_for_d[4:], drawn[2][4:])
    old = drawn[0].flatten(1).tolist()
    assert all(image in old for image in fakes_for_d[:4].flatten(1).tolist())


def test_what_cannot_be_is_refused_and_what_should_not_is_said() -> None:
    with pytest.raises(UserError, match="at least batch_size"):
        resolve({"replay": {"buffer_images": 16}, "batch_size": 32})
    with pytest.raises(UserError, match="nothing would be replayed"):
        resolve({"replay": 0.001, "batch_size": 32})
    warnings = broken_rules(resolve({"replay": True, "minibatch_stddev": True}), "warning")
    assert [
        "differ more than those of one" in warning.message for warning in warnings if warning.where == ("replay",)
    ] == [True]
