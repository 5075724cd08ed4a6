"""The images that a run was trained on, as MLflow's data set input: by the digest that the run itself took of them."""

import json
from typing import Any

from mlflow.entities import Dataset, DatasetInput, InputTag

from gan_core.events import Started
from gan_core.schema.configuration import Config

CONTEXT = "mlflow.data.context"


def dataset_input(first: Started, config: Config) -> Any:
    """The input of a run that began so. MLflow's own digest covers 10,000 numbers; ours covers every image."""
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
