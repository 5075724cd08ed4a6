"""What a trick keeps of a tensor: in the same memory, so that what was recorded writes there again."""

import torch

from gan_core.tricks.last import Last


def test_one_memory_for_all_values_of_a_shape() -> None:
    last = Last()
    last.keep(torch.tensor([1.0]))
    first = last.value
    last.keep(torch.tensor([2.0]))
    assert last.value is first
    assert last.value is not None
    assert last.value.item() == 2
    last.keep(torch.tensor([3.0, 4.0]))
    assert last.value.tolist() == [3, 4]


def test_it_moves_with_the_network() -> None:
    """Networks see a first batch on the CPU; a GPU's statistics stay on the GPU, or no graph could be captured."""
    last = Last()
    last.keep(torch.zeros(1))
    last.keep(torch.zeros(1, device="meta"))
    assert last.value is not None
    assert last.value.device.type == "meta"
