"""The folder on a node's own disk that a trial from elsewhere is trained in, from its landing to its last delivery."""

import shutil
import socket
import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ablations.executors.elsewhere.delivery import Delivery, SupersededError
from ablations.executors.elsewhere.exchange import Exchange, ExchangeError
from ablations.executors.elsewhere.shipped import ShippedJob
from gan_core.events import Finished
from gan_core.machine.home import machine_home
from gan_core.workers.ending import ending
from gan_core.workers.job import Report

DELIVERED = ".delivered"  # in a landed job's folder, once everything that is to be sent of it is in the exchange
UNDELIVERED = "its files can't be brought to the exchange"
UNFETCHED = "its files can't be had from the exchange on"


def landed(job: ShippedJob) -> ShippedJob:
    """The job as this machine trains it: in a new folder under $TMPDIR, with the home folder of this machine.

    To be called before the job is given to a pool. Raises UserError where this machine has no home folder, OSError
    where no folder can be made.
    """
    scratch = Path(tempfile.mkdtemp(prefix=f"{job.name[:60]}-"))
    return replace(job, directory=scratch, home=machine_home())


def settled(job: ShippedJob, report: Report) -> Report:
    """What to tell the parent of a landed job, once everything that this report rests on is in the exchange.

    To be called with each report of a pool. A process that was killed, or ended because it hung, has left files here:
    they are sent before anybody hears of its end. Where they can't be, the report becomes a failure that says so, and
    the files are kept here. What has been sent is removed.
    """
    if not (report.has_left or isinstance(report.event, Finished)):
        return report
    if job.directory.exists() and not (job.directory / DELIVERED).exists():
        try:
            Delivery(Exchange(job.exchange), job.place, job.directory).send()
        except SupersededError:
            pass
        except ExchangeError as error:
            has_said_so = isinstance(report.event, Finished) and is_exchange_trouble(report.event)
            return report if has_said_so else Report(job.name, undelivered(job, error))
    discard(job)
    return report


def discard(job: ShippedJob) -> None:
    """Remove the folder of a landed job, of which nothing is to be sent any more; two processes may do so at once."""
    gone = job.directory.with_name(f"{job.directory.name}.gone")  # at once: half a folder would look like a run's
    with suppress(OSError):
        job.directory.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


def undelivered(job: ShippedJob, error: ExchangeError) -> Finished:
    """The failure of a trial whose files can't be brought into the exchange; they are kept where they are."""
    where = f"{socket.gethostname()}:{job.directory}"
    return ending(job.directory, "failed", f"{UNDELIVERED} ({error}); what it has computed is kept in {where}")


def unfetched(job: ShippedJob, error: ExchangeError) -> Finished:
    """The failure of a trial whose files this node can't have from the exchange."""
    return ending(job.directory, "failed", f"{UNFETCHED} {socket.gethostname()} ({error})")


def is_exchange_trouble(end: Finished) -> bool:
    """Whether the run failed because of its exchange, and not by itself."""
    return end.status == "failed" and end.reason.startswith((UNDELIVERED, UNFETCHED))
