"""Exported trials, trained where there is nothing but this package, into folders that `ablations adopt` takes."""

import json
from collections.abc import Callable, Generator, Hashable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gan_core import journal
from gan_core.config import resolve
from gan_core.config.compatibility import extractors_of
from gan_core.config.gpu_memory import gpu_memory
from gan_core.datasets.record import OnProgress
from gan_core.evaluation.extractors import own, store
from gan_core.evaluation.extractors.supply import supply
from gan_core.events import has_result
from gan_core.machine.files import write_text
from gan_core.machine.resources import share
from gan_core.machine.versions import code_digest
from gan_core.plugin_text import keep, place_of
from gan_core.plugins.loaded import sources_of
from gan_core.plugins.permission import load_allowed
from gan_core.problems import Problem, UserError
from gan_core.schema.configuration import Config
from gan_core.training import training_data
from gan_core.workers.exported import ExportedTrial
from gan_core.workers.job import Job, Report
from gan_core.workers.part import Part
from gan_core.workers.patience import USUAL_PATIENCE, Patience
from gan_core.workers.pool import Pool

RECORD = "trial.json"  # who a trial is; written anew by whoever adopts it
CODE = "code"
TRAINER = "gan_core.workers.unattended:train_job"


@dataclass(frozen=True)
class Machine:
    """Where to train, as the command line says; None where it says nothing."""

    home: Path
    workers: int | None = None
    threads: int | None = None
    device: str | None = None
    data_dir: Path | None = None
    inception_weights: Path | None = None
    other_code: bool = False  # whether to train what another version of this package has exported
    patience: Patience = USUAL_PATIENCE
    allow_code: bool = False  # whether to run code of the trials' own that was never named here


class Batch:
    """Exported trials and the folder that they are trained in. Raises UserError for what can't be trained here."""

    def __init__(
        self,
        trials: Sequence[ExportedTrial],
        out: Path,
        machine: Machine,
        weights: Sequence[bytes] = (),
        part: Part | None = None,
    ) -> None:
        """`weights`: the contents of the files of weights that came with the trials; `part`: which of them to train.

        The number of threads is that for all trials, so that a part gives the bits that all would give here.
        """
        self.in_all, self.out, self.machine, self._weights = len(trials), out, machine, weights
        self.trials = trials if part is None else part.of_trials(trials)
        if not machine.other_code:
            _refuse_other_code(trials)
        _load_code(trials, out, machine.allow_code)
        self.configs = {trial.name: self._config(trial) for trial in trials}
        self.places = share(
            len(trials),
            machine.workers,
            machine.threads,
            machine.device,
            lambda: gpu_memory(self.configs.values()),
        )

    def to_do(self) -> list[ExportedTrial]:
        """The trials without a result; failed ones are tried again.

        Raises UserError where a folder holds another trial.
        """
        left = []
        for trial in self.trials:
            directory = self.out / trial.name
            _refuse_another(trial, directory)
            if not has_result(journal.read(directory)):
                left.append(trial)
        return left

    def train(
        self, stop: Callable[[], bool], on_data: OnProgress, on_weights: OnProgress
    ) -> Generator[Report, None, None]:
        """Train what is to do, several at a time; data and weights are there before anything is trained."""
        to_do = self.to_do()
        if not to_do:
            return
        try:
            self.out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(Problem(f"{self.out} can't be made: {error.strerror}", ("--out",))) from error
        self._prepare([self.configs[trial.name] for trial in to_do], on_data, on_weights)
        for trial in to_do:
            _write_record(trial, self.out / trial.name)
        home = self.machine.home
        jobs = (
            Job(
                t.name,
                (config := self.configs[t.name]).plain(),
                self.out / t.name,
                home,
                plugins=sources_of(config.use),
            )
            for t in to_do
        )
        places = self.places
        pool = Pool(TRAINER, places.workers, places.devices, places.threads, self.machine.patience)
        yield from pool.run(jobs, stop)

    def _config(self, trial: ExportedTrial) -> Config:
        """The trial's configuration, with images that lie elsewhere on this machine."""
        config = trial.resolved()
        if self.machine.data_dir is None or config.data_dir is None:
            return config
        return resolve({**config.plain(), "data_dir": str(self.machine.data_dir)}, named=())

    def _prepare(self, configs: Sequence[Config], on_data: OnProgress, on_weights: OnProgress) -> None:
        for content in self._weights:
            store.keep_content(self.machine.home, content, own.SUFFIX)
        seen: set[Hashable] = set()
        for config in configs:
            if (key := (training_data.key(config), config.batch_size, config.max_images, config.extractor)) not in seen:
                training_data.load(config, self.machine.home, on_data)
                seen.add(key)
        names = dict.fromkeys(name for config in configs for name in extractors_of(config))
        supply(names, self.machine.home, self.machine.inception_weights, on_weights)


def _load_code(trials: Sequence[ExportedTrial], out: Path, allowed: bool) -> None:
    """Load the code of the trials' own. What was never named here is kept in `out`, to be read, and refused."""
    sources = {source.entry: source for trial in trials for source in trial.sources(out)}
    placed = [replace(source, path=str(place_of(out, entry))) for entry, source in sources.items()]
    for source in placed:
        keep(out, source)
    load_allowed(placed, allowed)


def _refuse_other_code(trials: Sequence[ExportedTrial]) -> None:
    others = sorted({trial.code for trial in trials} - {code_digest()})
    if others:
        message = f"exported with the trainer's source {', '.join(others)}, and this is {code_digest()}"
        allowed = "the same gan_core on both sides, or --other-code to train with this one"
        raise UserError(Problem(message, ("--other-code",), allowed))


def _refuse_another(trial: ExportedTrial, directory: Path) -> None:
    try:
        holder = json.loads((directory / RECORD).read_bytes())["fingerprint"]
    except FileNotFoundError:
        if not (directory / journal.NAME).exists():
            return
        holder = "unknown"
    except (ValueError, KeyError, TypeError):
        holder = "unknown"
    if holder != trial.fingerprint:
        message = f"holds the run of another configuration ({holder}); move it away, or name another folder"
        raise UserError(Problem(message, source=str(directory)))


def _write_record(trial: ExportedTrial, directory: Path) -> None:
    """Write `trial.json`, atomically. A run that other code has begun is recorded as the work of no one code."""
    directory.mkdir(parents=True, exist_ok=True)
    code: str | None = code_digest()
    if (directory / journal.NAME).exists() and json.loads((directory / RECORD).read_bytes())[CODE] != code:
        code = None
    write_text(directory / RECORD, json.dumps({**trial.record, CODE: code}, indent=2) + "\n")
