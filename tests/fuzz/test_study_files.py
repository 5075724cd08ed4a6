"""Study files from anywhere: a study, or problems with their places, within seconds, and no file is left behind."""

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from ablations.study.study import load_study
from gan_core.problems import Problem, UserError
from tests.ablations.command import tree
from tests.fuzz.study_files import damaged

MOST_S = 30.0  # far above what any takes, on a machine that does other things as well
MOST_LETTERS = 20_000  # of all messages about one file
QUIET = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]


def _loads_or_tells(folder: Path, text: str) -> None:
    path = folder / "study.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    began = time.perf_counter()
    problems: tuple[Problem, ...] = ()
    try:
        assert load_study(path).plain()
    except UserError as error:
        problems = error.problems
    assert all(problem.source for problem in problems), problems
    assert len("".join(map(str, problems))) < MOST_LETTERS
    assert time.perf_counter() - began < MOST_S
    assert tree(folder) == {"study.yaml"}


@settings(max_examples=150, derandomize=True, deadline=None, suppress_health_check=QUIET, database=None)
@given(text=damaged())
def test_a_study_file_is_a_study_or_has_problems(tmp_path: Path, text: str) -> None:
    _loads_or_tells(tmp_path, text)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@settings(max_examples=3000, deadline=None, suppress_health_check=QUIET, database=None)
@given(text=damaged())
def test_many_study_files(tmp_path: Path, text: str) -> None:
    _loads_or_tells(tmp_path, text)
