"""One record of each kind, registered from a file and used in a run."""

from pathlib import Path
from typing import Any

import pytest

from gan_core import journal
from gan_core.config import catalog, resolve
from gan_core.evaluation.names import BETTER
from gan_core.events import Evaluated, Finished, Ticked
from gan_core.plugin_text import kept
from gan_core.plugins.kinds import KINDS
from gan_core.plugins.load import load
from gan_core.plugins.loaded import loaded, sources_of, unload
from gan_core.problems import UserError
from gan_core.train import train
from gan_core.workers.job import Job
from gan_core.workers.unattended import train_job
from tests.own_code import METRIC, PAIR, TRICK

SMALL: dict[str, Any] = {
    "data": "shapes",
    "image_size": 16,
    "width": 4,
    "latent_dim": 8,
    "batch_size": 8,
    "budget_kimg": 0.016,
    "progress_evaluations": 1,
    "progress_samples": 10,
    "full_samples": 10,
    "extractor": "none",
}
SCORED = {"extractor": "fmnistcnn", "metrics": "fid", "progress_metrics": "fid"}
IMPORTS = """
from dataclasses import replace
import numpy as np
import torch
from torch import nn
from gan_core.plugins import register
"""
# kind: (text, settings that use it)
USED: dict[str, tuple[str, dict[str, Any]]] = {
    "trick": (TRICK, {"grey": {"weight": 0.3, "power": 1}}),
    "loss": (
        "from gan_core.game.losses import Loss\n"
        "register('mean', Loss(summary='means', paper='none', has_targets=False,\n"
        "    d=lambda real, fake, t_real, t_fake: fake.mean() - real.mean(), g=lambda fake, t, real: -fake.mean()))\n",
        {"loss": "mean"},
    ),
    "activation": (
        "from gan_core.nets.activations import Activation\n"
        "register('swish', Activation('none', None, lambda inplace=True: nn.SiLU(inplace)))\n",
        {"activation_g": "swish", "last_activation_d": "swish"},
    ),
    "normalisation": (
        "from gan_core.nets.normalisations import Normalisation\n"
        "register('halves', Normalisation('none', True, lambda c: nn.GroupNorm(2, c), None))\n",
        {"norm_g": "halves", "norm_d": "halves"},
    ),
    "initialisation": (
        "def wide(net):\n"
        "    for part in net.modules():\n"
        "        if isinstance(part, (nn.Conv2d, nn.ConvTranspose2d)):\n"
        "            nn.init.normal_(part.weight, 0.0, 0.1)\n"
        "register('wide', wide, kind='initialisation')\n",
        {"initialisation_g": "wide"},
    ),
    "architecture": (PAIR, {"architecture": "tutorial", "spectral_norm": True, "width": 64}),
    "latent": (
        "register('signs', lambda n, d, g: torch.randint(0, 2, (n, d), generator=g) * 2.0 - 1, kind='latent')\n",
        {"latent": "signs"},
    ),
    "optimizer": (
        "from gan_core.game.optimizers import Optimizer\n"
        "register('adagrad', Optimizer('none', lambda p, n: torch.optim.Adagrad(p, lr=n.lr), uses=()))\n",
        {"optimizer_d": "adagrad"},
    ),
    "schedule": (
        "from gan_core.game.lr_schedules import Schedule\n"
        "register('quadratic', Schedule('to 0', 'none', lambda progress: (1 - progress) ** 2))\n",
        {"lr_decay": "quadratic"},
    ),
    "precision": (
        "from gan_core.nets.precision import Precision\nregister('plain', Precision('as float32', 'none'))\n",
        {"precision": "plain"},
    ),
    "scaling": (
        "from gan_core.datasets.scaling import unit\nregister('again', lambda i, d: unit(i, d), kind='scaling')\n",
        {"data_scaling": "again"},
    ),
    "data set": (
        "from gan_core.datasets.record import DataSet, ImageSet, SearchedPlace\n"
        "place = SearchedPlace('drawn', 'noise', True)\n"
        "def prepare(request):\n"
        "    images = np.random.default_rng(0).integers(0, 256, (64, 1, request.size, request.size), dtype=np.uint8)\n"
        "    return ImageSet.of('noise', request.split, images, np.zeros(64, np.int64), 'uniform')\n"
        "register(DataSet('noise', 'noise', 'drawn', 'none', 1, ('noise',), {'train': 64}, lambda split: 'noise',\n"
        "    lambda home, extra, on_step: (place,), lambda home, extra: place, prepare))\n",
        {"data": "noise"},
    ),
    "metric": (METRIC, {**SCORED, "metrics": "fid, spread"}),
    "extractor": (
        "from gan_core.evaluation.extractors.fmnistcnn import FMNISTCNN\nregister(replace(FMNISTCNN, name='twin'))\n",
        {**SCORED, "extractor": "twin"},
    ),
}


def plugin(folder: Path, text: str) -> str:
    """Load the text from a file; its entry."""
    path = folder / "mine.py"
    path.write_text(IMPORTS + text)
    return load(path).entry


def test_the_table_has_every_kind() -> None:
    assert set(USED) == {kind.word for kind in KINDS}


@pytest.mark.parametrize("kind", USED)
def test_each_kind_is_used_in_a_run(kind: str, tmp_path: Path, home: Path, own_home: Path) -> None:
    text, settings = USED[kind]
    entry = plugin(tmp_path, text)
    (registered,) = loaded()[-1].registered
    assert registered.kind == kind
    plain = {**SMALL, **settings}
    with pytest.raises(UserError, match="which `use` does not name"):
        resolve(plain)
    config = resolve({**plain, "use": [entry]})
    events = list(journal.recorded(train(config, tmp_path / "run", home), tmp_path / "run"))
    assert isinstance(events[-1], Finished)
    assert events[-1].status == "finished"
    assert kept(tmp_path / "run", entry) is not None
    if kind == "trick":
        assert any("grey/size" in event.dose for event in events if isinstance(event, Ticked))
        assert [option.name for option in catalog.tricks()[-1].options] == ["weight", "power"]
    if kind in ("metric", "extractor"):
        scores = {s.metric: s for event in events if isinstance(event, Evaluated) for s in event.scores}
        name = "spread" if kind == "metric" else "fid"
        assert scores[name].protocol["versions"]["mine.py"] == entry.partition("@")[2]
        assert "mine.py" not in scores["fid"].protocol["versions"] or kind == "extractor"
    unload(entry)
    assert "spread" not in BETTER
    with pytest.raises(UserError, match=r"code of its own, mine\.py"):
        resolve({**plain, "use": [entry]})


def test_a_digest_is_in_the_fingerprint(tmp_path: Path, own_home: Path) -> None:
    first = plugin(tmp_path, TRICK)
    with_first = resolve({**SMALL, "use": [first]}).fingerprint()
    unload(first)
    second = plugin(tmp_path, TRICK + "# another word\n")
    assert len({with_first, resolve({**SMALL, "use": [second]}).fingerprint(), resolve(SMALL).fingerprint()}) == 3


def test_a_failure_in_a_seat_names_the_line(tmp_path: Path, home: Path, own_home: Path) -> None:
    entry = plugin(tmp_path, TRICK.replace("return options.weight * size", "return options.weight * size / {}"))
    config = resolve({**SMALL, "grey": True, "use": [entry]})
    job = Job("a", config.plain(), tmp_path / "run", home, plugins=sources_of(config.use))
    end = list(train_job(job, "cpu", 1))[-1]
    assert isinstance(end, Finished)
    line = (tmp_path / "mine.py").read_text().splitlines().index("        return options.weight * size / {}") + 1
    assert end.status == "failed"
    assert end.reason.startswith(f"{tmp_path / 'mine.py'}:{line}: TypeError: ")
    assert "size / {}" in (tmp_path / "run" / "error.txt").read_text()


def test_what_a_job_brings_is_loaded_where_it_is_trained(tmp_path: Path, home: Path, own_home: Path) -> None:
    entry = plugin(tmp_path, TRICK)
    config = resolve({**SMALL, "grey": True, "use": [entry]})
    job = Job("a", config.plain(), tmp_path / "run", home, plugins=sources_of(config.use))
    unload(entry)
    (tmp_path / "mine.py").unlink()
    end = list(train_job(job, "cpu", 1))[-1]
    assert isinstance(end, Finished)
    assert end.status == "finished"
