"""Trials an hour of a study, by a plain training script in a shell loop and by `python -m ablations run`.

    python -m benchmarks.shell_loop [--arms N] [--repeats N] [--abreast N] [--whole] [--cold] [--out FILE.md]
    python -m benchmarks.shell_loop --one SETTINGS.json --out FOLDER [--mlflow URI]

The second is the script, as a researcher writes it: a DataLoader over PIL images with torchvision's transforms, D on
reals and fakes apart, Adam as torch builds it, `.item()` at every step, torchmetrics given images, MLflow in an SQLite
store, a picture and a checkpoint at each score. The loop starts it once a trial. The first runs it so over arms of the
main study, and the same arms by the command, from its start to its leaderboard, in turn.

Where the two differ to the script's good, so that the ratio is at least what a user sees: its networks are ours, in
the memory layout that is fast on a CPU; its images are prepared (padded, one array) before it starts; its reals pass
through the metrics once a process; it scores its last generator alone, where the command scores the best one on the way
too; it draws no films or curves and ranks nothing. To ours: unless `--cold`, the reals' features and the floors are in
the home folder from earlier runs, as after a user's first study.

The script runs with as many threads as torch takes by itself, one process after another. `--abreast N` is somebody who
starts N at a time with their share of the threads each. Two threads of a process wait for each other all the time, so a
machine that others use slows the script more than the command, whose trials have a core each: look at the load average.

The command's start and end take as long for two trials as for a hundred. So the details have what the same trials would
give at the study's own size, where the start and end are the same and each trial takes as long.

Tricks of layers are built as ours are. Instance noise and label smoothing are written in the loop, in their plain form.
The script refuses others.
"""

import argparse
import json
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader
from torchmetrics.image.fid import FrechetInceptionDistance
from torchmetrics.image.inception import InceptionScore
from torchvision.utils import save_image

from benchmarks.tutorial_loop import LOADERS, PilImages
from gan_core import datasets
from gan_core.config import resolve
from gan_core.datasets.batches import ImageArray
from gan_core.evaluation import extractors
from gan_core.machine.cores import cores
from gan_core.machine.home import machine_home
from gan_core.schema.configuration import Config
from gan_core.training.build import build
from gan_core.training.timetable import Kind, moments, total_steps
from gan_core.tricks import tricks_of

GOAL = 4.0  # times as many trials an hour
SCORED = 250  # images given to the metrics at once
LOGGED = 50  # steps between two points in MLflow
GRID = 64  # images in a picture
EXPERIMENT = "shell loop"
WRITTEN_HERE = ("instance_noise", "label_smoothing")
IN_LAYERS = ("spectral_norm", "dropout")
Log = Callable[[Mapping[str, float], int], None]


class Features(nn.Module):
    """What FrechetInceptionDistance takes: uint8 images -> features [N d]."""

    def __init__(self, network: nn.Module, num_features: int) -> None:
        super().__init__()
        self.network, self.num_features = network, num_features

    def forward(self, images: Tensor) -> Tensor:
        features: Tensor = self.network(images).features
        return features


class Logits(nn.Module):
    """What InceptionScore takes: uint8 images -> logits [N classes]."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.network(images).logits
        return logits


class Metrics:
    """torchmetrics' FID and IS, used as its documentation shows; the reals are kept over the process's scores."""

    def __init__(self, extractor: str, device: torch.device) -> None:
        found = extractors.find(extractor).located(machine_home())
        network = found.load(device)
        features = Features(network, found.num_features)
        self.fid = FrechetInceptionDistance(feature=features, reset_real_features=False).to(device)
        self.inception_score = InceptionScore(feature=Logits(network)).to(device)
        self.device = device

    def see_reals(self, loader: DataLoader[Tensor]) -> None:
        """All of them, in [-1, 1], once."""
        for x_real in loader:
            self.fid.update(uint8(x_real.to(self.device)), real=True)

    def score(self, fakes: Iterator[Tensor]) -> dict[str, float]:
        """FID and IS of the fakes, in [-1, 1]."""
        self.fid.reset()
        self.inception_score.reset()
        for x_fake in fakes:
            images = uint8(x_fake)
            self.fid.update(images, real=False)
            self.inception_score.update(images)
        return {"fid": float(self.fid.compute()), "is": float(self.inception_score.compute()[0])}


def uint8(x: Tensor) -> Tensor:
    """[-1, 1] -> [0, 255]."""
    return ((x + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)


def generated(G: nn.Module, count: int, latent_dim: int, device: torch.device) -> Iterator[Tensor]:
    """Batches of so many fakes, of G in evaluation mode."""
    G.eval()
    with torch.no_grad():
        for start in range(0, count, SCORED):
            yield G(torch.randn(min(SCORED, count - start), latent_dim, device=device))
    G.train()


@dataclass
class Outcome:
    """Scores of the last generator, and where the script's time went after its imports, in seconds."""

    scores: dict[str, float] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[what] = self.seconds.get(what, 0.0) + time.perf_counter() - began


def check(config: Config) -> None:
    """Ends the program where the script does not have what the configuration asks for."""
    on = {trick.name for trick, _ in tricks_of(config)} - {*WRITTEN_HERE, *IN_LAYERS}
    plain = {"loss": "non_saturating", "optimizer_g": "adam", "optimizer_d": "adam", "latent": "normal"}
    other = {name for name, value in plain.items() if getattr(config, name) != value}
    several = {name for name in ("d_steps", "g_steps") if getattr(config, name) != 1}
    noise, smoothing = config.trick("instance_noise"), config.trick("label_smoothing")
    if noise is not None and (noise.where, noise.on, noise.proportional) != ("input", "D", False):
        other.add("instance_noise elsewhere than on what D sees")
    if smoothing is not None and smoothing.g != 1:
        other.add("label_smoothing of G")
    if missing := on | other | several:
        raise SystemExit(f"not in the plain script: {', '.join(sorted(missing))}")


def noise_sigma(config: Config, kimg: float) -> float:
    """The instance noise's standard deviation after so many thousand images; 0 without the trick."""
    noise = config.trick("instance_noise")
    if noise is None:
        return 0.0
    left = max(0.0, 1 - kimg / noise.anneal_kimg) if noise.anneal_kimg else 1.0
    return float(noise.sigma * left)


def train_plainly(config: Config, images: ImageArray, out: Path, log: Log, device: torch.device) -> Outcome:
    """The script: train, score, save."""
    check(config)
    outcome = Outcome()
    torch.manual_seed(config.seed)
    with outcome.timed("data and networks"):
        data = PilImages(images)
        loader = DataLoader(data, batch_size=config.batch_size, shuffle=True, num_workers=LOADERS, drop_last=True)
        networks = build(config, images, device)
        G, D = networks.G, networks.D
        criterion = nn.BCEWithLogitsLoss()
        betas = (config.beta1, config.beta2)
        optimizer_d = torch.optim.Adam(D.parameters(), lr=config.lr_d, betas=betas)
        optimizer_g = torch.optim.Adam(G.parameters(), lr=config.lr_g, betas=betas)
        fixed_noise = torch.randn(GRID, config.latent_dim, device=device)
    with outcome.timed("real images of the metrics"):
        metrics = Metrics(config.extractor, device)
        metrics.see_reals(DataLoader(data, batch_size=SCORED, num_workers=LOADERS))

    def evaluate(count: int, step: int) -> dict[str, float]:
        with outcome.timed("evaluation"):
            scores = metrics.score(generated(G, count, config.latent_dim, device))
        with outcome.timed("logging"):
            log(scores, step)
        return scores

    smoothing = config.trick("label_smoothing")
    real_label = smoothing.real if smoothing else 1.0
    fake_label = smoothing.fake if smoothing else 0.0
    evaluations = {moment.step for moment in moments(config) if moment.kind is Kind.EVALUATE}
    step = 0
    batches = endless(loader)
    for step in range(1, total_steps(config) + 1):
        with outcome.timed("training"):
            sigma = noise_sigma(config, (step - 1) * config.batch_size / 1000)
            x_real = next(batches).to(device)
            if sigma:
                x_real = x_real + sigma * torch.randn_like(x_real)

            D.zero_grad()
            output = D(x_real).view(-1)
            label = torch.full((len(output),), real_label, dtype=torch.float, device=device)
            error_real = criterion(output, label)
            error_real.backward()
            fake = G(torch.randn(len(output), config.latent_dim, device=device))
            seen_fake = fake + sigma * torch.randn_like(fake) if sigma else fake
            label.fill_(fake_label)
            error_fake = criterion(D(seen_fake.detach()).view(-1), label)
            error_fake.backward()
            error_d = error_real + error_fake
            optimizer_d.step()

            G.zero_grad()
            label.fill_(1.0)
            error_g = criterion(D(seen_fake).view(-1), label)
            error_g.backward()
            optimizer_g.step()
            losses = {"loss_d": error_d.item(), "loss_g": error_g.item()}
        if step % LOGGED == 0:
            with outcome.timed("logging"):
                log(losses, step)
        if step in evaluations:
            evaluate(config.progress_samples, step)
            with outcome.timed("pictures and checkpoints"), torch.no_grad():
                G.eval()
                save_image(G(fixed_noise), out / f"{step:06d}.png", normalize=True)
                G.train()
                torch.save({"G": G.state_dict(), "D": D.state_dict()}, out / "checkpoint.pt")
    outcome.scores = evaluate(config.full_samples, step)
    return outcome


def endless(loader: DataLoader[Tensor]) -> Iterator[Tensor]:
    """One epoch after another."""
    while True:
        yield from loader


@contextmanager
def mlflow_run(uri: str, name: str, config: Config) -> Iterator[Log]:
    """A run in an MLflow store, as its quickstart has it."""
    import mlflow

    mlflow.set_tracking_uri(uri)
    mlflow.set_experiment(EXPERIMENT)
    with mlflow.start_run(run_name=name):
        mlflow.log_params(config.plain())
        yield lambda values, step: mlflow.log_metrics(dict(values), step=step)


def one(settings: Path, out: Path, uri: str | None) -> None:
    """One process of the shell loop; leaves `result.json` in `out`."""
    config = resolve(json.loads(settings.read_text()))
    out.mkdir(parents=True, exist_ok=True)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    images = datasets.load(config.data, "train", config.image_size, machine_home()).images
    if uri is None:
        outcome = train_plainly(config, images, out, lambda values, step: None, device)
    else:
        began = time.perf_counter()
        with mlflow_run(uri, out.name, config) as log:
            opening_s = time.perf_counter() - began
            outcome = train_plainly(config, images, out, log, device)
        outcome.seconds["logging"] += opening_s
    result = {"scores": outcome.scores, "seconds": outcome.seconds}
    (out / "result.json").write_text(json.dumps(result, indent=1))


@dataclass(frozen=True)
class Way:
    """One way through the same trials: wall seconds of the whole, and of each trial.

    `parts`: where the time went, in seconds a trial; of trials next to each other, in seconds of a worker's place.
    `cpu_s`: CPU seconds of all its processes, waiting in a loop for other threads included; None: not known.
    """

    wall_s: float
    trial_s: tuple[float, ...]
    parts: dict[str, float]
    cpu_s: float | None = None
    fixed_s: float = 0.0  # of the wall seconds, what does not grow with the number of trials

    @property
    def trials_per_hour(self) -> float:
        return len(self.trial_s) * 3600 / self.wall_s

    def per_hour_of(self, trials: int) -> float:
        """Trials an hour if there were so many, each as long as these: an extrapolation."""
        return 3600 * trials / (self.fixed_s + (self.wall_s - self.fixed_s) * trials / len(self.trial_s))


@dataclass(frozen=True)
class Rows:
    """The two ways, once a repeat; `pairs`: (shell loop, ours). `study_trials`: of the study at its first look."""

    pairs: tuple[tuple[Way, Way], ...]
    study_trials: int
    load: float  # the machine's load average before the first pair

    @property
    def ratio(self) -> float:
        """Ours over the shell loop in trials an hour: the median over pairs."""
        return statistics.median(ours.trials_per_hour / shell.trials_per_hour for shell, ours in self.pairs)

    @property
    def ratio_of_study(self) -> float:
        """The same for as many trials as the whole study has: an extrapolation."""
        count = self.study_trials
        return statistics.median(ours.per_hour_of(count) / shell.per_hour_of(count) for shell, ours in self.pairs)

    @property
    def reached(self) -> bool:
        return self.ratio >= GOAL


def measure(
    arms: int = 8,
    repeats: int = 1,
    study: Path | None = None,
    cold: bool = False,
    tracked: bool = True,
    abreast: int = 1,
    whole: bool = False,
    keep: Path | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> Rows:
    """Run so many arms of the study (by default the main one), seed 0, both ways, in turn; who is first alternates.

    `cold`: the command finds nothing that was computed before, neither features of the reals nor floors.
    `tracked`: whether the script logs to MLflow. `abreast`: how many of it run at a time. `whole`: the command runs the
    whole study, with every arm, seed and look; the script's time a trial is still that of these arms.
    `keep`: the folder where the command's runs stay.
    """
    from ablations.study.study import load_study  # not for the script to import
    from benchmarks.study_runs import MAIN, spread, write_study

    loaded = load_study(study or MAIN)
    chosen = spread(loaded, arms)
    load = os.getloadavg()[0]
    pairs = []
    for repeat in range(repeats):
        with tempfile.TemporaryDirectory() as folder:
            path = loaded.path if whole else write_study(loaded, chosen, 1, Path(folder))
            order = {
                "shell loop": lambda f=folder: shell_way([a.config for a in chosen], Path(f), tracked, abreast, say)
            }
            order["ours"] = lambda f=folder, p=path: our_way(p, keep or Path(f), cold)
            done = {}
            for way in order if repeat % 2 == 0 else reversed(order):
                done[way] = order[way]()
                say(f"{way}: {done[way].wall_s:.1f} s, a trial {numbers(done[way].parts)}")
            pairs.append((done["shell loop"], done["ours"]))
    return Rows(tuple(pairs), len(loaded.arms) * loaded.looks.counts[0], load)


def shell_way(configs: list[Config], folder: Path, tracked: bool, abreast: int, say: Callable[[str], None]) -> Way:
    """The script once a configuration, `abreast` processes at a time."""
    from benchmarks.study_runs import mean_of, run_process

    variables = {"OMP_NUM_THREADS": str(max(1, cores() // abreast))} if abreast > 1 else {}

    def trial(number: int) -> dict[str, float]:
        settings, out = folder / f"{number}.json", folder / "shell" / str(number)
        settings.write_text(json.dumps(configs[number].plain()))
        command = [sys.executable, "-m", "benchmarks.shell_loop", "--one", str(settings), "--out", str(out)]
        command += ["--mlflow", f"sqlite:///{folder / 'shell.db'}"] if tracked else []
        wall_s = run_process(command, machine_home(), folder / f"{number}.log", variables)
        say(f"shell loop, trial {number}: {wall_s:.1f} s")
        spent: dict[str, float] = json.loads((out / "result.json").read_text())["seconds"]
        return {"imports and exit": wall_s - sum(spent.values()), **spent}

    if tracked and abreast > 1:  # processes that make one new store at the same time break it; this does not count
        make = f"import mlflow; mlflow.set_tracking_uri({f'sqlite:///{folder}/shell.db'!r}); "
        make += f"mlflow.set_experiment({EXPERIMENT!r})"
        run_process([sys.executable, "-c", make], machine_home(), folder / "store.log")
    began, spent_before = time.perf_counter(), children_cpu_s()
    with ThreadPoolExecutor(abreast) as pool:
        trials = list(pool.map(trial, range(len(configs))))
    wall_s = time.perf_counter() - began
    each = tuple(sum(parts.values()) for parts in trials)
    mean = mean_of({name: [parts[name] for parts in trials] for name in trials[0]})
    return Way(wall_s, each, mean, children_cpu_s() - spent_before)


def children_cpu_s() -> float:
    """CPU seconds of all children of this process that have ended, and of theirs."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def our_way(path: Path, folder: Path, cold: bool) -> Way:
    """The command, from start to leaderboard."""
    from benchmarks.study_runs import home_for, run_study

    with home_for(cold=cold) as home:
        time_of = run_study(path, folder, home)
    trials = time_of.trials
    sums = {
        "training": sum(trial.training_s for trial in trials),
        "evaluation": sum(trial.evaluation_s for trial in trials),
        "pictures": sum(trial.pictures_s for trial in trials),
        "data, networks, checkpoints": sum(trial.other_s for trial in trials),
        "before the first trial": time_of.before_s * time_of.workers,
        "after the last trial": time_of.after_s * time_of.workers,
    }
    sums["idle between"] = time_of.wall_s * time_of.workers - sum(sums.values())
    parts = {name: value / len(trials) for name, value in sums.items()}
    fixed_s = time_of.before_s + time_of.after_s
    return Way(time_of.wall_s, tuple(trial.span_s for trial in trials), parts, fixed_s=fixed_s)


def numbers(parts: Mapping[str, float]) -> str:
    """The parts in words, the largest first."""
    ordered = sorted(parts.items(), key=lambda part: -part[1])
    return ", ".join(f"{name} {value:.1f} s" for name, value in ordered)


def table(rows: Rows) -> str:
    """Markdown: a line a way, medians over the repeats."""
    from benchmarks.study_runs import markdown

    lines = []
    for position, way in enumerate(("shell loop", "`ablations run`")):
        ways = [pair[position] for pair in rows.pairs]
        each = [seconds for one_way in ways for seconds in one_way.trial_s]
        lines.append(
            [
                way,
                str(len(ways[0].trial_s)),
                f"{statistics.median(one_way.wall_s for one_way in ways):.1f}",
                f"{statistics.median(each):.1f} / {statistics.mean(each):.1f}",
                f"{statistics.median(one_way.trials_per_hour for one_way in ways):.0f}",
                *(
                    ("1", "", "")
                    if position == 0
                    else (f"{rows.ratio:.2f}x", f"{GOAL:.0f}x", "yes" if rows.reached else "no")
                ),
            ]
        )
    head = ["way", "trials", "wall s", "s a trial, median / mean", "trials an hour", "ratio", "goal", "reached"]
    return markdown(head, lines)


def details(rows: Rows) -> str:
    """Where the time went, in the last repeat."""
    shell, ours = rows.pairs[-1]
    assert shell.cpu_s is not None
    cpu = f"{shell.cpu_s / len(shell.trial_s):.1f} CPU seconds a trial"
    ratios = ", ".join(f"{b.trials_per_hour / a.trials_per_hour:.2f}" for a, b in rows.pairs)
    return "\n".join(
        [
            f"Ratio of each pair: {ratios}. Load average before the first: {rows.load:.1f} on {cores()} cores.",
            f"{ours.fixed_s:.1f} s of the command are its start and end. So {rows.study_trials} trials, as many as the "
            f"study has at its first look, would give {ours.per_hour_of(rows.study_trials):.0f} an hour, "
            f"{rows.ratio_of_study:.2f}x (extrapolated).",
            "",
            f"- shell loop, seconds a trial: {numbers(shell.parts)}; {cpu}",
            f"- `ablations run`, seconds of a worker's place a trial: {numbers(ours.parts)}",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--one", type=Path, metavar="SETTINGS.json", help="train one configuration, as the script")
    parser.add_argument("--out", type=Path, help="the script's folder; else a file for the tables")
    parser.add_argument("--mlflow", metavar="URI", help="the script's store; without it it logs nothing")
    parser.add_argument("--arms", type=int, default=8)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--study", type=Path, help="[default: studies/ganhacks.yaml]")
    parser.add_argument("--abreast", type=int, default=1, help="scripts at a time")
    parser.add_argument("--cold", action="store_true", help="nothing is kept from earlier runs of the command")
    parser.add_argument("--whole", action="store_true", help="the command runs the whole study")
    parser.add_argument("--untracked", action="store_true", help="the script does without MLflow")
    options = parser.parse_args()
    if options.one is not None:
        one(options.one, options.out, options.mlflow)
        return

    def say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    tracked = not options.untracked
    rows = measure(
        options.arms, options.repeats, options.study, options.cold, tracked, options.abreast, options.whole, say
    )
    text = f"{table(rows)}\n\n{details(rows)}\n"
    print(text)
    if options.out is not None:
        options.out.write_text(text)


if __name__ == "__main__":
    main()
