"""Floors that are made while trials train: in a process of their own, or here where trials run here too."""

import hashlib
import json
import traceback
from collections.abc import Iterable, Sequence
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from ablations.execution.progress import OnStep
from ablations.executors.fork_server import fork_server
from ablations.workspace.floors import FILE, FloorsFile, read_file
from gan_core import datasets
from gan_core.config import resolve
from gan_core.evaluation import extractors
from gan_core.evaluation.extractors import store
from gan_core.evaluation.versions import versions
from gan_core.machine import files
from gan_core.plugin_text import Source
from gan_core.plugins.load import load_sources
from gan_core.plugins.loaded import sources_of
from gan_core.problems import UserError
from gan_core.schema.configuration import Config
from gan_core.scoring.floors import floors_of
from gan_core.scoring.reference import other_split
from gan_core.training import training_data
from gan_core.workers.orphan import end_with_parent
from gan_core.workers.standard_output import leave_to_parent


class FloorWork:
    """Makes what is missing of a study's floors: `start`, then `finish`, or `stop` to end without waiting.

    A study goes on without floors that can't be made; why there are none is added to `warnings`.
    """

    def __init__(
        self,
        configs: Iterable[Config],
        root: Path,
        home: Path,
        device: str,
        warnings: list[str],
        *,
        here: bool,
        requested: bool | None,
        may_load: bool = True,
    ) -> None:
        """`requested`: True for large extractors too, False for no floors, None for those that take seconds.

        `may_load`: whether images and weights that are not on this machine are brought here for it.
        """
        self.may_load = may_load
        self.root, self.home, self.device, self.here = root, home, device, here
        self.missing = () if requested is False else missing_floors(root, configs, large=requested is True)
        self.warnings = warnings
        self._process: BaseProcess | None = None
        self._ours: Connection | None = None

    def start(self, on_step: OnStep) -> None:
        """Begin, unless all floors exist."""
        if not self.may_load:
            self._leave_out()
        if not self.missing:
            return
        settings = [config.plain() for config in self.missing]
        if self.here:
            on_step("floors: real images and noise are scored")
            self._warn(_attempt(settings, self.root, self.home, self.device))
            return
        context = fork_server()
        self._ours, theirs = context.Pipe(duplex=False)
        plugins = sources_of(tuple(dict.fromkeys(entry for config in self.missing for entry in config.use)))
        arguments = (settings, plugins, self.root, self.home, self.device, theirs)
        self._process = context.Process(target=_child, args=arguments, name="floors")
        self._process.start()
        theirs.close()

    def finish(self, on_step: OnStep) -> None:
        """Wait until they are made."""
        if self._process is None or self._ours is None:
            return
        if self._process.is_alive():
            on_step("floors: real images and noise are scored")
        try:
            self._warn(self._ours.recv())
        except EOFError:
            self._warn("no floors: their process died")
        self._process.join()
        self._process = None

    def stop(self) -> None:
        """End the work at once: files appear whole or not at all, so nothing but the work is lost."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process = None

    def _leave_out(self) -> None:
        """Leave those out whose images or weights are not here, with one note of how to get them."""
        lacking = [config for config in self.missing if not is_at_hand(config, self.home)]
        self.missing = tuple(config for config in self.missing if config not in lacking)
        if lacking:
            names = ", ".join(dict.fromkeys(config.data_dir or config.data for config in lacking))
            self._warn(
                f"no floors: the images of {names}, or the weights that score them, are not on this machine; once all "
                "trials have ended, the same command with --executor processes and without options of a cluster makes "
                "them, where it may load these"
            )

    def _warn(self, warning: str) -> None:
        if warning:
            self.warnings.append(warning)


def _child(
    settings: list[dict[str, object]],
    plugins: tuple[Source, ...],
    root: Path,
    home: Path,
    device: str,
    pipe: Connection,
) -> None:
    end_with_parent()
    leave_to_parent()
    with pipe:
        load_sources(plugins)
        pipe.send(_attempt(settings, root, home, device))


def _attempt(settings: list[dict[str, object]], root: Path, home: Path, device: str) -> str:
    """Make the floors; returns why there are none, in one line, or ''."""
    try:
        make_floors(settings, root, home, device)
    except UserError as error:
        return f"no floors: {error}"
    except Exception as error:  # reported as a warning: the trials are what matters
        return f"no floors: {traceback.format_exception_only(error)[-1].strip()}"
    return ""


SMALL = 64  # px that an extractor sees: floors of 10,000 images take seconds
ABOUT = ("data", "data_dir", "skip_broken", "fit", "image_size", "extractor", "metrics", "full_samples")


def missing_floors(root: Path, configs: Iterable[Config], large: bool) -> tuple[Config, ...]:
    """A configuration for each protocol whose floors do not exist; `large`: with large extractors too."""
    kept = read_file(root)
    there = set() if kept is None else set(kept.protocols)
    by_protocol = {_protocol(config): config for config in configs if _is_scored(config, large)}
    return tuple(config for protocol, config in by_protocol.items() if protocol not in there)


def is_at_hand(config: Config, home: Path) -> bool:
    """Whether all that the floors of this configuration are made from is prepared under `home`."""
    extractor = extractors.find(config.extractor)
    if extractor.weights is None and store.locate(home, extractor.sha256, extractor.suffix) is None:
        return False
    images = training_data.load_if_prepared(config, home)
    if images is None:
        return False
    split = other_split(images)
    options = training_data.options(config)
    return split is None or datasets.load_if_prepared(config.data, split, config.image_size, home, options) is not None


def make_floors(settings: Sequence[dict[str, object]], root: Path, home: Path, device: str) -> None:
    """Measure, or read from `home`, the floors of these configurations, and add them to the study's file."""
    kept = read_file(root) or FloorsFile(protocols=(), floors=())
    for config in map(resolve, settings):
        made = floors_of(config, home, device)
        known = [floor for floor in kept.floors if floor.of not in [each.of for each in made]]
        protocols = dict.fromkeys((*kept.protocols, _protocol(config)))
        kept = FloorsFile(protocols=tuple(protocols), floors=(*known, *made))
    files.write_text(root / FILE, kept.model_dump_json(indent=1) + "\n")


def _is_scored(config: Config, large: bool) -> bool:
    return config.extractor != extractors.NONE and (large or extractors.find(config.extractor).size <= SMALL)


def _protocol(config: Config) -> str:
    """A key that is equal for configurations whose full scores have equal stamps, as far as settings decide that."""
    plain = config.plain()
    about = {name: plain[name] for name in ABOUT if name in plain}
    code = {"use": plain["use"]} if plain["use"] else {}
    canonical = json.dumps({**about, **code, "versions": versions()}, sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]
