"""The entry point of `python -m gan_core`."""

import sys

from gan_core.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
