"""How an image of another aspect comes to a size: covered, then the centre is cut out."""

from gan_core.sizes import Shape


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
