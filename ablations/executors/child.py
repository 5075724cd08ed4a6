"""The main function of a trial's process. Light to import: the trainer is there already, or is imported on the way."""

from contextlib import closing
from multiprocessing.connection import Connection

from ablations.executors.executor import Job


def child(job: Job, device: str, threads: int, pipe: Connection) -> None:
    """Train; tell the parent each event. A word from the parent, or its death, stops the trial at the next event."""
    from ablations.executors.worker import events_of

    with pipe, closing(events_of(job, device, threads)) as events:  # closing saves an unfinished trial
        for event in events:
            try:
                pipe.send_bytes(event.model_dump_json().encode())
            except (BrokenPipeError, ConnectionResetError):
                return  # the parent has gone; the journal has everything
            if pipe.poll():
                return
