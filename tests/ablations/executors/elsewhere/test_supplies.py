"""Images and weights that travel: right on the node or one clear message, whatever is damaged, killed, slow or full."""

import errno
import hashlib
import multiprocessing
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ablations.executors.elsewhere import parcel, supplies
from ablations.executors.elsewhere.exchange import Exchange
from ablations.executors.elsewhere.offer import _offer_weights, offer
from ablations.executors.elsewhere.supplies import supply_node
from gan_core import datasets
from gan_core.config import resolve
from gan_core.datasets import prepared
from gan_core.datasets.prepared_record import PreparedRecord, read_record, write_record
from gan_core.evaluation.extractors import store
from gan_core.problems import UserError
from gan_core.schema.configuration import Config
from gan_core.training import training_data
from gan_core.workers.job import Job
from tests.damage.ways import WAYS
from tests.gan_core.datasets.pictures import fill

SETTINGS: dict[str, Any] = {"data": "folder", "extractor": "none", "image_size": 16, "batch_size": 4}


def silent(what: str, done: int, total: int) -> None:
    return


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parcel, "PART", 1000)  # bytes: several parts a file
    monkeypatch.setattr("ablations.executors.elsewhere.patiently.PAUSES_S", (0.01, 0.01))
    monkeypatch.delenv("GAN_ABLATIONS_INCEPTION_WEIGHTS", raising=False)


@pytest.fixture(params=["file", "memory"])
def exchange(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Exchange]:
    place = Exchange(str(tmp_path / "exchange") if request.param == "file" else "memory://supplies")
    yield place
    place.remove("data")
    place.remove("weights")


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Of a conditional run on a folder with two classes."""
    for name in ("cats", "dogs"):
        fill(tmp_path / "pictures" / name, 4, (16, 16, 3), first=10 * len(name) + ord(name[0]))
    return resolve({**SETTINGS, "data_dir": str(tmp_path / "pictures"), "conditional": True})


@pytest.fixture
def offered(config: Config, tmp_path: Path, exchange: Exchange) -> str:
    """The digest of images that the parent has sent, and that no longer lie anywhere else."""
    parent = tmp_path / "parent"
    digest = training_data.load(config, parent).digest
    offer([config], {training_data.key(config): digest}, parent, exchange, silent)
    shutil.rmtree(tmp_path / "pictures")
    return digest


def job_of(config: Config, home: Path, digest: str | None = None, name: str = "a-seed0") -> Job:
    return Job(name, config.plain(), home / "scratch", home, digest)


def prepared_in(home: Path) -> list[str]:
    return [path.name for path in (home / "prepared").iterdir() if path.name != ".locks"]


def test_images_that_the_node_lacks_come_from_the_parent(
    config: Config, offered: str, exchange: Exchange, tmp_path: Path
) -> None:
    node = tmp_path / "node"
    job = supply_node(job_of(config, node, offered), exchange)
    assert job is not None
    assert job.data_digest == offered
    here, there = (training_data.load(config, tmp_path / home, digest=offered) for home in ("node", "parent"))
    np.testing.assert_array_equal(here.images, there.images)
    np.testing.assert_array_equal(here.labels, there.labels)
    assert here.classes == there.classes == ("cats", "dogs")
    assert len(prepared_in(node)) == 1  # nothing temporary is left
    exchange.remove("data")
    assert supply_node(job_of(config, node, offered), exchange) is not None  # from its own home from now on


def test_what_is_there_is_not_sent_again(
    config: Config, offered: str, exchange: Exchange, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {training_data.key(config): offered}
    monkeypatch.setattr("ablations.executors.elsewhere.offer.send", None)  # calling it would fail
    offer([config, config], known, tmp_path / "parent", exchange, silent)
    monkeypatch.undo()
    exchange.remove(f"data/{offered}/images.npy.0")
    offer([config], known, tmp_path / "parent", exchange, silent)
    assert exchange.exists(f"data/{offered}/images.npy.0")


def test_what_the_parent_lacks_is_not_offered(config: Config, exchange: Exchange, tmp_path: Path) -> None:
    offer([config], {training_data.key(config): "0123456789abcdef"}, tmp_path / "parent", exchange, silent)
    offer([config], {}, tmp_path / "parent", exchange, silent)
    assert exchange.files("data") == ()


def test_other_names_of_classes_are_refused(config: Config, offered: str, exchange: Exchange, tmp_path: Path) -> None:
    (folder,) = (tmp_path / "parent" / "prepared").glob("folder-*")
    write_record(folder, PreparedRecord(offered, read_record(folder).transform, (), ("0", "1")))
    with pytest.raises(UserError, match="other names of classes: cats, dogs there, 0, 1 here"):
        offer([config], {training_data.key(config): offered}, tmp_path / "parent", exchange, silent)


def parts_of(exchange: Exchange, name: str) -> list[str]:
    return [path for path in exchange.files("data") if path.rpartition("/")[2].startswith(name)]


@pytest.mark.parametrize("name", ["images.npy.1", "labels.npy.0", "manifest.json"])
@pytest.mark.parametrize("exchange", ["file"], indirect=True)
def test_anything_damaged_in_the_exchange_is_noticed(
    name: str, config: Config, offered: str, exchange: Exchange, tmp_path: Path
) -> None:
    file = tmp_path / "exchange" / "data" / offered / name
    content = file.read_bytes()
    for way, damage in WAYS.items():
        file.write_bytes(content)
        damage(file)
        node = tmp_path / f"node {way}"
        with pytest.raises(UserError) as refused:
            supply_node(job_of(config, node, offered), exchange)
        assert "Traceback" not in str(refused.value)
        assert datasets.find_prepared(node, "folder", "train", offered) is None, way
    file.write_bytes(content)
    assert supply_node(job_of(config, node, offered), exchange) is not None


def test_a_damaged_copy_says_what_to_do(config: Config, offered: str, exchange: Exchange, tmp_path: Path) -> None:
    exchange.put_bytes(f"data/{offered}/images.npy.0", b"torn")
    with pytest.raises(UserError, match=r"images.npy.0 \(4 bytes\) is not what was sent; remove data/") as refused:
        supply_node(job_of(config, tmp_path / "node", offered), exchange)
    assert "pictures does not exist" in str(refused.value)


def test_a_damaged_copy_does_no_harm_where_the_source_is(
    config: Config, offered: str, exchange: Exchange, tmp_path: Path
) -> None:
    exchange.put_bytes(f"data/{offered}/images.npy.0", b"torn")
    for name in ("cats", "dogs"):
        fill(tmp_path / "pictures" / name, 4, (16, 16, 3), first=10 * len(name) + ord(name[0]))
    assert supply_node(job_of(config, tmp_path / "node", offered), exchange) is not None


def test_a_stranger_cannot_write_elsewhere(config: Config, offered: str, exchange: Exchange, tmp_path: Path) -> None:
    path = f"data/{offered}/manifest.json"
    text = exchange.get_bytes(path).decode()
    exchange.put_bytes(path, text.replace("labels.npy", "../../x").encode())
    with pytest.raises(UserError, match="is not about these images"):
        supply_node(job_of(config, tmp_path / "node", offered), exchange)
    assert not list(tmp_path.rglob("x"))


def _killed_in_the_middle(job: Job, uri: str) -> None:
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        if asked > 8:
            os._exit(9)  # as SIGKILL: nothing is cleaned up
        return False

    supply_node(job, Exchange(uri), stop)


@pytest.mark.parametrize("exchange", ["file"], indirect=True)
def test_a_fetch_that_is_killed_goes_on_with_what_it_has(
    config: Config, offered: str, exchange: Exchange, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = tmp_path / "node"
    process = multiprocessing.get_context("fork").Process(
        target=_killed_in_the_middle, args=(job_of(config, node, offered), exchange.uri)
    )
    process.start()
    process.join(60)
    assert process.exitcode == 9
    assert list((node / "prepared").glob(f".fetched-{offered}-*"))
    asked: list[str] = []
    fetch = Exchange.get_bytes
    monkeypatch.setattr(Exchange, "get_bytes", lambda self, path: asked.append(path) or fetch(self, path))
    assert supply_node(job_of(config, node, offered), exchange) is not None
    parts = [path for path in asked if "images.npy" in path]
    assert 0 < len(parts) < len(parts_of(exchange, "images.npy"))
    assert len(prepared_in(node)) == 1


def _fetch(job: Job, uri: str, counted: str) -> None:
    fetch = Exchange.get_bytes

    def told(self: Exchange, path: str) -> bytes:
        with open(counted, "a") as file:
            file.write(f"{path}\n")
        return fetch(self, path)

    Exchange.get_bytes = told  # type: ignore[method-assign]
    assert supply_node(job, Exchange(uri)) is not None


@pytest.mark.parametrize("exchange", ["file"], indirect=True)
def test_two_that_start_at_once_fetch_once(config: Config, offered: str, exchange: Exchange, tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    arguments = (job_of(config, tmp_path / "node", offered), exchange.uri, str(tmp_path / "counted"))
    both = [context.Process(target=_fetch, args=arguments) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join(60)
        assert process.exitcode == 0
    fetched = [line for line in (tmp_path / "counted").read_text().split() if "images.npy" in line]
    assert len(fetched) == len(set(fetched)) == len(parts_of(exchange, "images.npy"))


def test_stop_ends_a_fetch(config: Config, offered: str, exchange: Exchange, tmp_path: Path) -> None:
    assert supply_node(job_of(config, tmp_path / "node", offered), exchange, lambda: True) is None
    assert datasets.find_prepared(tmp_path / "node", "folder", "train", offered) is None


def test_it_asks_to_stop_while_it_fetches(config: Config, offered: str, exchange: Exchange, tmp_path: Path) -> None:
    """Which is the sign of life for its parent."""
    asked = []
    assert supply_node(job_of(config, tmp_path / "node", offered), exchange, lambda: bool(asked.append(1))) is not None
    assert len(asked) > len(parts_of(exchange, "images.npy"))


def test_a_full_disk_is_one_message(
    config: Config, offered: str, exchange: Exchange, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(supplies, "receive", full)
    with pytest.raises(UserError, match=r"images and weights can't be kept: .*No space left") as refused:
        supply_node(job_of(config, tmp_path / "node", offered), exchange)
    assert "$GAN_ABLATIONS_HOME names another folder" in str(refused.value)
    assert prepared_in(tmp_path / "node") == []  # what was fetched does not stay in the way
    monkeypatch.undo()
    assert supply_node(job_of(config, tmp_path / "node", offered), exchange) is not None


def test_an_exchange_that_does_not_answer_is_asked_again(
    config: Config, offered: str, exchange: Exchange, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ablations.executors.elsewhere.patiently.PAUSES_S", (0.01, 0.01))
    answers, read = iter([False, True] * 1000), Exchange.get_bytes

    def now_and_then(self: Exchange, path: str) -> bytes:
        if not next(answers):
            with self._in_words(f"{path} can't be read"):
                raise ConnectionError("reset")
        return read(self, path)

    monkeypatch.setattr(Exchange, "get_bytes", now_and_then)
    assert supply_node(job_of(config, tmp_path / "node", offered), exchange) is not None


@pytest.mark.slow
@pytest.mark.parametrize("exchange", ["memory"], indirect=True)
def test_what_nobody_has_is_made_as_on_any_machine(exchange: Exchange, tmp_path: Path) -> None:
    drawn = resolve({**SETTINGS, "data": "shapes"})
    job = supply_node(job_of(drawn, tmp_path / "node"), exchange)
    assert job is not None
    assert job.data_digest == datasets.load("shapes", "train", 16, tmp_path / "node").digest
    with pytest.raises(UserError, match=f"0123456789abcdef then, {job.data_digest} now"):
        supply_node(job_of(drawn, tmp_path / "node", "0123456789abcdef"), exchange)


def test_two_nodes_with_other_images_are_told_before_training(exchange: Exchange, tmp_path: Path) -> None:
    """The same relative folder, as each node sees it."""
    digests = []
    for number in (1, 2):
        fill(tmp_path / f"pictures{number}", 6, (16, 16, 3), first=100 * number)
    config = resolve({**SETTINGS, "data_dir": str(tmp_path / "pictures")})
    (tmp_path / "pictures").symlink_to(tmp_path / "pictures1")
    first = supply_node(job_of(config, tmp_path / "node1"), exchange)
    assert first is not None
    (tmp_path / "pictures").unlink()
    (tmp_path / "pictures").symlink_to(tmp_path / "pictures2")
    second = training_data.load(config, tmp_path / "node2").digest
    digests = [first.data_digest, second]
    assert digests[0] != digests[1]
    with pytest.raises(UserError, match="images are not those that this run began with") as refused:
        supply_node(job_of(config, tmp_path / "node2", name="b-seed0"), exchange)
    assert all(str(digest) in str(refused.value) for digest in digests)
    (tmp_path / "pictures").unlink()
    (tmp_path / "pictures").symlink_to(tmp_path / "pictures1")
    third = supply_node(job_of(config, tmp_path / "node3", name="c-seed0"), exchange)
    assert third is not None
    assert third.data_digest == digests[0]


def test_two_that_come_to_other_images_at_once(
    exchange: Exchange, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither knew of the other when it loaded its images: the second one is told all the same."""
    monkeypatch.setattr(supplies, "agreed", lambda exchange, config: None)
    for number in (1, 2):
        fill(tmp_path / "pictures", 6, (16, 16, 3), first=100 * number)
        config = resolve({**SETTINGS, "data_dir": str(tmp_path / "pictures")})
        if number == 1:
            assert supply_node(job_of(config, tmp_path / "node1"), exchange) is not None
            shutil.rmtree(tmp_path / "pictures")
    with pytest.raises(UserError, match=r"pictures are \w{16} on .*, and \w{16} for a-seed0, which began"):
        supply_node(job_of(config, tmp_path / "node2", name="b-seed0"), exchange)


def own_weights(home: Path, content: bytes = bytes(range(256)) * 20) -> str:
    """A file in the store of weights; returns its sha256."""
    store.keep_content(home, content, ".safetensors")
    return hashlib.sha256(content).hexdigest()


def test_weights_travel_by_their_sha256(exchange: Exchange, tmp_path: Path) -> None:
    """A digest of eight digits, as settings have it, is enough."""
    sha256 = own_weights(tmp_path / "parent")
    name = f"own-{sha256[:8]}"
    _offer_weights(name, tmp_path / "parent", exchange, silent)
    for _ in range(2):  # the second time it is there
        supplies._supply_weights(name, tmp_path / "node", exchange, lambda: False, silent)
    (path,) = (tmp_path / "node" / "weights").glob("*.safetensors")
    assert path.stem == store.sha256_of(path) == sha256
    assert [one.name for one in (tmp_path / "node" / "weights").iterdir() if one.name != ".locks"] == [path.name]


def test_damaged_weights_are_one_message(exchange: Exchange, tmp_path: Path) -> None:
    sha256 = own_weights(tmp_path / "parent")
    _offer_weights(f"own-{sha256[:8]}", tmp_path / "parent", exchange, silent)
    exchange.put_bytes(f"weights/{sha256}/{sha256}.safetensors.1", b"torn")
    with pytest.raises(UserError, match=r"\(4 bytes\) is not what was sent; remove it") as refused:
        supplies._supply_weights(f"own-{sha256[:8]}", tmp_path / "node", exchange, lambda: False, silent)
    assert "extractor add FILE" in str(refused.value)
    assert not list((tmp_path / "node" / "weights").glob("*.safetensors"))


def test_weights_of_the_package_do_not_travel(exchange: Exchange, home: Path) -> None:
    config = resolve({**SETTINGS, "data": "shapes", "extractor": "fmnistcnn"})
    offer([config], {}, home, exchange, silent)
    assert supply_node(job_of(config, home), exchange) is not None
    assert exchange.files("weights") == ()


def test_a_record_is_read_and_not_only_copied(config: Config, offered: str, exchange: Exchange, tmp_path: Path) -> None:
    supply_node(job_of(config, tmp_path / "node", offered), exchange)
    (folder,) = (tmp_path / "node" / "prepared").glob("folder-*")
    assert read_record(folder).classes == ("cats", "dogs")
    assert {path.name for path in folder.iterdir()} - {"verified.json"} == {
        prepared.IMAGES,
        prepared.LABELS,
        prepared.RECORD,
    }
