"""From a YAML file to plain Python data, and the line of every key and value.

YAML 1.2: `1e-3` is a number, `on` and `no` are text.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from gan_core.problems import Problem, UserError, nearest_name

Where = tuple[str | int, ...]  # keys and list indices from the top of the file to a value
VERSION = "1.2"
_TAG = "tag:yaml.org,2002:"
_PLAIN_TAGS = {_TAG + kind for kind in ("null", "bool", "int", "float")}
_TEXT_TAGS = {_TAG + "str", _TAG + "timestamp"}  # a date has no meaning here but its letters
_SUFFIXES = (".yaml", ".yml")


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
    yaml = YAML(typ="safe", pure=True)
    try:
        root = yaml.compose(text)
    except YAMLError as error:
        raise UserError(_syntax_problem(error, path, text)) from None
    if root is None:
        raise UserError(Problem("the file is empty", source=f"{path}:1"))
    reader = _Reader(path, yaml)
    data = reader.value_of(root, ())
    if not isinstance(data, dict):
        reader.problem(root, "not a mapping", allowed="lines such as `key: value`")
    if reader.problems:
        raise UserError(*reader.problems)
    return YamlSource(path, text, data, reader.lines)


class _Reader:
    """Walks YAML's nodes once, noting values, lines and problems."""

    def __init__(self, path: Path, yaml: YAML) -> None:
        self.path, self.yaml = path, yaml
        self.lines: dict[Where, int] = {}
        self.problems: list[Problem] = []
        self.open: list[Node] = []  # the nodes around the current one

    def problem(self, node: Node, message: str, where: Where = (), allowed: str = "") -> None:
        self.problems.append(Problem(message, where, allowed, source=f"{self.path}:{_line_of(node)}"))

    def value_of(self, node: Node, where: Where) -> Any:
        self.lines.setdefault(where, _line_of(node))
        if any(node is outer for outer in self.open):
            self.problem(node, "an anchor that contains itself", where)
            return None
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
            return str(node.value)
        if tag in _PLAIN_TAGS:
            try:
                return self.yaml.constructor.construct_object(node)
            except (ValueError, YAMLError):
                self.problem(node, f"{node.value!r} is not of the type {tag.removeprefix(_TAG)!r}", where)
                return None
        self.problem(node, f"the tag {tag.replace(_TAG, '!!')} has no meaning here", where, "plain values")
        return None


def _refuse_directives(path: Path, text: str) -> None:
    """Raise UserError for a directive: another version of YAML reads 010 as 8, and `no` as false."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("%") and line.split() != ["%YAML", VERSION]:
            allowed = f"%YAML {VERSION}, or no directive: study files are YAML {VERSION}"
            message = f"the directive {line.rstrip()!r} has no meaning here"
            raise UserError(Problem(message, source=f"{path}:{number}", allowed=allowed))
        if line.strip() and not line.startswith(("%", "#")):
            return


def _text_of(path: Path) -> str:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise UserError(_missing(path)) from None
    except IsADirectoryError:
        raise UserError(Problem("this is a folder", source=str(path), allowed="a YAML file")) from None
    except OSError as error:
        raise UserError(Problem(f"can't be read: {error.strerror}", source=str(path))) from None
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


def _syntax_problem(error: YAMLError, path: Path, text: str) -> Problem:
    if (
        not isinstance(error, MarkedYAMLError) or error.problem_mark is None
    ):  # the reader's own: a character that YAML doesn't allow
        position = int(getattr(error, "position", 0))
        return Problem("a character that YAML does not allow", source=f"{path}:{text.count(chr(10), 0, position) + 1}")
    message, line = str(error.problem), error.problem_mark.line
    if "\\t" in message:
        message = "a tab; YAML is indented with spaces"
    elif error.context and error.context_mark is not None and error.context_mark.line != line:
        message += f" ({error.context} that began on line {error.context_mark.line + 1})"
    return Problem(f"not YAML: {message}", source=f"{path}:{line + 1}")


def _line_of(node: Node) -> int:
    return int(node.start_mark.line) + 1


def _written(node: Node) -> str:
    return repr(node.value) if isinstance(node, ScalarNode) else "a list or a mapping"
