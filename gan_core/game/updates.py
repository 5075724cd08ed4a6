"""Which updates make up one step, and on what: several of D, then several of G."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from torch import Tensor

from gan_core.game.player import Player
from gan_core.schema.configuration import Config


class Update(NamedTuple):
    """One update that is due. In G's updates x_real is the last batch that D learnt from, or one of their own.

    y are the classes of the reals, and those that G is to draw, so that real and fake images of one update have the
    same; None in a run without labels.
    """

    player: Player
    number: int  # of the player's updates in this step, from 0
    x_real: Tensor  # [N C H W]
    z: Tensor  # [N latent_dim]
    y: Tensor | None = None  # [N]


Reals = tuple[Tensor, Tensor | None]  # images [N C H W] and their classes [N]


def updates(config: Config, reals: Callable[[int], Reals], latents: Callable[[int], Tensor]) -> Iterator[Update]:
    """The `d_steps` updates of D and the `g_steps` of G, drawing from `reals` and `latents` as they come.

    Each update of D has a batch of its own, as in Algorithm 1 of Arjovsky et al. 2017 (arXiv:1701.07875), and each
    update of either player has latents of its own. With `reuse_batch_and_latents` all of them share one batch and one
    z; with `new_reals_for_g` each update of G has a batch of reals of its own too.
    """
    count = config.batch_size
    if config.reuse_batch_and_latents:
        (x_real, y), z = reals(count), latents(count)
        yield from (Update("D", number, x_real, z, y) for number in range(config.d_steps))
        yield from (Update("G", number, x_real, z, y) for number in range(config.g_steps))
        return
    for number in range(config.d_steps):
        x_real, y = reals(count)
        yield Update("D", number, x_real, latents(count), y)
    for number in range(config.g_steps):
        if config.new_reals_for_g:
            x_real, y = reals(count)
        yield Update("G", number, x_real, latents(count), y)


def images_per_step(config: Config) -> int:
    """Real images shown to D in one step. A batch that is shown again counts again, for it is another update."""
    return config.d_steps * config.batch_size


def kimg_of(config: Config, steps: int) -> float:
    """Thousands of real images shown to D in so many steps."""
    return steps * images_per_step(config) / 1000
