"""What is kept of each execution, and that a torn line does no harm."""

from pathlib import Path

from ablations.executions import NAME, keep_execution, read_executions
from ablations.provenance import provenance_of
from ablations.report.origin import readable


def test_executions_are_kept_in_order_and_without_who_and_where(tmp_path: Path) -> None:
    assert read_executions(tmp_path) == ()
    for command in (["a", "run"], ["b", "run"]):
        keep_execution(tmp_path, provenance_of(tmp_path, command))
    with open(tmp_path / NAME, "a") as file:
        file.write('{"time": 1')
    kept = read_executions(tmp_path)
    assert [one.command for one in kept] == ["a run", "b run"]
    assert "user" not in (tmp_path / NAME).read_text()


def test_a_command_reads_as_it_was_typed() -> None:
    assert readable("/x/ablations/__main__.py run 'a b.yaml'") == "python -m ablations run 'a b.yaml'"
    assert readable("ablations run a.yaml") == "ablations run a.yaml"
