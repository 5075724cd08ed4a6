"""The entry point of `python -m gan_core`."""

import sys

from gan_core.cli.app import main
from gan_core.machine.home import settle_user
from gan_core.machine.output import steady_output
from gan_core.workers.interrupt import let_go

if __name__ == "__main__":
    settle_user()
    with steady_output():
        code = main()
    let_go()
    sys.exit(code)
