"""Named random streams."""

import torch

from gan_core import streams
from gan_core.streams import seed_of


def test_streams_of_other_names_and_seeds_differ_and_repeat() -> None:
    drawn = [
        tuple(torch.rand(3, generator=streams.generator(seed, name)).tolist())
        for seed in (0, 1)
        for name in ("data", "latent", "init.G")
    ]
    assert len(set(drawn)) == 6
    again = torch.rand(3, generator=streams.generator(0, "data"))
    assert tuple(again.tolist()) == drawn[0]


def test_one_stream_does_not_move_another() -> None:
    both, alone = streams.Streams(0), streams.Streams(0)
    torch.rand(100, generator=both.get("trick:noise"))
    assert torch.equal(torch.rand(5, generator=both.get("latent")), torch.rand(5, generator=alone.get("latent")))


def test_state_round_trip() -> None:
    first, second = streams.Streams(0), streams.Streams(0)
    torch.rand(7, generator=first.get("latent"))
    second.get("latent")
    second.load_state_dict(first.state_dict())
    assert torch.equal(torch.rand(5, generator=first.get("latent")), torch.rand(5, generator=second.get("latent")))


def test_a_fork_is_seeded_inside_and_leaves_the_outside_alone() -> None:
    before = torch.get_rng_state()
    with streams.forked(0, "init.G"):
        inside = torch.rand(3)
    with streams.forked(0, "init.G"):
        assert torch.equal(inside, torch.rand(3))
    assert torch.equal(before, torch.get_rng_state())


def test_a_seed_has_the_bits_that_the_generator_takes() -> None:
    """torch's Mersenne twister drops all but 32 bits of a seed: two seeds that differ above them are one stream."""
    draw = [torch.rand(3, generator=torch.Generator().manual_seed(seed)) for seed in (7, 7 + 2**32)]
    assert torch.equal(*draw)
    assert all(0 <= seed_of(seed, name) < 2**32 for seed in (0, 2**31, 2**40) for name in ("init.G", "latent"))
    assert len({seed_of(seed, name) for seed in (7, 7 + 2**32) for name in ("init.G", "latent")}) == 4
