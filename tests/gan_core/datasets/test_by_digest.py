"""Prepared sets that are opened by their digest alone: no source, no path; damaged ones are none."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gan_core import datasets
from gan_core.config import resolve
from gan_core.datasets import prepared
from gan_core.datasets.prepared_record import PreparedRecord, read_record, write_record
from gan_core.datasets.record import content_digest
from gan_core.problems import UserError
from gan_core.schema.configuration import Config
from gan_core.training import training_data
from tests.damage.ways import WAYS
from tests.gan_core.datasets.pictures import fill

SETTINGS: dict[str, Any] = {"data": "folder", "extractor": "none", "image_size": 16, "batch_size": 4}


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Of a run on a folder with two classes."""
    for name in ("cats", "dogs"):
        fill(tmp_path / "pictures" / name, 4, (16, 16, 3), first=10 * len(name) + ord(name[0]))
    return resolve({**SETTINGS, "data_dir": str(tmp_path / "pictures"), "conditional": True})


def prepared_in(home: Path) -> Path:
    (folder,) = (home / "prepared").glob("folder-*")
    return folder


def test_the_source_is_not_needed(config: Config, tmp_path: Path) -> None:
    first = training_data.load(config, tmp_path)
    pixels, labels = np.array(first.images), np.array(first.labels)
    shutil.rmtree(tmp_path / "pictures")
    again = training_data.load(config, tmp_path, digest=first.digest)
    np.testing.assert_array_equal(again.images, pixels)
    np.testing.assert_array_equal(again.labels, labels)
    assert isinstance(again.images, np.memmap)
    assert (again.classes, again.digest, again.transform) == (("cats", "dogs"), first.digest, first.transform)


def test_without_source_and_copy_the_message_says_both(config: Config, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "pictures")
    with pytest.raises(UserError, match="pictures does not exist") as refused:
        training_data.load(config, tmp_path, digest="0123456789abcdef")
    assert "of digest 0123456789abcdef, is in" in str(refused.value)


def test_other_images_are_refused_with_both_digests(config: Config, tmp_path: Path) -> None:
    now = training_data.load(config, tmp_path).digest
    with pytest.raises(UserError, match=f"0123456789abcdef then, {now} now"):
        training_data.load(config, tmp_path, digest="0123456789abcdef")


def test_any_file_damaged_in_any_way_is_no_copy(config: Config, tmp_path: Path) -> None:
    digest = training_data.load(config, tmp_path).digest
    folder = prepared_in(tmp_path)
    shutil.copytree(folder, tmp_path / "kept")
    for name in (prepared.IMAGES, prepared.LABELS, prepared.RECORD):
        for way, damage in WAYS.items():
            shutil.rmtree(folder)
            shutil.copytree(tmp_path / "kept", folder)
            damage(folder / name)
            found = datasets.find_prepared(tmp_path, "folder", "train", digest)
            is_harmless = way == "junk appended" and name != prepared.RECORD  # behind the array, and never read
            assert (found is not None) == is_harmless, (name, way)
            assert training_data.load(config, tmp_path, digest=digest).digest == digest  # made again from the source


@pytest.mark.parametrize(
    "changed",
    [
        {"classes": ["cats", "cogs"]},  # as a flipped bit leaves it
        {"classes": ["cats"], "seal": None},
        {"classes": "cd", "seal": None},
        {"classes": ["cats", "cats"], "seal": None},
        {"broken": [1], "seal": None},
        {"transform": None, "seal": None},
    ],
)
def test_a_record_with_other_names_is_no_copy(config: Config, tmp_path: Path, changed: dict[str, Any]) -> None:
    digest = training_data.load(config, tmp_path).digest
    record = prepared_in(tmp_path) / prepared.RECORD
    record.write_text(json.dumps({**json.loads(record.read_text()), **changed}))
    assert datasets.find_prepared(tmp_path, "folder", "train", digest) is None


def test_records_of_older_versions_are_read(config: Config, tmp_path: Path) -> None:
    digest = training_data.load(config, tmp_path).digest
    folder = prepared_in(tmp_path)
    rule = read_record(folder).transform
    (folder / prepared.RECORD).write_text(json.dumps({"digest": digest, "transform": rule}))
    found = datasets.find_prepared(tmp_path, "folder", "train", digest)
    assert found is not None
    assert found.classes == ()


def test_names_that_two_copies_do_not_agree_on_are_left_to_the_source(config: Config, tmp_path: Path) -> None:
    digest = training_data.load(config, tmp_path).digest
    folder = prepared_in(tmp_path)
    shutil.copytree(folder, other := folder.with_name("folder-train-0123456789abcdef"))
    assert datasets.find_prepared(tmp_path, "folder", "train", digest) is not None  # the same twice
    write_record(other, PreparedRecord(digest, read_record(folder).transform, (), ("a", "b")))
    assert datasets.find_prepared(tmp_path, "folder", "train", digest) is None
    assert training_data.load(config, tmp_path, digest=digest).classes == ("cats", "dogs")


def test_a_copy_with_files_left_out_is_for_runs_that_allow_it(config: Config, tmp_path: Path) -> None:
    digest = training_data.load(config, tmp_path).digest
    folder = prepared_in(tmp_path)
    write_record(folder, PreparedRecord(digest, read_record(folder).transform, ("x.txt: no image",), ("cats", "dogs")))
    assert datasets.find_prepared(tmp_path, "folder", "train", digest) is None
    found = datasets.find_prepared(tmp_path, "folder", "train", digest, skip_broken=True)
    assert found is not None
    assert found.skipped == 1


def test_the_digest_holds_labels_and_the_rule(tmp_path: Path) -> None:
    images = datasets.load("shapes", "test", 16, tmp_path)
    labels = np.array(images.labels)
    labels[0] += 1
    digests = {
        content_digest(images.images, images.labels, images.transform),
        content_digest(images.images, labels, images.transform),
        content_digest(images.images, images.labels, "another rule"),
    }
    assert len(digests) == 3
    found = datasets.find_prepared(tmp_path, "shapes", "test", images.digest)
    assert found is not None
    assert datasets.find_prepared(tmp_path, "shapes", "train", images.digest) is None
    assert datasets.find_prepared(tmp_path / "empty", "shapes", "test", images.digest) is None


def test_nothing_is_made_by_whoever_only_asks(config: Config, tmp_path: Path) -> None:
    assert training_data.load_if_prepared(config, tmp_path) is None
    assert datasets.load_if_prepared("shapes", "train", 16, tmp_path) is None
    assert datasets.load_if_prepared("celeba", "train", 16, tmp_path) is None
    assert not (tmp_path / "prepared").exists()
    digest = training_data.load(config, tmp_path).digest
    found = training_data.load_if_prepared(config, tmp_path)
    assert found is not None
    assert found.digest == digest
    fill(tmp_path / "pictures" / "cats", 1, (16, 16, 3), first=99)  # not the images that were prepared
    assert training_data.load_if_prepared(config, tmp_path) is None
    shutil.rmtree(tmp_path / "pictures")
    assert training_data.load_if_prepared(config, tmp_path) is None
