"""The systems that this runs on: others are told so in one sentence at import, before anything fails in their way."""

import sys

SENTENCE = "gan-ablations runs on Linux and macOS; on Windows it runs in WSL (`wsl --install`)."

if sys.platform == "win32":  # no fork server, no file locks
    sys.stderr.write(f"{SENTENCE}\n")
    raise SystemExit(2)
