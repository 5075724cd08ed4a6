"""Random study files and command lines: one message and exit code 2, or success; never a traceback."""
