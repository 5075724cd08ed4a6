"""How colours look to colour-blind readers, and how far apart two of them are: published numbers, not our palette's.

Matrices: Machado, Oliveira and Fernandes 2009, doi:10.1109/TVCG.2009.113, severity 1.0, for linear RGB. Distances:
CIELAB (CIE 1976) under D65; about 2.3 is just noticeable side by side (Mahy, Van Eycken and Oosterlinck 1994).
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Colour = NDArray[np.float64]  # [3]
DEFICIENCIES: Mapping[str, Colour] = {
    "none": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def linear(colour: str) -> Colour:
    """'#0072B2' in linear RGB, [0, 1] (IEC 61966-2-1)."""
    srgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    found: Colour = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    return found


def luminance(colour: str) -> float:
    """Relative, 0 to 1 (WCAG 2.1)."""
    return float(XYZ[1] @ linear(colour))


def contrast(one: str, other: str) -> float:
    """1 to 21 (WCAG 2.1, which asks for 4.5 of text and 3 of lines and large text)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def distance(one: str, other: str, deficiency: str) -> float:
    """CIELAB distance of two colours as a reader with this deficiency sees them."""
    seen = [_lab(np.clip(DEFICIENCIES[deficiency] @ linear(colour), 0, 1)) for colour in (one, other)]
    return float(np.linalg.norm(seen[0] - seen[1]))


def _lab(rgb: Colour) -> Colour:
    relative = (XYZ @ rgb) / (XYZ @ np.ones(3))
    f = np.where(relative > (6 / 29) ** 3, np.cbrt(relative), relative / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])
