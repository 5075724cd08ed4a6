"""Messages through files: whole lines, in order, whatever became of the writer before."""

from pathlib import Path

from ablations.executors.slurm.mailbox import Incoming, Outgoing
from ablations.executors.slurm.messages import Halt, Leave, to_worker


def test_what_is_added_is_read_once_and_in_order(tmp_path: Path) -> None:
    outgoing, incoming = (
        Outgoing(tmp_path / "box" / "inbox.jsonl", makes_folder=True),
        Incoming(tmp_path / "box" / "inbox.jsonl"),
    )
    assert incoming.lines() == []
    sent = [Halt(life="a", name="x"), Leave(life="a")]
    outgoing.add(sent)
    assert to_worker(incoming.lines()) == sent
    assert incoming.lines() == []
    outgoing.add([Leave(life="b")])
    assert len(incoming.lines()) == 1


def test_a_line_is_read_when_it_is_whole_and_a_torn_one_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "inbox.jsonl"
    outgoing, incoming = Outgoing(path), Incoming(path)
    outgoing.add([Leave(life="a")])
    with open(path, "ab") as file:
        file.write(b'{"kind":"lea')
    assert len(incoming.lines()) == 1
    outgoing.add([Leave(life="b")])
    assert to_worker(incoming.lines()) == [Leave(life="b")]
