"""The entry point of `python -m gan_core`."""

import sys

from gan_core.cli.app import main
from gan_core.machine.output import is_missed, lasting_output
from gan_core.workers.interrupt import let_go

if __name__ == "__main__":
    with lasting_output() as output:
        code = main()
        output.flush()
        if is_missed(output.lost):
            sys.stderr.write(f"error: the output could not be written: {output.lost}\n")
            code = code or 1
    let_go()
    sys.exit(code)
