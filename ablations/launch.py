"""The main function of a trial's process. Light to import: the trainer is there already, or is imported on the way."""

import signal
from multiprocessing.connection import Connection

from ablations.executors.report import Job


def child(job: Job, device: str, threads: int, pipe: Connection) -> None:
    """Train; tell the parent each event. A word from the parent, or its death, stops the trial at the next event."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent passes it on
    from ablations.worker import events_of

    events = events_of(job, device, threads)
    try:
        for event in events:
            pipe.send_bytes(event.model_dump_json().encode())
            if pipe.poll():
                break
    except (BrokenPipeError, ConnectionResetError):
        pass  # the parent has gone; the journal has everything
    finally:
        events.close()  # saves the checkpoint of an unfinished trial
        pipe.close()
