"""What a run in truth was, by measurements that no verdict reads.

A verdict reads losses, D's answers on training batches, and FID, diversity and class shares in the features of the
package's classifier. The truth is read from other samples (a bank of latents of its own), in other spaces: pixels
(pooled to 16x16) and the answers of another classifier, a small MLP on these pixels that is trained here. At each look
(each checkpoint that a run writes, ten a run):

- `distance`: the Frechet distance of 500 fakes and 2,000 reals in pixels, over that of a G that gives the mean image;
- `shares`: the share of each class in the MLP's answers;
- `near_copies`: the share of 500 fakes whose nearest other fake is nearer than it is for 5 % of 500 reals (the birthday
  test of Arora, Risteski and Zhang 2018, by threshold in place of by eye);
- `d_right`: the share of 500 fakes and 500 test images that D tells right, by its loss's boundary; of a critic, which
  has none, the share of the pairs of them that it ranks rightly;
- `g_gradient`: the norm of the gradient of G's loss on 500 latents, over that of the start;
- `growth`: the root mean square weight of G or D, whichever grew more, over that of the start.

The rules are in `truth_of`. A run can be several things at once: a G that gives one image and never learns has
collapsed and has no gradient. It is `healthy` where it is none of the others and its images are nearer than the mean.
Against a critic that ranks all pairs rightly G's gradient need not vanish (Arjovsky et al. 2017, arXiv:1701.07875,
figure 2), so there the gradient itself decides; where it is there and G stays far away all the same, no kind of failure
is the reason, and the verdict should be `can't tell`.
"""

from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from scipy.linalg import sqrtm
from torch import Tensor, nn
from torch.nn import functional

from gan_core import datasets
from gan_core.config import Config
from gan_core.training.build import State, build
from gan_core.training.sampling import fixed_latents

SAMPLES, REALS, CLASSES = 500, 2000, 10
POOLED = 16  # px

GROWN = 100.0  # growth
GARBAGE = 1.0  # distance
RIGHT, GUESSES = 0.98, 0.6  # d_right
FADED = 0.1  # g_gradient
COPIES, FEW_CLASSES, A_CLASS = 0.5, 3, 0.02  # near_copies; classes with at least this share
JUMP, JUMPS = 0.5, 3  # total variation of the shares from look to look; in the second half
FACTOR, SWINGS = 1.5, 3  # of the distance, between its turning points; in the second half


@dataclass(frozen=True)
class Look:
    """What was measured at one checkpoint."""

    distance: float
    shares: tuple[float, ...]
    near_copies: float
    d_right: float
    growth: float
    g_gradient: float

    def plain(self) -> dict[str, Any]:
        """As JSON has it; `Look(**plain)` is equal but for the tuple."""
        return asdict(self)


def truth_of(looks: list[Look], not_finite: bool, is_critic: bool) -> set[str]:
    """Every kind that the run was; empty where none fits.

    `not_finite`: the trainer met a number that is none. `is_critic`: D's outputs mean something in comparison only.
    """
    if not_finite or (looks and not looks[-1].growth < GROWN):
        return {"diverged"}
    late, half = looks[-(len(looks) // 3) :], looks[-(len(looks) // 2) - 1 :]
    kinds = set()
    garbage = min(look.distance for look in late) > GARBAGE
    d_right = median(look.d_right for look in late)
    faded = not is_critic or median(look.g_gradient for look in late) < FADED
    if garbage and d_right > RIGHT:
        kinds.add("vanishing gradients" if faded else "can't tell")
    if garbage and d_right < GUESSES:
        kinds.add("D overpowered")
    few = [sum(s >= A_CLASS for s in look.shares) <= FEW_CLASSES for look in late]
    copies = [look.near_copies > COPIES for look in late]
    if sum(few) > len(late) / 2 or sum(copies) > len(late) / 2:
        kinds.add("mode collapse")
    jumps = sum(variation(a.shares, b.shares) > JUMP for a, b in pairwise(half))
    if jumps >= JUMPS or reversals([float(np.log(look.distance)) for look in half], float(np.log(FACTOR))) >= SWINGS:
        kinds.add("oscillating")
    return kinds or ({"healthy"} if not garbage else set())


def variation(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """Total variation of two distributions, 0 to 1."""
    return sum(abs(x - y) for x, y in zip(a, b, strict=True)) / 2


def reversals(values: list[float], least: float) -> int:
    """Consecutive differences of at least `least`, counted each time that their sign changes, the first included."""
    signs = [np.sign(b - a) for a, b in pairwise(values) if abs(b - a) >= least]
    return sum(i == 0 or s != signs[i - 1] for i, s in enumerate(signs))


class Observer:
    """Looks at checkpoints of runs on Fashion-MNIST at 32x32."""

    def __init__(self, home: Path) -> None:
        self.train, test = (datasets.load("fashion-mnist", split, 32, home) for split in ("train", "test"))
        self.test = torch.tensor(test.images[:SAMPLES])  # uint8 [N 1 32 32]
        reals = pooled(torch.tensor(self.train.images[:REALS]))
        self.mean, self.covariance = moments(reals)
        self.near = float(nearest(reals[:SAMPLES]).quantile(0.05))
        self.judge = trained_judge(torch.tensor(self.train.images[:20000]), torch.tensor(self.train.labels[:20000]))

    def begin(self, config: Config) -> None:
        """Turn to a run that is about to start."""
        self.state: State = build(config, self.train.images, torch.device("cpu"))
        self.z = fixed_latents(config, "latent.truth", SAMPLES)
        self.start, self.first_gradient = self._sizes(), self._gradient()

    @torch.no_grad()
    def look(self, checkpoint: Path) -> Look:
        """Measure what this file holds."""
        parts = torch.load(checkpoint, weights_only=True)["parts"]
        self.state.G.load_state_dict(parts["G"])
        self.state.D.load_state_dict(parts["D"])
        images = self.state.G.eval()(self.z)  # [N 1 32 32] in [-1, 1]
        fakes = pooled((images * 127.5 + 128).clamp(0, 255).to(torch.uint8))
        shares = torch.bincount(self.judge(fakes).argmax(1), minlength=CLASSES) / SAMPLES
        D = self.state.D.train()
        answers = D(self.test.float() / 127.5 - 1), D(images)
        return Look(
            distance=self._distance(fakes),
            shares=tuple(shares.tolist()),
            near_copies=float((nearest(fakes) < self.near).float().mean()),
            d_right=self._right(*answers),
            growth=max(now / before for now, before in zip(self._sizes(), self.start, strict=True)),
            g_gradient=self._gradient() / self.first_gradient,
        )

    def _right(self, real: Tensor, fake: Tensor) -> float:
        loss = self.state.loss
        if not loss.has_boundary:
            return float((real[:, None] > fake).float().mean())
        return float((real > loss.boundary).float().mean() + (fake < loss.boundary).float().mean()) / 2

    @torch.enable_grad()
    def _gradient(self) -> float:
        """The norm of the gradient of G's loss, in training mode; its gradients and running statistics are put back."""
        G, D, loss = self.state.G, self.state.D, self.state.loss
        kept = {name: value.clone() for name, value in G.state_dict().items()}
        kept_d = {name: value.clone() for name, value in D.state_dict().items()}
        fake = D.train()(G.train()(self.z))
        real = D(self.test.float() / 127.5 - 1) if loss.g_sees_reals else None
        gradients = torch.autograd.grad(loss.g(fake, torch.ones_like(fake), real), list(G.parameters()))
        G.load_state_dict(kept)
        D.load_state_dict(kept_d)
        return float(torch.cat([gradient.flatten() for gradient in gradients]).norm())

    def _distance(self, fakes: Tensor) -> float:
        mean, covariance = moments(fakes)
        root = np.trace(np.real(sqrtm(self.covariance @ covariance + 1e-9 * np.eye(len(mean)))))
        frechet = np.sum((mean - self.mean) ** 2) + np.trace(covariance) + np.trace(self.covariance) - 2 * root
        return float(frechet / np.trace(self.covariance))

    def _sizes(self) -> list[float]:
        nets = (self.state.G, self.state.D)
        return [float(torch.cat([p.detach().flatten() for p in n.parameters()]).square().mean().sqrt()) for n in nets]


def pooled(images: Tensor) -> Tensor:
    """uint8 [N 1 32 32] -> [N 256] in [0, 1]."""
    return functional.avg_pool2d(images.float() / 255, images.shape[-1] // POOLED).flatten(1)


def moments(x: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Mean [d] and covariance [d d]."""
    values = x.double().numpy()
    return values.mean(0), np.cov(values, rowvar=False)


def nearest(x: Tensor) -> Tensor:
    """Of each row [N d] the distance to the nearest other row, [N]."""
    return torch.cdist(x, x, compute_mode="donot_use_mm_for_euclid_dist").fill_diagonal_(torch.inf).amin(1)


def trained_judge(images: Tensor, labels: Tensor) -> nn.Module:
    """A classifier [N 256] -> [N 10] with one hidden layer; some seconds, about 85 % right on the test images."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(20_260)
        judge = nn.Sequential(nn.Linear(POOLED**2, 128), nn.ReLU(), nn.Linear(128, CLASSES))
        optimizer = torch.optim.Adam(judge.parameters(), 1e-3)
        x = pooled(images)
        for _ in range(5):
            for index in torch.randperm(len(x)).split(100):
                optimizer.zero_grad()
                functional.cross_entropy(judge(x[index]), labels[index].long()).backward()
                optimizer.step()
    return judge.eval().requires_grad_(False)
