"""Frames to animated GIFs that loop for ever, written atomically."""

from collections.abc import Sequence
from pathlib import Path

import PIL.Image

from gan_core.machine.files import replacing

HOLD = 8  # how many times as long the last frame stands, where a film has an end


def save_gif(frames: Sequence[PIL.Image.Image], path: Path, frame_ms: int, hold_last: bool = False) -> None:
    """Write frames of one size. GIFs count in hundredths of a second: `frame_ms` is a multiple of 10."""
    path.parent.mkdir(parents=True, exist_ok=True)
    durations = [frame_ms] * len(frames)
    if hold_last:
        durations[-1] *= HOLD
    first, *rest = (_indexed(frame) for frame in frames)
    with replacing(path, durable=False) as temporary:
        first.save(temporary, format="GIF", save_all=True, append_images=rest, duration=durations, loop=0)


def _indexed(frame: PIL.Image.Image) -> PIL.Image.Image:
    """The frame with a palette: all greys of a grey picture, or the 256 colours nearest to those of another."""
    if frame.mode != "L" and _is_grey(frame):
        frame = frame.convert("L")
    return frame if frame.mode == "L" else frame.quantize(256, method=PIL.Image.Quantize.FASTOCTREE)


def _is_grey(frame: PIL.Image.Image) -> bool:
    red, green, blue = frame.convert("RGB").split()
    return red.tobytes() == green.tobytes() == blue.tobytes()
