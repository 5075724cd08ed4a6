"""z: its distributions, and that training, grids and scores take the same one."""

import pytest
import torch
from scipy import stats

from gan_core import streams
from gan_core.config import resolve
from gan_core.datasets.batches import ImageArray
from gan_core.training.sampling import fixed_latents
from tests.gan_core.trainer import tiny_state

CDF = {"normal": stats.norm(0, 1).cdf, "uniform": stats.uniform(-1, 2).cdf}


@pytest.mark.parametrize("latent", CDF)
def test_everywhere_the_distribution_that_was_asked_for(images: ImageArray, latent: str) -> None:
    state = tiny_state(images, latent=latent, latent_dim=5)
    for z in (state.latents(2000), fixed_latents(state.config, "latent.grid", 2000)):
        assert z.shape == (2000, 5)
        assert stats.kstest(z.numpy().ravel(), CDF[latent]).pvalue > 0.001
        other = next(cdf for name, cdf in CDF.items() if name != latent)
        assert stats.kstest(z.numpy().ravel(), other).pvalue < 1e-6
        assert float(torch.corrcoef(z.T).fill_diagonal_(0).abs().max()) < 0.1


def test_a_bank_hangs_on_seed_and_name_alone() -> None:
    config = resolve({"latent_dim": 3, "seed": 4})
    bank = fixed_latents(config, "latent.full", 10)
    assert torch.equal(bank, torch.randn(10, 3, generator=streams.generator(4, "latent.full")))
    assert torch.equal(bank, fixed_latents(resolve({"latent_dim": 3, "seed": 4, "width": 8}), "latent.full", 10))
    assert not torch.equal(bank, fixed_latents(config, "latent.progress", 10))
