"""The command line as somebody else runs it, who may read what others have made and may not write there.

As root the files are given to another user, and the commands run without root's rights to pass over permissions; who
is not root loses the right to write.
"""

import ctypes
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.ablations.command import Outcome, ablations

IS_ROOT = os.geteuid() == 0
OWNER = 65534  # of what is shared, where root runs the tests
PR_CAPBSET_DROP = 24
RIGHTS_OVER_FILES = range(5)  # CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER, CAP_FSETID


def lend(folder: Path) -> None:
    """Let others read the folder and all in it, and not write there."""
    for path in (folder, *folder.rglob("*")):
        if IS_ROOT:
            os.chown(path, OWNER, OWNER)
        else:
            path.chmod(path.stat().st_mode & ~0o222)


def close(path: Path) -> None:
    """Let nobody read it."""
    path.chmod(0)


def as_second_user(commands: Sequence[Sequence[object]], home: Path, folder: Path) -> list[Outcome]:
    """`python -m ablations WORDS...` of each, one after another, with `home` as the machine's home, in `folder`."""
    text = json.dumps([[str(word) for word in words] for words in commands])
    done = subprocess.run(
        [sys.executable, "-m", "tests.ablations.second_user"],
        input=text,
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "GAN_ABLATIONS_HOME": str(home)},
        preexec_fn=_give_up_rights if IS_ROOT else None,
    )
    assert done.returncode == 0, done.stderr
    return [Outcome(**outcome) for outcome in json.loads(done.stdout.splitlines()[-1])]


def _give_up_rights() -> None:
    libc = ctypes.CDLL(None)
    for right in RIGHTS_OVER_FILES:
        libc.prctl(PR_CAPBSET_DROP, right, 0, 0, 0)


if __name__ == "__main__":
    print(json.dumps([vars(ablations(*words)) for words in json.load(sys.stdin)]))
