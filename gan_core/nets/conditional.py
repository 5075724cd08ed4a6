"""Networks that are told classes: how labels come to their layers, and answers about classes back.

Whoever has the labels of a batch binds them first, `bound(D, y)`, and hands the bound network on: it is called with
images (or z) alone, as an unconditional one is, by losses, penalties and tricks that know nothing of labels.
"""

from torch import Tensor, nn


class Condition:
    """What passes between the layers of a conditional network and its caller during one forward pass.

    `labels` [N] are there while it goes on. A classifier among the layers leaves its logits [N K] behind.
    """

    def __init__(self) -> None:
        self._labels: Tensor | None = None
        self._class_logits: Tensor | None = None

    @property
    def labels(self) -> Tensor:
        if self._labels is None:
            raise RuntimeError("a conditional network was called without labels: bound(net, y)(x)")
        return self._labels

    def bind(self, labels: Tensor | None) -> None:
        """The labels of the pass that begins; None: it has ended."""
        self._labels = labels

    def leave(self, class_logits: Tensor) -> None:
        """What the classifier says of the images of this pass."""
        self._class_logits = class_logits

    def taken(self) -> Tensor | None:
        """What was left behind in the last pass, once; None without a classifier."""
        class_logits, self._class_logits = self._class_logits, None
        return class_logits


class Given(nn.Module):
    """A conditional network with the labels of one batch. Its parameters are the network's own."""

    def __init__(self, net: nn.Module, condition: Condition, y: Tensor) -> None:
        super().__init__()
        self.net = net
        self.y = y
        self._condition = condition
        self._answers: list[tuple[Tensor, Tensor]] = []

    def forward(self, x: Tensor) -> Tensor:
        self._condition.bind(self.y)
        try:
            output: Tensor = self.net(x)
        finally:
            self._condition.bind(None)
        if (class_logits := self._condition.taken()) is not None:
            self._answers.append((x, class_logits))
        return output

    def class_logits(self, x: Tensor) -> Tensor:
        """[N K]: what the classifier of this network said of these images in the pass that has been made.

        Raises LookupError for images that it was not called with.
        """
        for seen, answer in self._answers:
            if seen is x:
                return answer
        raise LookupError("no pass of these images")


def bound(net: nn.Module, y: Tensor | None) -> nn.Module:
    """The network as it is called with images or z alone: itself in a run without labels."""
    if y is None:
        return net
    condition = net.condition
    assert isinstance(condition, Condition)
    return Given(net, condition, y)
