"""The entry point of `python -m gan_core`."""

import sys

from gan_core.cli.app import main
from gan_core.machine.home import settle_user
from gan_core.machine.output import steady_output

if __name__ == "__main__":
    settle_user()
    with steady_output():
        sys.exit(main())
