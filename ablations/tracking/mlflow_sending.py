"""Points and pictures of a run, to MLflow. `check`: ask the store first what it has, and send only the rest."""

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import PIL.Image
from mlflow.entities import Metric

from ablations.tracking.points import Point, milliseconds, step_of
from gan_core.events import Sampled

PICTURES = "samples"  # the image view's key; MLflow adds the step and keeps the files under images/
POINTS_A_REQUEST = 1000  # MLflow's own limit
_WHOLE = re.compile(rf"images/{PICTURES}\+step\+(\d+)\+.*\+compressed\.webp")


class Picture(NamedTuple):
    """A grid of samples and where it stands. `time_ms`: Unix time, ms."""

    path: Path
    step: int
    time_ms: int

    @classmethod
    def of(cls, event: Sampled, directory: Path, budget_kimg: float) -> "Picture":
        """The picture that a trial in `directory` drew."""
        return cls(directory / event.path, step_of(event, budget_kimg), milliseconds(event))


def send_points(client: Any, run_id: str, points: Sequence[Point], *, check: bool) -> None:
    """Send the finite ones, in requests that are stored whole or not at all."""
    finite = [point for point in points if math.isfinite(point.value)]
    if check:
        names = dict.fromkeys(point.name for point in finite)
        there = {(name, old.step) for name in names for old in client.get_metric_history(run_id, name)}
        finite = [point for point in finite if (point.name, point.step) not in there]
    metrics = [Metric(point.name, point.value, point.time_ms, point.step) for point in finite]
    for start in range(0, len(metrics), POINTS_A_REQUEST):
        client.log_batch(run_id, metrics=metrics[start : start + POINTS_A_REQUEST], synchronous=True)


def send_pictures(client: Any, run_id: str, pictures: Sequence[Picture], *, check: bool) -> None:
    """Send grids for the image view, whose slider shows their step."""
    there = _steps_there(client, run_id) if check and pictures else set()
    for picture in pictures:
        if picture.step in there:
            continue
        with PIL.Image.open(picture.path) as image:
            client.log_image(
                run_id,
                image.convert("RGB"),
                key=PICTURES,
                step=picture.step,
                timestamp=picture.time_ms,
                synchronous=True,
            )


def _steps_there(client: Any, run_id: str) -> set[int]:
    """Steps of the pictures that are whole: the small copy is what MLflow writes last."""
    matches = (_WHOLE.fullmatch(info.path) for info in client.list_artifacts(run_id, "images"))
    return {int(match[1]) for match in matches if match}
