"""YAML as read: values of version 1.2, lines of all keys, and one message for whatever is not YAML."""

import os
import time
from pathlib import Path

import pytest

from ablations.study.yaml_source import (
    MOST_BYTES,
    MOST_DIGITS,
    MOST_LEVELS,
    MOST_VALUES,
    YamlSource,
    read_value,
    read_yaml,
)
from gan_core.problems import UserError


def _read(tmp_path: Path, text: str | bytes) -> YamlSource:
    path = tmp_path / "study.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_yaml(path)


def test_values_are_those_of_yaml_1_2(tmp_path: Path) -> None:
    text = """
rate: 1e-3
four: 4e-4
whole: 16
octal: 012
real: 0.5
on: D
no: no
nothing:
none: none
yes: true
date: 2020-01-31
quoted: '3'
list: [1, {a: b}]
"""
    data = _read(tmp_path, text).data
    assert data == {
        "rate": 0.001,
        "four": 0.0004,
        "whole": 16,
        "octal": 12,
        "real": 0.5,
        "on": "D",
        "no": "no",
        "nothing": None,
        "none": "none",
        "yes": True,
        "date": "2020-01-31",
        "quoted": "3",
        "list": [1, {"a": "b"}],
    }
    assert type(data["rate"]) is float
    assert type(data["whole"]) is int
    assert type(data["on"]) is str
    assert type(data["yes"]) is bool
    assert type(data) is dict


def test_lines_of_keys_items_and_what_is_missing(tmp_path: Path) -> None:
    source = _read(tmp_path, "# header\na: 1\nb:\n  c:\n    - x\n    - y\n  d: {e: 1,\n      f: 2}\n")
    expected = {("a",): 2, ("b",): 3, ("b", "c"): 4, ("b", "c", 1): 6, ("b", "d", "e"): 7, ("b", "d", "f"): 8}
    assert {where: source.line(where) for where in expected} == expected
    assert source.line(("b", "c", "absent", "deep")) == 4
    assert source.line(("absent",)) == 2
    assert source.place(("b", "d", "f")) == f"{tmp_path / 'study.yaml'}:8"


def test_an_alias_is_its_anchor(tmp_path: Path) -> None:
    assert _read(tmp_path, "a: &x {b: 1}\nc: *x\n").data == {"a": {"b": 1}, "c": {"b": 1}}


BAD = {
    "empty": ("", 1, "the file is empty"),
    "only comments": ("# nothing\n", 1, "the file is empty"),
    "a list": ("- a\n- b\n", 1, "not a mapping; allowed: lines such as `key: value`"),
    "a word": ("word\n", 1, "not a mapping"),
    "duplicate key": ("a: 1\nb: 2\na: 3\n", 3, "a: the key is there twice, first on line 1"),
    "duplicate in flow": ("a: {b: 1, b: 1}\n", 1, "a.b: the key is there twice"),
    "tab": ("a:\n\tb: 1\n", 2, "not YAML: a tab; YAML is indented with spaces"),
    "open bracket": ("a: 1\nb: [1, 2\n", 3, "(while parsing a flow sequence that began on line 2)"),
    "two colons": ("a: 1\nb: c: d\n", 2, "not YAML: mapping values are not allowed here"),
    "two documents": ("a: 1\n---\nb: 2\n", 2, "not YAML"),
    "unknown alias": ("a: 1\nb: *x\n", 2, "not YAML: found undefined alias"),
    "self-containing": ("a: &x [1, *x]\n", 1, "a.1: an anchor that contains itself"),
    "tag": ("a: 1\nb: !python x\n", 2, "b: the tag !python has no meaning here"),
    "wrong tag": ("a: !!int x\n", 1, "a: 'x' is not of the type 'int'"),
    "binary tag": ("a: !!binary aGk=\n", 1, "a: the tag !!binary has no meaning here"),
    "numeric key": ("a: 1\n3: x\n", 2, "'3' can't be a key; allowed: text"),
    "merge key": ("a: 1\n<<: {b: 1}\n", 2, "'<<' can't be a key"),
    "list as key": ("? [1]\n: 2\n", 1, "a list or a mapping can't be a key"),
    "control character": ("a: 1\nb: \x00\n", 2, "a character that YAML does not allow"),
    "not UTF-8": (b"a: 1\nb: 2\nc: \xff\xfe\n", 3, "not text in UTF-8"),
}


@pytest.mark.parametrize(("text", "line", "message"), BAD.values(), ids=BAD)
def test_what_is_not_a_yaml_mapping(tmp_path: Path, text: str | bytes, line: int, message: str) -> None:
    with pytest.raises(UserError) as caught:
        _read(tmp_path, text)
    (problem,) = caught.value.problems
    assert str(problem).startswith(f"{tmp_path / 'study.yaml'}:{line}: ")
    assert message in str(problem)


def test_all_duplicates_at_once(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        _read(tmp_path, "a: 1\na: 2\nb: {c: 1, c: 2}\n")
    assert [p.where for p in caught.value.problems] == [("a",), ("b", "c")]


@pytest.mark.parametrize("asked", ["studies/ganhaks.yaml", "ganhacks", "studies/ganhacks.yml"])
def test_a_missing_file_names_the_nearest(tmp_path: Path, asked: str) -> None:
    folder = tmp_path / "studies"
    folder.mkdir()
    for name in ("ganhacks.yaml", "smoke.yaml", "notes.txt"):
        (folder / name).write_text("a: 1\n")
    with pytest.raises(UserError) as caught:
        read_yaml(tmp_path / asked)
    (problem,) = caught.value.problems
    assert problem.source == str(tmp_path / asked)
    assert problem.message == "there is no such file"
    assert problem.nearest == str(folder / "ganhacks.yaml")
    assert problem.allowed == f"{folder / 'ganhacks.yaml'}, {folder / 'smoke.yaml'}"


def test_a_missing_file_in_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no such file"):
        read_yaml(tmp_path / "no" / "where.yaml")


def test_a_folder_and_a_path_through_a_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="this is a folder; allowed: a YAML file"):
        read_yaml(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="can't be read: Not a directory"):
        read_yaml(tmp_path / "file" / "study.yaml")


@pytest.mark.parametrize(
    "directive", ["%YAML 1.1", "%YAML 1.3", "%YAML 2.0", "%TAG ! tag:x,2000:", "%FOO bar", "%YAML"]
)
def test_directives_that_change_what_is_read_are_refused(tmp_path: Path, directive: str) -> None:
    """YAML 1.1 reads 010 as 8 and `no` as false; a later version is not what the file is read as."""
    path = tmp_path / "study.yaml"
    path.write_text(f"# a comment\n{directive}\n---\nseeds: 010\n")
    with pytest.raises(UserError) as caught:
        read_yaml(path)
    assert caught.value.problems[0].source == f"{path}:2"
    assert directive in caught.value.problems[0].message


def test_a_byte_order_mark_hides_no_directive() -> None:
    with pytest.raises(UserError, match="directive"):
        read_value("\ufeff%YAML 1.1\n--- 010", "--set x")


def test_the_version_that_is_meant_may_be_named(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_text("%YAML 1.2\n---\nseeds: 010\nnote: '%YAML 1.1'\n")
    assert read_yaml(path).data == {"seeds": 10, "note": "%YAML 1.1"}


def _bomb(levels: int, width: int) -> str:
    """Lists of aliases of lists of aliases: `width` to the power of `levels` values."""
    lines = ["a0: &a0 [x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * width)}]" for n in range(1, levels + 1)]
    return "\n".join(lines)


TOO_MUCH = {
    "aliases": (_bomb(9, 10), f"more than {MOST_VALUES} values"),
    "aliases of mappings": (
        "a: &a {x: 1, y: 2}\n" + "".join(f"b{n}: [*a, *a, *a, *a, *a]\n" for n in range(1400)),
        "values",
    ),
    "aliases within each other": (_bomb(100, 1), f"more than {MOST_LEVELS} lists"),
    "flow lists": ("a: " + "[" * 500 + "]" * 500, f"at most {MOST_LEVELS}"),
    "block lists": ("a:\n" + "".join(" " * n + "-\n" for n in range(1, 300)), f"at most {MOST_LEVELS}"),
    "brackets": ("a: " + "[" * 3000, f"at most {MOST_LEVELS}"),
    "hexadecimal": ("a: 0x" + "f" * 100_000, f"a number of 100002 digits; allowed: at most {MOST_DIGITS}"),
    "decimal": ("a: " + "9" * 5000, "a number of 5000 digits"),
    "bytes": ("# " + "x" * MOST_BYTES, "more than 200 kB"),
    "no character": (r'a: "\UFFFFFFFF"', "no character"),
    "half a character": (r'a: "\uD800"', "no character"),
    "half a number": ("a: 0x_", "not of the type 'int'"),
    "no truth value": ("a: !!bool x", "not of the type 'bool'"),
    "no number": ('a: !!int ""', "not of the type 'int'"),
}


@pytest.mark.parametrize(("text", "message"), TOO_MUCH.values(), ids=TOO_MUCH)
def test_what_is_too_much_is_said_at_once(tmp_path: Path, text: str, message: str) -> None:
    began = time.perf_counter()
    with pytest.raises(UserError) as caught:
        _read(tmp_path, text)
    assert time.perf_counter() - began < 20
    assert message in str(caught.value)
    assert len(str(caught.value)) < 1000


def test_a_pipe_or_a_device_is_no_study_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)
    link = tmp_path / "zero.yaml"
    link.symlink_to("/dev/zero")
    for path in (pipe, link):
        with pytest.raises(UserError, match="a pipe or a device; allowed: a YAML file"):
            read_yaml(path)


@pytest.mark.filterwarnings("error")
def test_an_anchor_may_be_used_again(tmp_path: Path) -> None:
    assert _read(tmp_path, "a: &x 1\nb: &x 2\nc: *x\n").data == {"a": 1, "b": 2, "c": 2}
