"""Inception: its weights from the store, its answers those of torchmetrics and pytorch-fid.

The weights are large: with $GAN_ABLATIONS_INCEPTION_WEIGHTS the slow tests use that file, of whatever digest.
"""

import hashlib
import io
import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from gan_core.config import resolve
from gan_core.datasets import ImageSet
from gan_core.evaluation import extractors
from gan_core.evaluation.evaluator import Evaluator
from gan_core.evaluation.extractors import inception, store
from gan_core.evaluation.extractors.store import Download
from gan_core.evaluation.extractors.supply import supply
from gan_core.problems import UserError

CPU = torch.device("cpu")
COUNT = 24
WEIGHTS = os.environ.get("GAN_ABLATIONS_INCEPTION_WEIGHTS")
PHOTOS = os.environ.get("GAN_ABLATIONS_COLOUR_PHOTOS")  # a folder of folders of images
PYTORCH_FID = os.environ.get("GAN_ABLATIONS_PYTORCH_FID")  # where pip put that package
needs_weights = pytest.mark.skipif(WEIGHTS is None, reason="$GAN_ABLATIONS_INCEPTION_WEIGHTS names no file")
needs_photos = pytest.mark.skipif(PHOTOS is None, reason="$GAN_ABLATIONS_COLOUR_PHOTOS names no folder")


def quiet(what: str, done: int, total: int) -> None:
    pass


def save(path: Path, content: object) -> str:
    torch.save(content, path)
    return hashlib.sha256(path.read_bytes()).hexdigest()


class TestNames:
    def test_layers_and_digests_are_in_the_name(self) -> None:
        assert extractors.find("inception").num_features == 2048
        assert extractors.find("inception-192").num_features == 192
        other = extractors.find("inception-768-0123abcd")
        assert (other.name, other.digest, other.num_features) == ("inception-768", "0123abcd", 768)
        assert extractors.find(f"inception-{inception.SHA256}") == extractors.find("inception")

    @pytest.mark.parametrize("name", ["inception-65", "inception-abc", "fmnistcnn-0123abcd", "inceptoin"])
    def test_anything_else_is_unknown(self, name: str) -> None:
        with pytest.raises(UserError, match=f"no extractor is called '{name}'"):
            resolve({"extractor": name})

    def test_classes_of_other_weights_are_not_trusted(self) -> None:
        with pytest.raises(UserError, match="no is: the weights 0123abcd are not those"):
            resolve({"extractor": "inception-0123abcd", "progress_extractor": "fmnistcnn"})
        resolve({"extractor": "inception-0123abcd", "progress_extractor": "fmnistcnn", "metrics": "fid,kid"})

    def test_it_sees_colour_and_grey(self) -> None:
        resolve({"data": "cifar-10", "extractor": "inception"})
        resolve({"data": "fashion-mnist", "extractor": "inception", "progress_extractor": "fmnistcnn"})
        with pytest.raises(UserError, match="progress_extractor: fmnistcnn scores grey images"):
            resolve({"data": "cifar-10", "extractor": "inception", "progress_extractor": "fmnistcnn"})


class TestSupply:
    def test_another_file_is_refused_unless_its_digest_is_named(self, tmp_path: Path) -> None:
        digest = save(tmp_path / "other.pth", {})
        with pytest.raises(UserError, match=rf"has sha256 {digest}, inception means 6726.*inception-{digest[:8]}"):
            supply(["inception"], tmp_path, tmp_path / "other.pth", quiet)
        assert not (tmp_path / "weights").exists()
        supply([f"inception-{digest[:10]}", "fmnistcnn", "none"], tmp_path, tmp_path / "other.pth", quiet)
        assert [path.name for path in (tmp_path / "weights").iterdir()] == [f"{digest}.pth"]
        supply([f"inception-{digest}"], tmp_path, None, quiet)  # is there now

    def test_missing_weights_say_how_to_supply_them(self, tmp_path: Path) -> None:
        with pytest.raises(UserError, match=r"not in .*weights; give the file with --inception-weights FILE"):
            supply(["inception-0123abcd"], tmp_path, None, quiet)
        with pytest.raises(UserError, match=r"sha256 6726825d.*95,628,359 bytes"):
            extractors.find("inception").located(tmp_path)
        with pytest.raises(UserError, match="cannot be read"):
            supply(["inception"], tmp_path, tmp_path / "nowhere", quiet)

    def test_a_download_is_told_of_checked_and_kept(self, tmp_path: Path) -> None:
        digest = save(tmp_path / "published.pth", {"x": torch.zeros(300_000)})
        size = (tmp_path / "published.pth").stat().st_size
        told = []
        download = Download((tmp_path / "published.pth").as_uri(), size)
        kept = store.fetch(tmp_path, download, digest, lambda what, done, total: told.append((what, done, total)))
        assert kept.read_bytes() == (tmp_path / "published.pth").read_bytes()
        assert told[-1] == ("published.pth", size, size)

    @pytest.mark.parametrize("damage", [lambda content: content[:-9], lambda content: content + b"x"])
    def test_a_wrong_or_torn_download_leaves_nothing(self, damage: Callable[[bytes], bytes], tmp_path: Path) -> None:
        digest = save(tmp_path / "published.pth", {"x": torch.zeros(10)})
        (tmp_path / "published.pth").write_bytes(damage((tmp_path / "published.pth").read_bytes()))
        with pytest.raises(OSError, match=r"brought .* bytes of sha256"):
            store.fetch(tmp_path, Download((tmp_path / "published.pth").as_uri(), 10), digest, quiet)
        with pytest.raises(OSError, match="No such file"):
            store.fetch(tmp_path, Download((tmp_path / "gone.pth").as_uri(), 10), digest, quiet)
        assert list((tmp_path / "weights").iterdir()) == []

    def test_two_files_of_one_beginning_are_not_chosen_between(self, tmp_path: Path) -> None:
        (tmp_path / "weights").mkdir()
        for end in ("0" * 56, "1" * 56):
            (tmp_path / "weights" / f"0123abcd{end}.pth").touch()
        with pytest.raises(UserError, match="beginning of several files' sha256"):
            extractors.find("inception-0123abcd").located(tmp_path)


class TestLoading:
    def load(self, home: Path, digest: str) -> None:
        extractors.find(f"inception-64-{digest}").located(home).load(CPU)

    def test_content_is_checked_before_it_is_interpreted(self, tmp_path: Path) -> None:
        digest = save(tmp_path / "other.pth", {})
        supply([f"inception-64-{digest}"], tmp_path, tmp_path / "other.pth", quiet)
        (tmp_path / "weights" / f"{digest}.pth").write_bytes(b"cut off")
        with pytest.raises(UserError, match="wrong checksum"):
            self.load(tmp_path, digest)

    def test_nothing_but_tensors_is_unpickled(self, tmp_path: Path) -> None:
        class Trap:
            def __reduce__(self) -> tuple[Callable[[str], object], tuple[str]]:
                return pytest.fail, ("was run",)

        digest = save(tmp_path / "trap.pth", {"x": Trap()})
        supply([f"inception-64-{digest}"], tmp_path, tmp_path / "trap.pth", quiet)
        with pytest.raises(UserError, match="holds no weights of inception-64"):
            self.load(tmp_path, digest)

    def test_tensors_of_something_else_are_refused(self, tmp_path: Path) -> None:
        digest = save(tmp_path / "other.pth", {"layer.weight": torch.zeros(3)})
        supply([f"inception-64-{digest}"], tmp_path, tmp_path / "other.pth", quiet)
        with pytest.raises(UserError, match="holds no weights of inception-64"):
            self.load(tmp_path, digest)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two folders of 24 real photographs each, of different classes.

    At 299 px, which the network sees: at other sizes pytorch-fid's resize is not TensorFlow 1's.
    """
    assert PHOTOS is not None
    classes = sorted(path for path in Path(PHOTOS).iterdir() if path.is_dir())[:2]
    made = []
    for source in classes:
        folder = tmp_path_factory.mktemp(source.name)
        for path in sorted(source.iterdir())[:COUNT]:
            Image.open(path).convert("RGB").resize((299, 299)).save(folder / f"{path.stem}.png")
        made.append(folder)
    return made


def pictures(folder: Path) -> Tensor:
    arrays = [np.asarray(Image.open(path)).transpose(2, 0, 1) for path in sorted(folder.iterdir())]
    return torch.from_numpy(np.ascontiguousarray(np.stack(arrays)))


@pytest.fixture(scope="module")
def ours(folders: list[Path], tmp_path_factory: pytest.TempPathFactory) -> float:
    assert WEIGHTS is not None
    home = tmp_path_factory.mktemp("home")
    name = f"inception-{store.sha256_of(Path(WEIGHTS))}"
    supply([name], home, Path(WEIGHTS), quiet)
    images = pictures(folders[0]).numpy()
    reference = ImageSet.of("photos", "all", images, np.zeros(len(images), np.int64), "as decoded")
    evaluator = Evaluator(name, reference, home, CPU, ["fid"])
    (score,) = evaluator.score([pictures(folders[1])], COUNT, "none")
    assert score.name.startswith(f"fid{COUNT}_inception")
    return score.value


@pytest.mark.slow
@pytest.mark.timeout(900)
@needs_weights
@needs_photos
class TestRealWeights:
    def test_fid_of_two_folders_is_torchmetrics(self, ours: float, folders: list[Path]) -> None:
        from torchmetrics.image.fid import FrechetInceptionDistance

        metric = FrechetInceptionDistance(2048, feature_extractor_weights_path=WEIGHTS, antialias=False)
        metric.update(pictures(folders[0]), real=True)
        metric.update(pictures(folders[1]), real=False)
        assert ours == pytest.approx(float(metric.compute()), rel=1e-6)

    @pytest.mark.skipif(PYTORCH_FID is None, reason="$GAN_ABLATIONS_PYTORCH_FID names no folder with the package")
    def test_fid_of_two_folders_is_pytorch_fids(
        self, ours: float, folders: list[Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys, "path", [*sys.path, PYTORCH_FID])
        from pytorch_fid import fid_score
        from pytorch_fid import inception as theirs

        assert WEIGHTS is not None
        state = torch.load(io.BytesIO(Path(WEIGHTS).read_bytes()), weights_only=True)
        monkeypatch.setattr(theirs, "load_state_dict_from_url", lambda *_, **__: state)
        value = fid_score.calculate_fid_given_paths([str(f) for f in folders], 20, "cpu", 2048, num_workers=0)
        assert ours == pytest.approx(float(value), rel=1e-3)
