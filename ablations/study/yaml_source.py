"""From a YAML file to plain Python data, and the line of every key and value.

YAML 1.2: `1e-3` is a number, `on` and `no` are text. A file comes from anywhere, so its size, its depth, its numbers
and what its aliases make of it are bounded.
"""

import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import MaxDepthExceededError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from gan_core.problems import SHOWN, Problem, UserError, nearest_name, shown

Where = tuple[str | int, ...]  # keys and list indices from the top of the file to a value
VERSION = "1.2"
_TAG = "tag:yaml.org,2002:"
_PLAIN_TAGS = {_TAG + kind for kind in ("null", "bool", "int", "float")}
_TEXT_TAGS = {_TAG + "str", _TAG + "timestamp"}  # a date has no meaning here but its letters
_SUFFIXES = (".yaml", ".yml")
# The largest file of `studies/` has 13 kB
MOST_BYTES = 200_000  # a few seconds of reading
MOST_VALUES = 20_000  # with what aliases repeat
MOST_LEVELS = 20  # lists and mappings within each other
MOST_DIGITS = 64  # of a number; a float has 17


@dataclass(frozen=True)
class YamlSource:
    """The content of a YAML file (`data`: dicts, lists, text, numbers, truth values, None), and each part's line."""

    path: Path
    text: str
    data: dict[str, Any]
    lines: dict[Where, int]  # path of keys -> line, from 1; () is the first

    def line(self, where: Where) -> int:
        """The line of the value at this path, or of the innermost part on the way to it that exists."""
        while where not in self.lines:
            where = where[:-1]
        return self.lines[where]

    def place(self, where: Where) -> str:
        """'file:line' of the value at this path."""
        return f"{self.path}:{self.line(where)}"


def read_yaml(path: Path) -> YamlSource:
    """Read a file whose top level is a mapping. Raises UserError with file and line of every mistake in its YAML."""
    text = _text_of(path)
    _refuse_directives(path, text)
    data, lines = _data_of(text, path)
    if data is None:
        raise UserError(Problem("the file is empty", source=f"{path}:1"))
    if not isinstance(data, dict):
        raise UserError(Problem("not a mapping", (), "lines such as `key: value`", source=f"{path}:{lines[()]}"))
    return YamlSource(path, text, data, lines)


def read_value(text: str, source: str) -> Any:
    """The value that a study file would have here; `source` is named by messages. Raises UserError like `read_yaml`."""
    _refuse_directives(source, text)
    return _data_of(text, source)[0]


def _data_of(text: str, source: Path | str) -> tuple[Any, dict[Where, int]]:
    yaml = YAML(typ="safe", pure=True)
    yaml.max_depth = MOST_LEVELS
    yaml.composer.warn_double_anchors = False  # YAML 1.2 permits them
    try:
        root = yaml.compose(text)
    except MaxDepthExceededError as error:
        place = f"{source}:{error.problem_mark.line + 1}"
        message = f"more than {MOST_LEVELS} lists and mappings within each other"
        raise UserError(Problem(message, source=place, allowed=f"at most {MOST_LEVELS}")) from None
    except YAMLError as error:
        raise UserError(_syntax_problem(error, source, text)) from None
    except (ValueError, OverflowError) as error:  # of an escape such as "\\UFFFFFFFF"
        raise UserError(Problem(f"an escape that stands for no character: {error}", source=str(source))) from None
    if root is None:
        return None, {(): 1}
    reader = _Reader(source, yaml)
    data = reader.value_of(root, ())
    if reader.problems:
        raise UserError(*reader.problems)
    return data, reader.lines


class _Reader:
    """Walks YAML's nodes once, noting values, lines and problems."""

    def __init__(self, source: Path | str, yaml: YAML) -> None:
        self.source, self.yaml = source, yaml
        self.values = 0
        self.lines: dict[Where, int] = {}
        self.problems: list[Problem] = []
        self.open: list[Node] = []  # the nodes around the current one

    def problem(self, node: Node, message: str, where: Where = (), allowed: str = "") -> None:
        self.problems.append(Problem(message, where, allowed, source=f"{self.source}:{_line_of(node)}"))

    def value_of(self, node: Node, where: Where) -> Any:
        """The value of a node. Raises UserError for too many or too deep ones: aliases make many of few."""
        self.values += 1
        if self.values > MOST_VALUES:
            self.problem(node, f"more than {MOST_VALUES} values, counting what aliases repeat", where)
            raise UserError(*self.problems)
        self.lines.setdefault(where, _line_of(node))
        if any(node is outer for outer in self.open):
            self.problem(node, "an anchor that contains itself", where)
            return None
        if len(self.open) >= MOST_LEVELS:  # aliases nest deeper than what is written
            self.problem(node, f"more than {MOST_LEVELS} lists and mappings within each other", where)
            raise UserError(*self.problems)
        self.open.append(node)
        try:
            if isinstance(node, MappingNode):
                return self._mapping(node, where)
            if isinstance(node, SequenceNode):
                return [self.value_of(item, (*where, i)) for i, item in enumerate(node.value)]
            return self._scalar(node, where)
        finally:
            self.open.pop()

    def _mapping(self, node: MappingNode, where: Where) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode) or str(key_node.tag) not in _TEXT_TAGS:
                self.problem(key_node, f"{_written(key_node)} can't be a key", where, "text; quote it if it is meant")
                continue
            key = str(key_node.value)
            if key in values:
                first = self.lines[(*where, key)]
                self.problem(key_node, f"the key is there twice, first on line {first}", (*where, key))
                continue
            self.lines[(*where, key)] = _line_of(key_node)
            values[key] = self.value_of(value_node, (*where, key))
        return values

    def _scalar(self, node: Node, where: Where) -> Any:
        tag = str(node.tag)
        if tag in _TEXT_TAGS:
            if any("\ud800" <= letter <= "\udfff" for letter in node.value):
                self.problem(node, "an escape that stands for no character", where)
            return str(node.value)
        if tag in _PLAIN_TAGS:
            if len(node.value) > MOST_DIGITS:
                self.problem(node, f"a number of {len(node.value)} digits", where, f"at most {MOST_DIGITS}")
                return None
            try:
                return self.yaml.constructor.construct_object(node)
            except (ValueError, LookupError, YAMLError):
                self.problem(node, f"{node.value!r} is not of the type {tag.removeprefix(_TAG)!r}", where)
                return None
        self.problem(node, f"the tag {tag.replace(_TAG, '!!')[:SHOWN]} has no meaning here", where, "plain values")
        return None


def _refuse_directives(source: Path | str, text: str) -> None:
    """Raise UserError for a directive: another version of YAML reads 010 as 8, and `no` as false."""
    for number, line in enumerate(text.lstrip("\ufeff").splitlines(), 1):
        if line.startswith("%") and line.split() != ["%YAML", VERSION]:
            allowed = f"%YAML {VERSION}, or no directive: study files are YAML {VERSION}"
            message = f"the directive {shown(line.rstrip())} has no meaning here"
            raise UserError(Problem(message, source=f"{source}:{number}", allowed=allowed))
        if line.strip() and not line.startswith(("%", "#")):
            return


def _text_of(path: Path) -> str:
    try:
        kind = path.stat()
        if not stat.S_ISDIR(kind.st_mode) and not stat.S_ISREG(kind.st_mode):  # a pipe may keep us waiting for ever
            raise UserError(Problem("this is a pipe or a device", source=str(path), allowed="a YAML file"))
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise UserError(_missing(path)) from None
    except IsADirectoryError:
        raise UserError(Problem("this is a folder", source=str(path), allowed="a YAML file")) from None
    except OSError as error:
        raise UserError(Problem(f"can't be read: {error.strerror}", source=str(path))) from None
    if len(content) > MOST_BYTES:
        message = f"more than {MOST_BYTES // 1000} kB"
        raise UserError(Problem(message, source=str(path), allowed=f"a YAML file of at most {MOST_BYTES} bytes"))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise UserError(Problem("not text in UTF-8", source=f"{path}:{line}", allowed="a YAML file")) from None


def _missing(path: Path) -> Problem:
    folders = (path.parent, path.parent / "studies")
    files = {
        f.name: f for folder in folders if folder.is_dir() for f in sorted(folder.iterdir()) if f.suffix in _SUFFIXES
    }
    nearest = nearest_name(path.name, files)
    known = ", ".join(map(str, files.values()))
    return Problem(
        "there is no such file", source=str(path), allowed=known, nearest=str(files[nearest]) if nearest else ""
    )


def _syntax_problem(error: YAMLError, source: Path | str, text: str) -> Problem:
    if (
        not isinstance(error, MarkedYAMLError) or error.problem_mark is None
    ):  # the reader's own: a character that YAML doesn't allow
        position = int(getattr(error, "position", 0))
        return Problem(
            "a character that YAML does not allow", source=f"{source}:{text.count(chr(10), 0, position) + 1}"
        )
    message, line = str(error.problem), error.problem_mark.line
    if "\\t" in message:
        message = "a tab; YAML is indented with spaces"
    elif error.context and error.context_mark is not None and error.context_mark.line != line:
        message += f" ({error.context} that began on line {error.context_mark.line + 1})"
    return Problem(f"not YAML: {message}", source=f"{source}:{line + 1}")


def _line_of(node: Node) -> int:
    return int(node.start_mark.line) + 1


def _written(node: Node) -> str:
    return shown(node.value) if isinstance(node, ScalarNode) else "a list or a mapping"
