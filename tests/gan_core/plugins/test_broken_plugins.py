"""Files that can't be plug-ins: each gets one message, with file and line of the user's code, and leaves nothing."""

import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from gan_core.cli.app import main
from gan_core.game.losses import LOSSES
from gan_core.plugins import load as loading
from gan_core.plugins.load import load
from gan_core.plugins.loaded import entries
from gan_core.problems import UserError
from tests.own_code import METRIC, TRICK

REGISTER = "from gan_core.plugins import pair, register\n"
LOSS = "from gan_core.game.losses import LOSSES\nfrom dataclasses import replace\nhinge = LOSSES['hinge']\n"
NETS = """from torch import nn
class G(nn.Module):
    def __init__(self, out=1):
        super().__init__()
        self.out = nn.Linear(4, out * 256)
    def forward(self, z):
        return self.out(z).tanh().view(len(z), -1, 16, 16)
class D(nn.Module):
    def __init__(self, answers=1):
        super().__init__()
        self.out = nn.Linear(256, answers)
    def forward(self, x):
        return self.out(x.flatten(1))
"""


class Broken(NamedTuple):
    """A text, the line of its mistake, and what the message says."""

    text: str
    line: int | None
    says: tuple[str, ...]


BROKEN = {
    "syntax": Broken("x = 1\ndef f(:\n", 2, ("SyntaxError", "def f(:")),
    "indentation": Broken("def f():\nreturn 1\n", 2, ("IndentationError",)),
    "exception": Broken(
        "import math\n\n\ndef f():\n    return 1 / 0\n\n\nf()\n", 5, ("ZeroDivisionError: division by",)
    ),
    "missing_package": Broken("import numpy\nimport no_such_package\n", 2, ("No module named 'no_such_package'",)),
    "neighbour": Broken("import helper\n", 1, ("helper", "its own folder", "one file")),
    "nothing": Broken("x = 1\n", None, ("registers nothing", "register(Trick(...))")),
    "name_exists": Broken(REGISTER + LOSS + "register('hinge', hinge)\n", 5, ("there is a loss 'hinge' already",)),
    "twice": Broken(REGISTER + LOSS + "for _ in 1, 2:\n    register('h2', hinge)\n", 6, ("'h2' is registered twice",)),
    "no_record": Broken(REGISTER + "register('mine', 3)\n", 2, ("3 (int)", "nothing that can be registered")),
    "class_for_record": Broken(
        REGISTER + "from gan_core.game.losses import Loss\nregister('m', Loss)\n", 3, ("Loss(...)",)
    ),
    "module_for_pair": Broken(REGISTER + NETS + "register('m', G)\n", 15, ("pair(Generator, Discriminator",)),
    "no_name": Broken(REGISTER + LOSS + "register(hinge)\n", 5, ("a loss needs a name",)),
    "bad_name": Broken(REGISTER + LOSS + "register('a b', hinge)\n", 5, ("'a b' can't be a name",)),
    "no_function": Broken(
        REGISTER + LOSS + "register('h3', replace(hinge, d=3))\n", 5, ("d of the loss 'h3' is 3", "a function")
    ),
    "no_text": Broken(REGISTER + LOSS + "register('h3', replace(hinge, paper=1))\n", 5, ("paper of the loss", "text")),
    "no_kind": Broken(REGISTER + "register('f', print, kind='los')\n", 2, ("'los' is no kind of function",)),
    "reserved": Broken(TRICK.replace('name="grey"', 'name="width"'), 31, ("'width' means something else already",)),
    "flag": Broken(TRICK.replace('name="grey"', 'name="out"'), 31, ("the flag --out",)),
    "options": Broken(TRICK.replace("options=Options", "options=dict"), 31, ("options of the trick 'grey'", "Record")),
    "no_default": Broken(TRICK.replace("Field(2, ge", "Field(ge"), 31, ("power has no default",)),
    "default_out_of_bounds": Broken(
        TRICK.replace("Field(2, ge", "Field(7, ge"), 31, ("the default of power", "is 7", "less than or equal to 4")
    ),
    "odd_exception": Broken("raise BaseException('odd')\n", 1, ("BaseException: odd",)),
    "no_direction": Broken(METRIC.replace('    better="higher",\n', ""), 10, ("does not say which way is better",)),
    "direction": Broken(METRIC.replace('"higher"', '"up"'), 10, ("has better='up'", 'better="lower"')),
    "exit": Broken("import sys\nsys.exit('enough')\n", 2, ("ends the program (SystemExit: enough)",)),
    "endless": Broken("x = 0\nwhile True:\n    x += 1\n", None, ("took more than 1 s",)),
    "pair_arguments": Broken(REGISTER + "def g(n): pass\nregister('p', pair(g, g, latent_dim=4))\n", 3, ("g wants n",)),
    "pair_latents": Broken(REGISTER + NETS + "register('p', pair(G, D, latent_dim=5))\n", 8, ("RuntimeError",)),
    "pair_answers": Broken(
        REGISTER + NETS + "register('p', pair(G, lambda: D(2), latent_dim=4))\n", 15, ("D gives [4 2] for 4 images",)
    ),
    "pair_size": Broken(
        REGISTER + NETS + "register('p', pair(G, D, latent_dim=4, image_size=32))\n",
        15,
        ("16 px, and image_size is 32",),
    ),
    "pair_sigmoid": Broken(
        REGISTER
        + NETS.replace("flatten(1))\n", "flatten(1)).sigmoid()\n")
        + "register('p', pair(G, D, latent_dim=4))\n",
        15,
        ("no nn.Sigmoid", "probability=True"),
    ),
    "pair_instance": Broken(REGISTER + NETS + "register('p', pair(G(), D, latent_dim=4))\n", 15, ("`lambda: G(...)`",)),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_gets_one_message_with_its_line(
    name: str, tmp_path: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, path = BROKEN[name], tmp_path / "mine.py"
    (tmp_path / "helper.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))  # as `python -m` does with the folder that it is called in
    monkeypatch.setattr(loading, "LONGEST_S", 1)
    path.write_text(broken.text)
    before, modules = (list(LOSSES), entries()), set(sys.modules)
    with pytest.raises(UserError) as error:
        load(path)
    (problem,) = error.value.problems
    if broken.line is not None:
        assert problem.source == f"{path}:{broken.line}"
    assert problem.source.startswith(str(path))
    assert all(words in str(problem) for words in broken.says), str(problem)
    assert (list(LOSSES), entries()) == before
    assert not any(module.startswith("gan_core_plugin_") for module in set(sys.modules) - modules)


def test_what_is_no_file_of_python(tmp_path: Path, own_home: Path) -> None:
    folder, latin, other, long = (tmp_path / name for name in ("folder.py", "latin.py", "mine.txt", "long.py"))
    folder.mkdir()
    latin.write_bytes(b"x = 1\n# caf\xe9\n")
    other.write_text("x = 1\n")
    long.write_text("#" * 300_000)
    for path, says in {
        folder: f"{folder}: this is a folder",
        latin: f"{latin}:2: not text in UTF-8",
        other: "can't be the name of a plug-in",
        long: "more than 250 kB",
        tmp_path / "ladder.py": "there is no such file",
    }.items():
        with pytest.raises(UserError) as error:
            load(path)
        assert says in str(error.value)


def test_two_of_one_name(tmp_path: Path, own_home: Path) -> None:
    one, other = tmp_path / "a" / "mine.py", tmp_path / "b" / "mine.py"
    for path, text in ((one, TRICK), (other, METRIC)):
        path.parent.mkdir()
        path.write_text(text)
    first = load(one)
    assert load(one) is first
    with pytest.raises(UserError, match="another plug-in is called mine"):
        load(other)


def test_a_command_says_it_and_ends_with_2(tmp_path: Path, own_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.py"
    path.write_text(BROKEN["exception"].text)
    assert main(["train", "--use", str(path), "--out", str(tmp_path / "run"), "--data=shapes"]) == 2
    assert capsys.readouterr().err == f"error: {path}:5: ZeroDivisionError: division by zero\n"
    assert not (tmp_path / "run").exists()


def test_what_a_file_prints_is_no_part_of_a_document(
    tmp_path: Path, own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "loud.py"
    path.write_text("print('hello')\n" + TRICK)
    load(path)
    seen = capsys.readouterr()
    assert (seen.out, seen.err) == ("", "hello\n")
