"""Where the parent and its workers find each other."""

import hashlib
import os
from pathlib import Path
from urllib.parse import unquote

from ablations.executors.elsewhere.setting import FOLDER, Elsewhere

PLACE = "slurm"


def control_folder(setting: Elsewhere) -> Path:
    """Where mailboxes and logs lie: in the exchange, if that is a folder, else in the study's folder.

    A folder that the user has named may be that of several studies, so there each has a place of its own.
    """
    exchange = setting.exchange
    if exchange.startswith("file://"):
        exchange = unquote(exchange.removeprefix("file://"))
    if setting.files is None or "://" in exchange:
        return setting.root.absolute() / FOLDER / PLACE
    digest = hashlib.sha256(os.fsencode(setting.root.absolute())).hexdigest()[:8]
    return Path(exchange).absolute() / PLACE / f"{setting.study}-{digest}"
