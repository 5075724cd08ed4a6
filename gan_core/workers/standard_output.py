"""Standard output belongs to the process that the user started: it may hold a document, alone."""

import sys


def leave_to_parent() -> None:
    """From now on what anything in this process prints, such as code of the user's own, goes to standard error.

    To be called in the child.
    """
    sys.stdout = sys.stderr
