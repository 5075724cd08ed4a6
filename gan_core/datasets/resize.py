"""Changing the size of uint8 pictures by stated rules."""

import numpy as np

from gan_core.datasets.record import Images
from gan_core.sizes import Size, shape_of

CHUNK = 1000  # pictures at a time: bounds the float copies


def pad(images: Images, margin: int) -> Images:
    """Zeros around every picture: [N C H W] -> [N C H+2m W+2m]."""
    return np.pad(images, ((0, 0), (0, 0), (margin, margin), (margin, margin)))


def resize(images: Images, size: Size) -> Images:
    """Bilinear with antialias in float32, rounded to the nearest grey level: [N C H W] -> [N C *size].

    Nothing is cropped: a picture of another aspect is stretched.
    """
    shape = shape_of(size)
    if images.shape[-2:] == shape:
        return images
    import torch  # slow to import, and not needed where nothing is resized
    from torch.nn.functional import interpolate

    resized = np.empty((*images.shape[:2], *shape), dtype=np.uint8)
    for start in range(0, len(images), CHUNK):
        x = torch.from_numpy(np.array(images[start : start + CHUNK])).float()
        x = interpolate(x, size=shape, mode="bilinear", antialias=True, align_corners=False)
        resized[start : start + CHUNK] = x.round().clamp(0, 255).to(torch.uint8).numpy()
    return resized
