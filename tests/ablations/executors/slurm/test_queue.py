"""What squeue prints, as facts about jobs."""

from pathlib import Path

import pytest

from ablations.executors.slurm.queue import SlurmError, entries_of, slurm

SAID = """12_0|RUNNING|node1|None|/shared/study/exchange/slurm
12_1|PENDING||launch failed requeued held|(null)
12_2|PENDING||PartitionTimeLimit|a | b
13|COMPLETING|node2|None|
14|CANCELLED||None|
"""


def test_the_states_of_jobs() -> None:
    entries = entries_of(SAID)
    assert list(entries) == ["12_0", "12_1", "12_2", "13", "14"]
    assert [entry.is_there for entry in entries.values()] == [True, False, True, True, False]
    assert [entry.waits for entry in entries.values()] == [False, True, True, False, False]
    assert [job for job, entry in entries.items() if entry.waits_for_ever] == ["12_2"]
    assert entries["12_0"].comment == "/shared/study/exchange/slurm"
    assert entries["12_2"].comment == "a | b"


def test_a_command_that_fails_is_told_in_its_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "squeue"
    program.write_text("#!/bin/sh\necho slurm_load_jobs error: Unable to contact slurm controller >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(SlurmError, match="Unable to contact slurm controller"):
        slurm("squeue")
    with pytest.raises(SlurmError, match="nothing-of-this-name"):
        slurm("nothing-of-this-name")
