"""Pictures of a tiny run, ways through latent space, samples from its folder; mistakes of the user's."""

import math
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import torch

from gan_core import journal
from gan_core.cli.app import main
from gan_core.config import resolve
from gan_core.events import Sampled
from gan_core.game.losses import LOSSES
from gan_core.problems import UserError
from gan_core.show.curves import title_of_answers
from gan_core.show.draw import draw_run
from gan_core.show.interpolation import circle, slerp, slerp_path
from gan_core.show.sample import sample
from gan_core.show.saved import load_generator
from gan_core.train import Run, train
from gan_core.training.sampling import fixed_latents, sampled

SETTINGS = {
    "data": "shapes",
    "image_size": 16,
    "width": 4,
    "latent_dim": 8,
    "batch_size": 8,
    "budget_kimg": 0.24,
    "progress_evaluations": 3,
    "progress_samples": 50,
    "full_samples": 50,
    "dropout": 0.3,
    "spectral_norm": {"on": "both"},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Path:
    """One finished run."""
    torch.set_num_threads(1)
    out = tmp_path_factory.mktemp("run")
    for _ in journal.recorded(train(resolve(SETTINGS), out, home), out):
        pass
    return out


def test_slerp_of_orthogonal_vectors_by_hand() -> None:
    a, b = torch.tensor([2.0, 0.0]), torch.tensor([0.0, 2.0])
    half = math.sqrt(2)
    expected = torch.tensor([[2, 0], [2 * math.cos(math.pi / 8), 2 * math.sin(math.pi / 8)], [half, half]])
    assert torch.allclose(slerp(a, b, 5)[:3], expected, atol=1e-6)
    assert torch.allclose(slerp(a, b, 5).norm(dim=1), torch.tensor(2.0))
    line = slerp(a, 3 * a, 3)  # no arc
    assert torch.allclose(line, torch.tensor([[2.0, 0], [4, 0], [6, 0]]))
    assert torch.isfinite(slerp(a, -a, 5)).all()


def test_ways_close() -> None:
    a, b, c = torch.randn(3, 6, generator=torch.Generator().manual_seed(0))
    way = slerp_path(torch.stack([a, b, c]), 4)
    assert way.shape == (12, 6)
    assert torch.allclose(way[[0, 4, 8]], torch.stack([a, b, c]), atol=1e-5)
    last_step, before = (way[0] - way[-1]).norm(), (way[-1] - way[-2]).norm()
    assert last_step < 1.2 * before  # back to the first: no jump
    around = circle(a, b, 8)
    assert torch.allclose(around[[0, 2, 4, 6]], torch.stack([a, b, -a, -b]), atol=1e-5)


def test_all_pictures_are_drawn_from_the_folder_and_again_the_same(folder: Path) -> None:
    pictures = draw_run(folder)
    first = {path.name: path.read_bytes() for path in pictures}
    stills, films = {"curves", "gradients", "fresh", "slerp", "circle"}, {"training", "slerp", "circle"}
    assert set(first) == {f"{name}.png" for name in stills} | {f"{name}.gif" for name in films}
    draw_run(folder)
    assert {path.name: path.read_bytes() for path in pictures} == first
    assert not list((folder / "show").glob("*.tmp"))


def test_a_run_on_standardised_reals_is_drawn(tmp_path: Path, home: Path) -> None:
    config = resolve({**SETTINGS, "data_scaling": "standardised", "extractor": "none"})
    for _ in journal.recorded(train(config, tmp_path, home), tmp_path):
        pass
    saved = load_generator(tmp_path, "last")
    assert saved.config == config
    assert tmp_path / "show" / "slerp.png" in draw_run(tmp_path)


def test_the_film_has_the_grids_in_order(folder: Path) -> None:
    draw_run(folder)
    grids = [folder / event.path for event in journal.read(folder) if isinstance(event, Sampled)]
    with PIL.Image.open(folder / "show" / "training.gif") as film:
        assert film.n_frames == len(grids) == 4
        for i, grid in enumerate(grids):
            film.seek(i)
            with PIL.Image.open(grid) as still:
                assert np.array_equal(np.array(film.convert("L")), np.array(still.convert("L")))


@pytest.mark.parametrize("which", ["best", "last"])
def test_the_saved_generator_draws_what_the_run_s_own_did(folder: Path, home: Path, which: str) -> None:
    saved = load_generator(folder, "last" if which == "last" else "best")
    run = Run(saved.config, folder, home, torch.device("cpu"))  # from its checkpoint
    if which == "best":
        assert run.best is not None
        run.state.shown_g.load_state_dict(run.best["weights"])
    z = fixed_latents(resolve({"seed": 3, "latent_dim": 8}), "x", 5)
    assert torch.equal(saved.draw(z), torch.cat(list(sampled(run.state.shown_g, z, torch.device("cpu")))))


def test_sample(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "deep" / "grid.png"
    assert main(["sample", str(folder), "--n", "6", "--out", str(out), "--seed", "1"]) == 0
    assert str(out) in capsys.readouterr().out
    with PIL.Image.open(out) as grid:
        assert grid.size == (3 * 18 + 2, 2 * 18 + 2)
    first = out.read_bytes()
    assert sample(folder, 6, out, "best", 1).read_bytes() == first
    assert sample(folder, 6, out, "best", 2).read_bytes() != first


def test_mistakes(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UserError, match=r"0 images(.|\n)*no PNG") as error:
        sample(folder, 0, tmp_path / "grid.jpg", "best", 0)
    assert len(error.value.problems) == 2
    with pytest.raises(UserError, match="there is no run"):
        sample(tmp_path / "nowhere", 1, tmp_path / "grid.png", "best", 0)
    assert main(["show", str(tmp_path)]) == 2
    assert "there is no run" in capsys.readouterr().err
    young = tmp_path / "young"
    young.mkdir()
    (young / journal.NAME).write_bytes((folder / journal.NAME).read_bytes())
    with pytest.raises(UserError, match="no best weights yet"):
        sample(young, 1, tmp_path / "grid.png", "best", 0)
    (young / "best.safetensors").write_bytes((folder / "best.safetensors").read_bytes()[:200])
    with pytest.raises(UserError, match="no weights of this run"):
        sample(young, 1, tmp_path / "grid.png", "best", 0)
    assert not (tmp_path / "grid.png").exists()


def test_a_run_without_samples_or_an_older_one_keeps_to_what_there_is(folder: Path, tmp_path: Path) -> None:
    for event in journal.read(folder)[:1]:
        journal.append(tmp_path, event)
    assert draw_run(tmp_path) == []


@pytest.mark.parametrize("name", LOSSES)
def test_a_sigmoid_is_called_a_probability_where_the_loss_is_a_likelihood(name: str) -> None:
    """A cross-entropy's output is a logit; a critic's value, a margin or a regression is none."""
    title = title_of_answers(LOSSES[name])
    assert ("probability" in title) == (name in ("minimax", "non_saturating", "non_saturating_sigmoid"))
    assert ("only differences" in title) == (name in ("wasserstein", "relativistic"))
    assert ("critic" in title) == (name == "wasserstein")


def test_a_device_that_is_not_there_is_a_mistake(folder: Path) -> None:
    with pytest.raises(UserError, match="this machine has no device 'gpu'"):
        load_generator(folder, "best", "gpu")
