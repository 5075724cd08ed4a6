"""A job on its way: the same one where it arrives, on one line."""

from pathlib import Path

import pytest

from ablations.executors.elsewhere.shipped import job_from_json, job_to_json, refuse_other_code, ship
from ablations.executors.elsewhere.trial_files import STAY
from ablations.workspace.cursor import NAME as CURSOR
from ablations.workspace.trial_record import RECORD
from gan_core.config import resolve
from gan_core.machine.versions import code_digest
from gan_core.plugin_text import Source
from gan_core.problems import UserError
from gan_core.training import checkpoint
from gan_core.workers.job import Job
from tests.ablations.tiny import BASELINE


def test_a_job_is_the_same_where_it_arrives(tmp_path: Path) -> None:
    settings = resolve({**BASELINE, "r1": 0.1, "lr_d": "1e-4:1e-5"}).plain()
    sources = (Source("mine.py", "x = 'Zoë\n'\r\n", "/home/me/mine.py"),)
    job = Job("arm-seed0", settings, tmp_path / "a", tmp_path / "home", "digest", sources)
    shipped = ship(job, "s3://bucket/x", "0123")
    line = job_to_json(shipped)
    assert "\n" not in line
    arrived = job_from_json(line)
    assert arrived == shipped
    assert resolve(arrived.settings, named=()) == resolve(settings, named=())
    assert arrived.place == "trials/arm-seed0/0123"


def test_other_code_is_refused(tmp_path: Path) -> None:
    shipped = ship(Job("a", {}, tmp_path, tmp_path), "/x", "1")
    refuse_other_code(shipped)
    line = job_to_json(shipped).replace(code_digest(), "0" * 16)
    with pytest.raises(UserError, match=f"is {code_digest()} on this node, and {'0' * 16} where the study runs"):
        refuse_other_code(job_from_json(line))


@pytest.mark.parametrize("line", ["", "{}", "[]", '{"name": "a"}'])
def test_anything_else_is_no_job(line: str) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        job_from_json(line)


def test_what_is_the_parents_stays_with_it() -> None:
    assert {CURSOR, RECORD, "summary.json", checkpoint.PREVIOUS} < STAY
