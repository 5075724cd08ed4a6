"""Running a plug-in's file: only one that the user named, as it was read, and alone."""

import linecache
import random
import signal
import sys
import threading
import types
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from typing import Any

import numpy as np
import torch

from gan_core.plugin_text import Source, read_source
from gan_core.plugins.blame import line_of
from gan_core.plugins.loaded import Plugin, enter, loaded, plugin_of
from gan_core.plugins.registration import WAYS, registering
from gan_core.problems import Problem, UserError

LONGEST_S = 120  # that a file may take to define what it registers


def load(path: Path) -> Plugin:
    """Run the file and enter what it registers. Twice the same file is once.

    Raises UserError, with the file and the line of the user's code, for whatever goes wrong in it; then nothing of it
    is registered.
    """
    return load_source(read_source(path))


def load_all(paths: Iterable[Path]) -> tuple[Plugin, ...]:
    """Load these files in order. Raises UserError with the problems of all of them."""
    plugins: list[Plugin] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            plugins.append(load(path))
        except UserError as error:
            problems += error.problems
    if problems:
        raise UserError(*problems)
    return tuple(plugins)


def load_sources(sources: Sequence[Source]) -> None:
    """Load what another process has sent, in order."""
    for source in sources:
        load_source(source)


def load_source(source: Source) -> Plugin:
    """Run a text; see `load`."""
    if (known := plugin_of(source.entry)) is not None:
        return known
    other = next((plugin for plugin in loaded() if plugin.name == source.name), None)
    if other is not None:
        message = f"another plug-in is called {source.name} already: {other.source.path}, digest {other.digest}"
        raise UserError(Problem(message, source=source.path, allowed="one plug-in a name"))
    plugin = Plugin(source, _registered(source))
    enter(plugin)
    return plugin


def _registered(source: Source) -> Any:
    name = f"gan_core_plugin_{source.digest}"
    module = types.ModuleType(name)
    module.__file__ = source.path
    lines = source.text.splitlines(keepends=True)
    linecache.cache[source.path] = (len(source.text), None, lines, source.path)  # tracebacks show what was run
    sys.modules[name] = module  # where dataclasses, pydantic and pickle look for the file's classes
    try:
        with registering(source) as found, _state_kept(), _alone(source), _in_time(), redirect_stdout(sys.stderr):
            exec(compile(source.text, source.path, "exec", dont_inherit=True), module.__dict__)
    except KeyboardInterrupt:
        del sys.modules[name]
        raise
    except BaseException as error:
        del sys.modules[name]
        raise _as_problem(error, source) from None
    if not found.registered:
        del sys.modules[name]
        raise UserError(Problem("registers nothing", source=source.path, allowed=WAYS))
    return tuple(found.registered)


def _as_problem(error: BaseException, source: Source) -> UserError:
    if isinstance(error, UserError):  # of `register`, or of `pair`, which does not know the line
        place = f"{source.path}:{line_of(error, source.path) or 1}"
        return UserError(*(p if p.source else replace(p, source=place) for p in error.problems))
    if isinstance(error, SyntaxError) and error.filename == source.path:
        line = error.lineno or 1
        written = (error.text or "").strip()
        message = f"{type(error).__name__}: {error.msg}" + (f": {written}" if written else "")
        return UserError(Problem(message, source=f"{source.path}:{line}", allowed="Python of this version"))
    line = line_of(error, source.path) or 1
    place = f"{source.path}:{line}"
    if isinstance(error, SystemExit):
        return UserError(Problem(f"ends the program (SystemExit: {error.code})", source=place, allowed="definitions"))
    if isinstance(error, NeighbourError):
        allowed = "one file that holds all its code: its digest stands for it in every result"
        return UserError(Problem(str(error), source=place, allowed=allowed))
    if isinstance(error, TimeoutError) and error.args == (LONGEST_S,):
        message = f"took more than {LONGEST_S} s to load"
        return UserError(Problem(message, source=place, allowed="definitions; work belongs into what it registers"))
    words = str(error) or "no message"
    return UserError(Problem(f"{type(error).__name__}: {words}", source=place))


class NeighbourError(ImportError):
    """The file imports another one of its folder."""


class _Neighbours(MetaPathFinder):
    """Refuses modules of the file's own folder, which no digest would stand for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> ModuleSpec | None:
        """Where a top-level module would be taken from. None: whoever looks next finds it."""
        if path is not None or not self._is_there(name):
            return None
        found = PathFinder.find_spec(name)  # not this folder's, where something else of this name comes first
        if found is not None and not _is_within(found, self._folder):
            return None
        raise NeighbourError(f"imports {name}, a file of its own folder, and a plug-in is one file")

    def _is_there(self, name: str) -> bool:
        return (self._folder / f"{name}.py").is_file() or (self._folder / name / "__init__.py").is_file()


def _is_within(spec: ModuleSpec, folder: Path) -> bool:
    return spec.origin is not None and Path(spec.origin).absolute().is_relative_to(folder)


@contextmanager
def _alone(source: Source) -> Iterator[None]:
    """The file's folder is on no path, and what lies there is refused in words."""
    finder = _Neighbours(Path(source.path).absolute().parent)
    path = list(sys.path)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        sys.path[:] = path


@contextmanager
def _in_time() -> Iterator[None]:
    """A file that never ends is ended, where this system and this thread can have an alarm."""
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return

    def over(signal_number: int, frame: object) -> None:
        raise TimeoutError(LONGEST_S)

    former = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, LONGEST_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)


@contextmanager
def _state_kept() -> Iterator[None]:
    """What a tutorial's first lines set for the whole process is as it was afterwards: seeds, formats, modes."""
    python, numpy_state = random.getstate(), np.random.get_state()
    format, threads = torch.get_default_dtype(), torch.get_num_threads()
    strict, benchmark = torch.are_deterministic_algorithms_enabled(), torch.backends.cudnn.benchmark
    device = torch.get_default_device()
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy_state)
        torch.set_default_dtype(format)
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)
        if torch.are_deterministic_algorithms_enabled() != strict:  # setting it loads a compiler
            torch.use_deterministic_algorithms(strict)
        torch.backends.cudnn.benchmark = benchmark
        if torch.get_default_device() != device:
            torch.set_default_device(device)
