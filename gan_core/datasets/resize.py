"""Changing the size of uint8 pictures by stated rules."""

import numpy as np

from gan_core.datasets.record import Images
from gan_core.schema.sizes import Shape, Size, shape_of

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


def covering(native: Shape, wanted: Shape) -> Shape:
    """The shape, of `native`'s aspect, at which an image just covers `wanted`: one side fits, the other is not smaller.

    For a square this is torchvision's Resize(side), which rounds the longer side down.
    """
    (height, width), (wanted_height, wanted_width) = native, wanted
    if wanted_height * width >= wanted_width * height:
        return wanted_height, wanted_height * width // height
    return wanted_width * height // width, wanted_width


def centre(outer: Shape, inner: Shape) -> tuple[int, int]:
    """Top and left of the centred cut of `inner` from `outer`, rounded as torchvision's CenterCrop does."""
    return round((outer[0] - inner[0]) / 2), round((outer[1] - inner[1]) / 2)
