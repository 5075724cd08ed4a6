"""Where in a person's own code an exception came from."""

import sysconfig
import traceback
from pathlib import Path

import torch

import gan_core

OTHERS = (*(str(Path(module.__file__ or "").parent) for module in (gan_core, torch)), sysconfig.get_path("stdlib"))


def place_of(error: BaseException) -> str:
    """'my_trick.py:12, in penalty: return x.foo' of the innermost line outside gan_core and the libraries; else ''."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if not f.filename.startswith(OTHERS) and "site-packages" not in f.filename]
    own = [f for f in own if not f.filename.startswith("<")]
    if not own:
        return ""
    frame = own[-1]
    return f"{Path(frame.filename).name}:{frame.lineno}, in {frame.name}: {(frame.line or '').strip()}"
