"""The entry point of `python -m gan_core`."""

import sys

from gan_core.cli.app import main
from gan_core.machine.output import steady_output

if __name__ == "__main__":
    with steady_output():
        sys.exit(main())
