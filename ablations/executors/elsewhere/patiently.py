"""Another try, after a pause, for what an exchange did not do at once: stores are busy, network folders hang."""

import time
from collections.abc import Callable
from typing import TypeVar

from ablations.executors.elsewhere.exchange import ExchangeError

PAUSES_S = (1.0, 5.0, 15.0, 30.0)
T = TypeVar("T")


def patiently(action: Callable[[], T], sleep: Callable[[float], None] = time.sleep) -> T:
    """What `action` returns. Raises its ExchangeError where another try is of no use, and after the last one."""
    for pause in PAUSES_S:
        try:
            return action()
        except ExchangeError as error:
            if error.lasting:
                raise
        sleep(pause)
    return action()
