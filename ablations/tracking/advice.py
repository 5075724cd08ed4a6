"""What a user whose server is away can do, in words: the same ones wherever that is told."""

import shlex
from pathlib import Path

WAY_ON = "wait until it answers; or train now with --offline and send everything later with `python -m ablations sync`"


def sync_command(root: Path) -> str:
    """The command that sends what a study's folder holds and a store lacks."""
    return f"python -m ablations sync {shlex.quote(str(root))}"
