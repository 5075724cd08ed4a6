"""How executions read on a published page."""

from ablations.report.sections.reproduction import machine_of, readable
from ablations.workspace.execution_record import ExecutionRecord
from ablations.workspace.provenance import Provenance


def test_a_machine_is_what_computes_and_not_who_or_where() -> None:
    provenance = Provenance(
        commit=None,
        branch=None,
        dirty=None,
        patch=None,
        user="alice",
        host="lab7",
        command="",
        versions={},
        cpu="Fast 9",
        cores=8,
        gpus=("Big 1",),
    )
    record = ExecutionRecord(
        id="1", study="s", design="one-in", arms=1, seeds=(0,), trials=1, started=0.0, provenance=provenance
    )
    assert machine_of(record) == "Fast 9, 8 cores, Big 1"


def test_a_command_reads_as_it_was_typed() -> None:
    assert readable("/x/ablations/__main__.py run 'a b.yaml'") == "python -m ablations run 'a b.yaml'"
    assert readable("ablations run a.yaml") == "ablations run a.yaml"
