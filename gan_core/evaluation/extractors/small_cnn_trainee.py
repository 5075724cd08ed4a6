"""SmallCNN while it is trained: with batch normalisation and dropout, which are gone from what is kept."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import fuse_conv_bn_eval

from gan_core.evaluation.extractors.small_cnn import WIDTHS, SmallCNN

DROPOUT = 0.2
WEIGHT_DECAY = 0.02


class Trainee(nn.Module):
    """SmallCNN with batch normalisation after each convolution and dropout before each linear layer."""

    def __init__(self, target: SmallCNN) -> None:
        super().__init__()
        self.target = target
        self.norms = nn.ModuleList([nn.BatchNorm2d(c_out) for c_out, _ in WIDTHS])

    def forward(self, x: Tensor) -> Tensor:
        """float32 [N C 32 32] in [-1, 1] -> logits [N classes]."""
        x = x.contiguous(memory_format=torch.channels_last)
        for convolution, norm in zip(self.target.convolutions, self.norms, strict=True):
            x = functional.relu_(norm(convolution(x)))
        x = functional.dropout(functional.avg_pool2d(x, 2).flatten(1), DROPOUT, self.training)
        x = functional.relu(self.target.hidden(x))
        return self.target.classify(functional.dropout(x, DROPOUT, self.training))  # type: ignore[no-any-return]

    def folded(self) -> SmallCNN:
        """The target with the running statistics folded into its convolutions."""
        self.eval()
        for index, (convolution, norm) in enumerate(zip(self.target.convolutions, self.norms, strict=True)):
            assert isinstance(convolution, nn.Conv2d)
            assert isinstance(norm, nn.BatchNorm2d)
            self.target.convolutions[index] = fuse_conv_bn_eval(convolution, norm)
        return self.target


def fit(
    trainee: Trainee,
    epoch: Callable[[], Iterator[tuple[Tensor, Tensor]]],
    steps: int,
    max_learning_rate: float,
    epochs: int,
) -> Iterator[float]:
    """Train in place with AdamW, the rate in one cycle (Smith and Topin 2019, arXiv:1708.07120); gives each epoch's
    mean loss.

    `epoch()` gives the batches of one epoch, `steps` of them: float32 [N C 32 32] in [-1, 1] and labels [N]. Draws from
    the global generator.
    """
    optimizer = torch.optim.AdamW(trainee.parameters(), weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_learning_rate, total_steps=epochs * steps)
    for _ in range(epochs):
        trainee.train()
        total, seen = torch.zeros(()), 0
        for x, y in epoch():
            loss = functional.cross_entropy(trainee(x), y)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            total += loss.detach() * len(x)
            seen += len(x)
        yield float(total) / seen
