import gzip
import hashlib
import struct
from pathlib import Path

import numpy as np
import pytest

from gan_core.datasets.idx import locate, parse, read_verified
from gan_core.problems import UserError


def test_parse_reads_shape_and_bytes_in_order() -> None:
    content = struct.pack(">HBBIII", 0, 8, 3, 2, 1, 3) + bytes([1, 2, 3, 4, 5, 255])
    np.testing.assert_array_equal(parse(content), [[[1, 2, 3]], [[4, 5, 255]]])


def test_parse_refuses_another_format() -> None:
    with pytest.raises(ValueError, match="not an idx file"):
        parse(b"PK\x03\x04 and so on")


@pytest.mark.parametrize("mtime", [0, 1_600_000_000])
def test_the_checksum_is_of_the_content_whatever_the_gzip_header(tmp_path: Path, mtime: int) -> None:
    content = b"the same bytes"
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(content, mtime=mtime))
    assert read_verified(path, hashlib.sha256(content).hexdigest()) == content


def test_a_wrong_checksum_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"other bytes")
    with pytest.raises(UserError, match=rf"{path} has the wrong checksum.*expected {'0' * 64}"):
        read_verified(path, "0" * 64)


def test_a_torn_gzip_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(b"x" * 1000)[:-10])
    with pytest.raises(UserError, match=f"{path} cannot be read"):
        read_verified(path, "0" * 64)


def test_locate_finds_plain_and_gzipped(tmp_path: Path) -> None:
    assert locate(tmp_path, "a") is None
    (tmp_path / "a.gz").touch()
    assert locate(tmp_path, "a") == tmp_path / "a.gz"
    (tmp_path / "a").touch()
    assert locate(tmp_path, "a") == tmp_path / "a"


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The checksum is of the content: it can't be known before, so its length is bounded."""
    monkeypatch.setattr("gan_core.datasets.idx.LARGEST", 1000)
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(bytes(10**6)))
    with pytest.raises(UserError, match="holds more than any published file"):
        read_verified(path, "0" * 64)


def test_a_garbled_gzip_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    content = bytearray(gzip.compress(bytes(range(256)) * 50))
    content[20:60] = bytes(40)
    path.write_bytes(content)
    with pytest.raises(UserError, match=str(path)):
        read_verified(path, "0" * 64)
