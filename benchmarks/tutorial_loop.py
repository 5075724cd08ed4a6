"""The loop of PyTorch's DCGAN tutorial, as people write it: what the trainer's speed is measured against.

A DataLoader over PIL images with torchvision's transforms, D on reals and fakes apart, Adam as torch builds it, and
`.item()` at every step for the log. The networks are the caller's, so that only the loop differs.
"""

from collections.abc import Iterator

import numpy as np
import PIL.Image
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from gan_core.datasets.batches import ImageArray

LOADERS = 2


class PilImages(Dataset[Tensor]):
    """Images as a folder data set gives them: a PIL image at a time, transformed."""

    def __init__(self, images: ImageArray) -> None:
        size, channels = images.shape[-1], images.shape[1]
        self._images = [PIL.Image.fromarray(np.moveaxis(i, 0, -1).squeeze()) for i in images]
        self._transform = transforms.Compose(
            [
                transforms.Resize(size),
                transforms.CenterCrop(size),
                transforms.ToTensor(),
                transforms.Normalize((0.5,) * channels, (0.5,) * channels),
            ]
        )

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> Tensor:
        image: Tensor = self._transform(self._images[index])
        return image


def tutorial_steps(
    G: nn.Module, D: nn.Module, images: ImageArray, batch_size: int, latent_dim: int, device: torch.device
) -> Iterator[tuple[float, float]]:
    """Train for ever; yields the two losses after each step, as the tutorial prints them."""
    loader = DataLoader(PilImages(images), batch_size=batch_size, shuffle=True, num_workers=LOADERS, drop_last=True)
    criterion = nn.BCEWithLogitsLoss()
    optimizer_d = torch.optim.Adam(D.parameters(), lr=2e-4, betas=(0.5, 0.999))
    optimizer_g = torch.optim.Adam(G.parameters(), lr=2e-4, betas=(0.5, 0.999))
    while True:
        for x_real in loader:
            D.zero_grad()
            output = D(x_real.to(device)).view(-1)
            label = torch.full((len(output),), 1.0, dtype=torch.float, device=device)
            error_real = criterion(output, label)
            error_real.backward()

            noise = torch.randn(batch_size, latent_dim, device=device)
            fake = G(noise)
            label.fill_(0.0)
            error_fake = criterion(D(fake.detach()).view(-1), label)
            error_fake.backward()
            error_d = error_real + error_fake
            optimizer_d.step()

            G.zero_grad()
            label.fill_(1.0)
            error_g = criterion(D(fake).view(-1), label)
            error_g.backward()
            optimizer_g.step()
            yield error_d.item(), error_g.item()
