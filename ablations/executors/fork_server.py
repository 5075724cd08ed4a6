"""The platform's fork server: a process that has the worker imported, from which a trial starts in a moment."""

from multiprocessing.context import ForkServerContext

from ablations.executors.processes import TRAINER
from gan_core.workers import fork_server as trainers


def fork_server() -> ForkServerContext:
    """Start the fork server unless it runs, and return the context whose processes come from it."""
    return trainers.fork_server(TRAINER.partition(":")[0])
