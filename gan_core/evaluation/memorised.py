"""Generated images beside the real ones that are nearest to them in the features: what a person looks at for copies."""

from dataclasses import dataclass

import torch
from torch import Tensor

from gan_core.evaluation.evaluator import Evaluator
from gan_core.evaluation.neighbours import nearest


@dataclass(frozen=True, eq=False)
class Pairs:
    """Of each generated image its nearest real images, nearest first."""

    images: Tensor  # uint8 [N C H W], as given
    neighbours: Tensor  # uint8 [N k C H W]
    distances: Tensor  # [N k] float64
    own_distances: Tensor  # [N k] float64: of each neighbour to the nearest other real image

    @property
    def copies(self) -> Tensor:
        """[N] whether an image is closer to its nearest real image than that is to any other; see `authenticity`."""
        return self.distances[:, 0] < self.own_distances[:, 0]


def nearest_pairs(evaluator: Evaluator, images: Tensor, k: int = 3) -> Pairs:
    """The k images that were trained on, of the evaluator's reference, nearest to each of uint8 [N C H W]."""
    outputs = evaluator.outputs([images], len(images))
    reals = evaluator.trained_reals
    found = nearest(torch.cat([part.features for part in outputs]), reals.some(reals.n), k)
    rows = reals.drawn(reals.n)[found.indices.cpu()]  # places among them
    neighbours = torch.from_numpy(evaluator.trained.images[rows.numpy()])
    own = reals.radii(reals.n, 1)[:, 0][found.indices]
    return Pairs(images.cpu(), neighbours, found.distances.cpu(), own.cpu())
