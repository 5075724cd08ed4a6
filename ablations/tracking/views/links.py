"""Addresses within MLflow's UI: a study's views, a run with its files, several runs next to each other."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from ablations.addresses import without_password

TRAINING = "workflowType=machine_learning"  # else MLflow 3 opens its pages for language models
MOST_COMPARED = 20  # runs that the comparison is readable, and its address short enough, with


def base_of(uri: str) -> str:
    """A server's address for a browser: without user and password.

    >>> base_of("https://me:secret@host:5000/mlflow/")
    'https://host:5000/mlflow'
    """
    return re.sub(r"(?<=://)[^/?#@]*@", "", without_password(uri).partition("?")[0]).rstrip("/")


@dataclass(frozen=True)
class Links:
    """The addresses of one experiment.

    `base`: such as 'http://127.0.0.1:5000', '' within the UI itself, whatever its address.
    """

    base: str
    experiment_id: str

    def view(self, name: str, charts: bool = True) -> str:
        """A saved view, as charts or as a table."""
        mode = "&compareRunsMode=CHART" if charts else ""
        return f"{self._experiment}/runs?{TRAINING}{mode}&viewStateShareKey={name}"

    def run(self, run_id: str, file: str = "") -> str:
        """A run's page, or one of its files in the viewer."""
        return f"{self._experiment}/runs/{run_id}{f'/artifacts/{quote(file)}' if file else ''}?{TRAINING}"

    def comparison(self, run_ids: Sequence[str]) -> str:
        """These runs next to each other, at most `MOST_COMPARED` of them."""
        runs = json.dumps(list(run_ids[:MOST_COMPARED]), separators=(",", ":"))
        experiments = json.dumps([self.experiment_id])
        return f"{self._home}/compare-runs?{urlencode({'runs': runs, 'experiments': experiments})}&{TRAINING}"

    @property
    def _home(self) -> str:
        return f"{self.base}/#" if self.base else "#"

    @property
    def _experiment(self) -> str:
        return f"{self._home}/experiments/{self.experiment_id}"
