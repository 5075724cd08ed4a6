"""Points and pictures of a run, to MLflow. `check`: ask the store first what it has, and send only the rest.

A request whose answer was lost may have been carried out, or may be carried out later. So what is sent is the same each
time: a point that MLflow has is no second one, for its database knows a point by name, step, time and value; a
picture's files have names that depend on the run and the step alone, and replace themselves.
"""

import json
import math
import re
import shutil
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import PIL.Image
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric
from mlflow.tracking.multimedia import compress_image_size

from ablations.tracking.points import LoggedPoint, milliseconds, step_of
from gan_core.events import Sampled, Started
from gan_core.machine.inside import file_inside
from gan_core.schema.configuration import Config

PICTURES = "samples"  # the image view's key
FOLDER = "images"  # where the image view looks
SHOWN_TAG = "mlflow.loggedImages"
POINTS_A_REQUEST = 1000  # MLflow's own limit
_PART = re.compile(rf"{FOLDER}/({PICTURES}\+step\+(\d+)\+timestamp\+.+?)(\+compressed\.webp|\.png)")


class LoggedImage(NamedTuple):
    """A grid of samples and the step that it belongs to. `time_ms`: Unix time, ms."""

    path: Path
    step: int
    time_ms: int

    @classmethod
    def of(cls, event: Sampled, directory: Path, budget_kimg: float) -> "LoggedImage | None":
        """The picture that a trial in `directory` drew; None where it lies there no more, or elsewhere."""
        path = file_inside(directory, event.path)
        return None if path is None else cls(path, step_of(event, budget_kimg), milliseconds(event))

    def stem(self, run_id: str) -> str:
        """The beginning of its files' names, by MLflow's rule for what its image view shows."""
        own = uuid.uuid5(uuid.NAMESPACE_URL, f"{run_id}/{self.step}")
        return f"{PICTURES}+step+{self.step}+timestamp+{self.time_ms}+{own}"


def send_points(client: Any, run_id: str, points: Sequence[LoggedPoint], *, check: bool) -> None:
    """Send the finite points, in requests that are stored whole or not at all."""
    finite = [point for point in points if math.isfinite(point.value)]
    if check:
        names = dict.fromkeys(point.name for point in finite)
        there = {(name, old.step) for name in names for old in client.get_metric_history(run_id, name)}
        finite = [point for point in finite if (point.name, point.step) not in there]
    metrics = [Metric(point.name, point.value, point.time_ms, point.step) for point in finite]
    for start in range(0, len(metrics), POINTS_A_REQUEST):
        client.log_batch(run_id, metrics=metrics[start : start + POINTS_A_REQUEST], synchronous=True)


def send_pictures(client: Any, run_id: str, pictures: Sequence[LoggedImage], *, check: bool) -> None:
    """Send grids for the image view, whose slider shows their step: each whole, and small for the overview.

    The view looks for them in runs with SHOWN_TAG alone.
    """
    there = _stems_there(client, run_id) if check and pictures else {}
    for picture in pictures:
        stem, suffixes = there.get(picture.step, (picture.stem(run_id), frozenset()))
        if len(suffixes) < 2:
            _send_picture(client, run_id, picture.path, stem)


def _send_picture(client: Any, run_id: str, path: Path, stem: str) -> None:
    with PIL.Image.open(path) as image, tempfile.TemporaryDirectory() as folder:
        large, small = Path(folder) / f"{stem}.png", Path(folder) / f"{stem}+compressed.webp"
        shutil.copyfile(path, large)  # as it is: to pack it again takes longer than all the rest
        compress_image_size(image).save(small, method=0)  # 3 % larger than the default's, in a third of its time
        for file in (large, small):
            client.log_artifact(run_id, str(file), FOLDER)


def _stems_there(client: Any, run_id: str) -> Mapping[int, tuple[str, frozenset[str]]]:
    """By step, the stem of the picture that is there, and which of its two files."""
    found: dict[int, tuple[str, frozenset[str]]] = {}
    for info in client.list_artifacts(run_id, FOLDER):
        if match := _PART.fullmatch(info.path):
            stem, step, suffix = match.groups()
            before = found.get(int(step), (stem, frozenset()))
            if before[0] == stem:
                found[int(step)] = (stem, before[1] | {suffix})
            elif len(before[1]) < 2:
                found[int(step)] = (stem, frozenset({suffix}))
    return found


CONTEXT = "mlflow.data.context"


def dataset_input(first: Started, config: Config) -> Any:
    """The input of a run with this beginning. MLflow's own digest covers 10,000 numbers; ours covers every image."""
    settings = config.plain()
    profile = {"image_shape": list(first.image_shape), "skipped_files": first.data_skipped}
    dataset = Dataset(
        name=str(settings["data"]),
        digest=first.data_digest,
        source_type="gan-ablations",
        source=json.dumps({"data": settings["data"], "image_size": settings["image_size"]}),
        profile=json.dumps(profile),
    )
    return DatasetInput(dataset, [InputTag(CONTEXT, "training")])
