"""An extractor of the user's own: trained on coloured shapes, judged, kept, found again, or refused."""

import dataclasses
import hashlib
import math
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import safetensors
import torch
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter

from gan_core import datasets
from gan_core.config import resolve
from gan_core.datasets import ImageSet, Options
from gan_core.evaluation import extractors
from gan_core.evaluation.classify import classes_of
from gan_core.evaluation.evaluator import Evaluator
from gan_core.evaluation.extractors import own, store, train_own
from gan_core.evaluation.extractors.fmnistcnn import FMNISTCNN
from gan_core.evaluation.extractors.labelled import labelled
from gan_core.evaluation.extractors.ordering import blurred, disordered, ways
from gan_core.evaluation.extractors.own_facts import KEY, OwnFacts, Spoilt, facts_in
from gan_core.evaluation.extractors.small_cnn import SmallCNN
from gan_core.evaluation.extractors.supply import supply
from gan_core.evaluation.features import batches_of
from gan_core.problems import UserError
from gan_core.scoring.own_extractor import Kept, OwnRequest, add, train
from gan_core.training import training_data

CPU = torch.device("cpu")
PHOTOS = os.environ.get("GAN_ABLATIONS_TEST_PHOTOS")
CLASSES = ("disc", "square", "triangle")
COUNT = 50  # a class


def quiet(what: str, done: int, total: int) -> None:
    pass


def draw(kind: str, rng: np.random.Generator) -> Image.Image:
    """A shape of random colour, place and size on a random dark ground, 16x16."""
    image = Image.new("RGB", (16, 16), tuple(int(v) for v in rng.integers(0, 60, 3)))
    x, y, r = rng.uniform(5, 11), rng.uniform(5, 11), rng.uniform(3, 5)
    corners = {"square": (-1, -1, 1, -1, 1, 1, -1, 1), "triangle": (0, -1, 1, 1, -1, 1)}
    colour = tuple(int(v) for v in rng.integers(120, 256, 3))
    pen = ImageDraw.Draw(image)
    if kind == "disc":
        pen.ellipse((x - r, y - r, x + r, y + r), colour)
    else:
        pen.polygon([v * r + (x, y)[i % 2] for i, v in enumerate(corners[kind])], colour)
    return image


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, rng = tmp_path_factory.mktemp("colours"), np.random.default_rng(0)
    for kind in CLASSES:
        (folder / kind).mkdir()
        for k in range(COUNT):
            draw(kind, rng).save(folder / kind / f"{k}.png")
    return folder


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def kept(folder: Path, place: Path) -> Kept:
    return train(OwnRequest(f"folder:{folder}", size=16, epochs=15), place, quiet)


@pytest.fixture(scope="module")
def images(folder: Path, place: Path) -> ImageSet:
    return datasets.load("folder", "train", 16, place, options=Options("crop", folder))


@pytest.fixture
def unjudged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train_own, "check", lambda facts: None)


class TestKept:
    def test_the_file_says_what_it_is(self, kept: Kept, images: ImageSet) -> None:
        digest = hashlib.sha256(kept.path.read_bytes()).hexdigest()
        assert kept.path.name == f"{digest}.safetensors"
        assert kept.name == f"own-{digest[:8]}"
        with safetensors.safe_open(kept.path, "pt") as file:  # by the library, not by our reader
            facts = OwnFacts.model_validate_json(file.metadata()[KEY])
        assert facts == kept.facts == own.facts_of(kept.path)
        assert (facts.classes, facts.channels, facts.data_digest) == (CLASSES, 3, images.digest)
        assert (facts.n_train, facts.n_held_out, facts.chance) == (3 * COUNT * 4 // 5, 3 * COUNT // 5, 1 / 3)
        assert facts.accuracy > 0.6
        assert facts.versions["torch"] == torch.__version__.partition("+")[0]

    def test_distances_are_in_order(self, kept: Kept) -> None:
        for chain in ("noise", "blur", "classes"):
            fids = [way.fid for way in kept.facts.ordering if way.chain == chain]
            assert len(fids) >= 4
            assert fids == sorted(set(fids))

    def test_it_is_found_by_its_digest_alone(self, kept: Kept, place: Path) -> None:
        found = extractors.find(kept.name)
        assert (found.digest, found.sees(1), found.sees(3)) == (kept.name[4:], True, True)
        located = found.located(place)
        assert (located.class_names, located.classes, located.channels) == (CLASSES, 3, 3)
        config = resolve({"data": "cifar-10", "extractor": kept.name})
        assert config.extractor == kept.name

    def test_it_scores_and_its_digest_is_in_the_stamp(self, kept: Kept, images: ImageSet, place: Path) -> None:
        evaluator = Evaluator(kept.name, images, place, CPU, ["fid", "is", "classes"])
        fid, *_ = evaluator.score([torch.tensor(images.images)], len(images), "none")
        assert fid.name == f"fid{len(images)}_own-{kept.name[4:]}"
        assert fid.protocol["extractor_digest"] == kept.name[4:]
        assert fid.value == pytest.approx(0, abs=1e-6)  # the same images
        noise = torch.randint(
            0, 256, images.images.shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
        )
        assert evaluator.score([noise], len(images), "none")[0].value > 10 * kept.facts.ordering[0].fid

    def test_it_classifies(self, kept: Kept, images: ImageSet, place: Path) -> None:
        network = extractors.find(kept.name).located(place).load(CPU)
        guesses = classes_of(network, batches_of(images.images, CPU, 64))
        assert guesses.shape == (len(images),)
        assert float((guesses.numpy() == images.labels).mean()) > 0.6
        with pytest.raises(ValueError, match="no pictures"):
            classes_of(network, [])

    def test_another_machine_takes_it_in(self, kept: Kept, tmp_path: Path) -> None:
        with pytest.raises(
            UserError, match=r"are not in .*weights; copy the file there .*extractor add FILE.*or train"
        ):
            supply([kept.name], tmp_path, None, quiet)
        shutil.copy(kept.path, tmp_path / "given")
        assert add(tmp_path / "given", tmp_path).name == kept.name
        supply([kept.name], tmp_path, None, quiet)
        assert [path.stem[:8] for path, _ in own.kept(tmp_path)] == [kept.name[4:]]

    def test_weights_of_inception_that_are_given_are_not_for_it(self, kept: Kept, place: Path, tmp_path: Path) -> None:
        (tmp_path / "inception.pth").write_bytes(b"of the environment")
        supply([kept.name], place, tmp_path / "inception.pth", quiet)

    def test_damage_is_told_apart(self, kept: Kept, tmp_path: Path) -> None:
        content = kept.path.read_bytes()
        (tmp_path / "weights").mkdir()
        (tmp_path / "weights" / kept.path.name).write_bytes(content[:-4])
        with pytest.raises(UserError, match="wrong checksum"):
            extractors.find(kept.name).located(tmp_path)
        ((_, error),) = own.kept(tmp_path)
        assert isinstance(error, UserError)
        for other in (b"", b"\xff" * 16, safetensors.torch.save({"x": torch.zeros(2)})):
            with pytest.raises(UserError, match="holds no extractor"):
                facts_in(other, tmp_path)
        later = content.replace(b'\\"schema_version\\": 1', b'\\"schema_version\\": 2')
        with pytest.raises(UserError, match="schema version 2"):
            facts_in(later, tmp_path)
        (tmp_path / "headed").write_bytes(safetensors.torch.save({"x": torch.zeros(2)}, kept.facts.metadata()))
        with pytest.raises(UserError, match="holds no weights of own"):
            add(tmp_path / "headed", tmp_path)


def test_a_grey_one_refuses_colour_before_anything_trains(
    unjudged: None, images: ImageSet, folder: Path, tmp_path: Path
) -> None:
    grey = ImageSet.of("grey", "train", images.images[:, :1], images.labels, "first channel")
    made = train_own.train_own(grey, CLASSES, 0, 1, quiet)
    name = f"own-{store.keep_content(tmp_path, made.content, own.SUFFIX).stem[:8]}"
    settings = {"data": "folder", "data_dir": str(folder), "image_size": 16, "batch_size": 8}
    with pytest.raises(UserError, match=f"{name} scores grey images, those of folder are colour"):
        training_data.load(resolve({**settings, "extractor": name}), tmp_path)
    with pytest.raises(UserError, match="scores grey images"):
        training_data.load(resolve({**settings, "extractor": "none", "progress_extractor": name}), tmp_path)
    with pytest.raises(UserError, match="the data have 3"):
        Evaluator(name, images, tmp_path, CPU)
    Evaluator(name, grey, tmp_path, CPU)


def test_the_same_seed_gives_the_same_file(unjudged: None, images: ImageSet) -> None:
    before = torch.random.get_rng_state()
    first, again, other = (train_own.train_own(images, CLASSES, seed, 1, quiet).content for seed in (0, 0, 1))
    assert first == again
    assert first != other
    assert torch.equal(torch.random.get_rng_state(), before)


def test_one_in_five_of_each_class_is_held_out() -> None:
    counts = (10, 23, 50)
    labels = np.repeat(np.arange(3), counts)
    pictures = np.broadcast_to(np.arange(83, dtype=np.uint8)[:, None, None, None], (83, 1, 32, 32))
    parts = labelled(ImageSet.of("x", "train", pictures, labels, "none"), "abc", 0)
    assert torch.bincount(parts.held_out_labels).tolist() == [2, 4, 10]
    seen = torch.cat([parts.train_images, parts.held_out_images])[:, 0, 0, 0]
    assert sorted(seen.tolist()) == list(range(83))
    for pictures_of, labels_of in (
        (parts.train_images, parts.train_labels),
        (parts.held_out_images, parts.held_out_labels),
    ):
        assert labels[pictures_of[:, 0, 0, 0].numpy()].tolist() == labels_of.tolist()


@pytest.mark.parametrize(
    ("classes", "counts", "message"),
    [
        (("only",), (40,), "one class only, only"),
        ((".",), (40,), "no class subfolders"),
        ((".", "a", "b"), (3, 40, 40), r"3 image\(s\) lie in the folder itself"),
        (("a", "b"), (40, 9), r"too few images of b \(9\); allowed: at least 10"),
    ],
)
def test_folders_that_cannot_serve(
    classes: tuple[str, ...], counts: tuple[int, ...], message: str, tmp_path: Path
) -> None:
    for name, count in zip(classes, counts, strict=True):
        (tmp_path / "data" / name).mkdir(exist_ok=True, parents=True)
        for k in range(count):
            (tmp_path / "data" / name / f"{k}.png").write_bytes(b"never read")
    with pytest.raises(UserError, match=message):
        train(OwnRequest(f"folder:{tmp_path / 'data'}"), tmp_path, quiet)


def test_files_that_are_no_images_are_named(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
        for k in range(10):
            Image.new("L", (8, 8), k).save(tmp_path / name / f"{k}.png")
    (tmp_path / "a" / "3.png").write_bytes(b"no image")
    with pytest.raises(UserError, match=r"a/3\.png: no image that PIL can read"):
        train(OwnRequest(f"folder:{tmp_path}"), tmp_path / ".home", quiet)


def test_labels_that_say_nothing_are_refused_with_what_was_measured(images: ImageSet) -> None:
    shuffled = np.random.default_rng(0).permutation(images.labels)
    random = ImageSet.of("shuffled", "train", images.images, shuffled, "none")
    with pytest.raises(
        UserError, match=r"nothing was kept: .*% of 30 held-out images .* most frequent class gives 33\.3%"
    ):
        train_own.train_own(random, CLASSES, 0, 1, quiet)


def test_what_is_enough_by_hand(kept: Kept) -> None:
    """0.5 in 100 images: above chance by three standard errors, 3 * 0.05; 0.9 in many: by a tenth of what is left."""

    def facts(accuracy: float, chance: float, n: int) -> OwnFacts:
        return kept.facts.model_copy(update={"accuracy": accuracy, "chance": chance, "n_held_out": n})

    train_own.check(facts(0.66, 0.5, 100))
    train_own.check(facts(0.92, 0.9, 10**6))
    for accuracy, chance, n in ((0.64, 0.5, 100), (0.905, 0.9, 10**6)):
        with pytest.raises(UserError, match="nothing was kept"):
            train_own.check(facts(accuracy, chance, n))
    wrong = (*kept.facts.ordering[:-1], Spoilt(chain="classes", how="uniform noise", fid=0.001))
    with pytest.raises(UserError, match=r"uniform noise has a FID of 0\.001, and 1 of 3 classes one of"):
        train_own.check(kept.facts.model_copy(update={"ordering": wrong}))


def test_chains_are_not_compared_with_each_other() -> None:
    ways = [("a", 1.0), ("a", 2.0), ("b", 1.0), ("b", math.inf)]
    assert disordered(tuple(Spoilt.model_construct(chain=c, how="", fid=f) for c, f in ways)) == ()
    assert len(disordered((Spoilt(chain="a", how="x", fid=1), Spoilt(chain="a", how="y", fid=1)))) == 1


def test_ways_of_spoiling() -> None:
    labels = torch.tensor([0] * 5 + [1] * 20 + [2] * 10)
    pictures = labels.to(torch.uint8)[:, None, None, None].expand(-1, 1, 32, 32) * 100
    found = {(way.chain, way.how): way.images for way in ways(pictures, labels, 0)}
    assert {len(images) for images in found.values()} == {35}
    assert set(found["classes", "1 of 3 classes"].flatten().tolist()) == {0}  # the rarest
    assert set(found["classes", "2 of 3 classes"].flatten().tolist()) == {0, 200}
    spread = (found["noise", "noise of 10"][labels == 1].double() - 100).std()
    assert float(spread) == pytest.approx(10, rel=0.05)


def test_blur_is_scipys() -> None:
    x = torch.rand(2, 3, 32, 32, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    by_scipy = gaussian_filter(x.numpy(), (0, 0, 1.4, 1.4), mode="mirror", radius=int(3 * 1.4 + 0.5))
    np.testing.assert_allclose(blurred(x, 1.4).numpy(), by_scipy, atol=1e-6)


def test_grey_pictures_are_repeated_for_a_network_that_sees_colour() -> None:
    network = SmallCNN(3, 2)
    grey = torch.randint(0, 256, (4, 1, 16, 16), dtype=torch.uint8)
    assert torch.equal(network(grey).features, network(grey.repeat(1, 3, 1, 1)).features)


def test_epochs_follow_from_the_number_of_images() -> None:
    assert [train_own.epochs_for(n) for n in (100, 8_000, 100_000)] == [25, 12, 4]


def test_classes_of_the_one_that_ships_are_named() -> None:
    assert len(FMNISTCNN.class_names) == FMNISTCNN.classes
    assert dataclasses.replace(FMNISTCNN).class_names[-1] == "Ankle boot"


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(PHOTOS is None, reason="GAN_ABLATIONS_TEST_PHOTOS names no folder of photographs")
def test_colour_photographs(tmp_path: Path) -> None:
    kept = train(OwnRequest(f"folder:{PHOTOS}"), tmp_path, quiet)
    assert kept.facts.accuracy > 0.45
    assert disordered(kept.facts.ordering) == ()
