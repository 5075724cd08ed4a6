"""Keys and passwords in a text, replaced by `***`: in a patch, in a command line, in a list of versions.

The rules go by the shape of a secret (a private key, a token of a known service, the password of an address) and by
the word before it (`password = ...`). They rather mask too much than too little, and they can't know every secret:
files that are secrets by their name are never read in the first place (`ablations.workspace.secret_files`).
"""

import re
from dataclasses import dataclass, field

from ablations.addresses import HIDDEN

_SHAPES = tuple(
    re.compile(rf"(?<![A-Za-z0-9]){shape}")
    for shape in (
        r"(?:AKIA|ASIA)[0-9A-Z]{16}",  # Amazon
        r"gh[pousr]_[A-Za-z0-9]{16,}",
        r"github_pat_\w{16,}",
        r"glpat-[\w-]{16,}",
        r"xox[a-z]-[\w-]{8,}",  # Slack
        r"hf_[A-Za-z0-9]{16,}",
        r"(?:sk|rk|pk)[-_](?=[\w-]*\d)[\w-]{16,}",  # OpenAI, Anthropic, Stripe
        r"AIza[\w-]{30,}",  # Google
        r"ya29\.[\w-]{16,}",
        r"npm_[A-Za-z0-9]{30,}",
        r"pypi-[\w-]{30,}",
        r"eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*",  # JSON web tokens
    )
)
# What stands before a secret (group 1), and the secret (group 2)
_AFTER = tuple(
    re.compile(rule, re.IGNORECASE)
    for rule in (
        r"(\b[a-z][a-z0-9+.-]{0,30}://[^\s/:@'\"]*:)(?!\d{1,5}[/?#])([^\s'\"]+)(?=@)",
        r"(\b[a-z][a-z0-9+.-]{0,30}://)([\w.~-]{20,})(?=@)",
        r"(\bauthorization['\"]?\s*[:=,]\s*['\"]?(?:bearer|basic|token)\s+)([^\s'\"]+)",
        r"(\bbearer\s+)((?=[^\s'\"]*\d)[\w.~+/=-]{8,})",
        r"(\blogin\s+\S+\s+(?:password|account)\s+)(\S+)",
        r"(^[+\- ]?\s*(?:machine\s.*\s)?(?:password|account)\s+)(\S+)(?=\s*$)",  # a .netrc's
        r"(--[\w-]{0,40}(?:password|passwd|secret|token|api-key)[\w-]{0,40}\s+)(?!-)([^\s'\",;)\]]+)",
    )
)
_WORD = (
    r"(?:password|passwd|passphrase|(?<![a-z])pass(?![a-z])|(?<![a-z])pwd|secret|token(?!iz|s\b)|api[_-]?key"
    r"|(?:access|private|auth|account|encryption|signing|master)[_-]?key|credentials?|(?<![a-z])auth(?![a-z]))"
)
_ASSIGNED = re.compile(
    rf"{_WORD}[\w.-]{{0,40}}(?P<closed>\\?['\"])?\]?\s*(?P<sign>=>|:=|==|!=|\?=|\+=|=|:|,)\s*", re.IGNORECASE
)
_ANNOTATION = re.compile(r"[A-Za-z_][\w.\[\]|, ]{0,60}?=(?!=)\s*")  # what stands between `password:` and its value
_QUOTED = re.compile(r"[A-Za-z]{0,2}(?P<quote>\"\"\"|'''|\\?\"|\\?'|`)(?P<value>(?:(?!(?P=quote))(?:\\.|.))*)")
_FIRST = re.compile(r"[+\- ]?\s*(?:(?:export|set|env|-)\s+)*['\"]?[\w.-]*", re.IGNORECASE)  # a line up to its key
_WORDS = re.compile(r"[^\s,;&)\]}'\"]+")
_RANDOM = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[^\s()\[\]{}.]{6,}")
_HARMLESS = re.compile(
    r"|\*{3,}|none|null|nil|true|false|undefined|\.{3}|\$\{?\w+\}?|\$\{\w+:?\?[^}]*\}|\$\{\{[^}]*\}\}|\{[^{}]*\}|\{\{[^{}]*\}\}"
    r"|<[^<>]*>|%\(\w+\)s|%s|[|>][+-]?|[\[{(]",
    re.IGNORECASE,
)
_KEY_BEGINS = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----")
_KEY_ENDS = re.compile(r"-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----")
_KEY_BODY = re.compile(r"[+\- ]?[\s'\"#/*]*(?:[A-Za-z0-9+/=]*|\*{3}|[A-Z][\w-]+: .*)(?:\\n)?[\s'\",+\\]*")
_BASE64 = re.compile(r"(?P<before>[+\- ]?\s*)(?=.*[A-Z])(?=.*[a-z])(?=.*\d)[A-Za-z0-9+/]{60,}={0,2}\s*")
_PREFIX = re.compile(r"[+\- ]?\s*")


@dataclass
class _Masking:
    """The lines so far, and how many secrets were masked in them.

    `in_key`: whether the last line is within a private key; `counted`: whether that key is in `count` already.
    """

    code: bool
    lines: list[str] = field(default_factory=list)
    in_key: bool = False
    counted: bool = False
    count: int = 0

    def take(self, line: str) -> None:
        begins, ends = _KEY_BEGINS.search(line), _KEY_ENDS.search(line)
        if begins:
            self.in_key, self.counted = not ends, False
            self._take_first(line, begins.end(), ends.start() if ends and ends.start() >= begins.end() else None)
        elif ends:
            if not self.in_key:  # a patch may show the last lines of a key alone
                self._hide_body_before()
            self.in_key = False
            rest = line[ends.start() :]
            before = line[: ends.start()]
            is_open = _PREFIX.fullmatch(before) or before.endswith(HIDDEN)
            self.lines.append(line if is_open else self._hidden(line) + rest)
        elif self.in_key and _KEY_BODY.fullmatch(line):
            self.lines.append(self._hidden(line))
        else:
            self.in_key = False
            self.lines.append(self._plain(line))

    def _take_first(self, line: str, after: int, end: int | None) -> None:
        body = line[after:end]
        if any(letter.isalnum() for letter in body.replace("\\n", "")):
            line = self._hidden(line[:after], line[:after] + HIDDEN) + ("" if end is None else line[end:])
        self.lines.append(line)

    def _hide_body_before(self) -> None:
        for at in reversed(range(len(self.lines))):
            line = self.lines[at]
            if not line.strip("+- ") or not _KEY_BODY.fullmatch(line) or HIDDEN in line:
                return
            self.lines[at] = self._hidden(line)

    def _hidden(self, line: str, hidden: str = "") -> str:
        """A line of a private key, masked; all lines of one key count as one secret."""
        found = _PREFIX.match(line)
        hidden = hidden or (found[0] if found else "") + HIDDEN
        if hidden != line and line.strip("+- "):
            self.count += not self.counted
            self.counted = True
        return hidden

    def _plain(self, line: str) -> str:
        if found := _BASE64.fullmatch(line):
            self.count += 1
            return found["before"] + HIDDEN
        for shape in _SHAPES:
            line, hits = shape.subn(HIDDEN, line)
            self.count += hits
        line = self._assignments(line)
        for rule in _AFTER:
            line = rule.sub(self._after, line)
        return line

    def _after(self, found: re.Match[str]) -> str:
        if _HARMLESS.fullmatch(found[2]):
            return found[0]
        self.count += 1
        return found[1] + HIDDEN

    def _assignments(self, line: str) -> str:
        parts, at, pos = [], 0, 0
        while found := _ASSIGNED.search(line, pos):
            pos = found.end()
            start, end = _value(line, found, self.code)
            if start < end and not _HARMLESS.fullmatch(line[start:end]):
                parts += [line[at:start], HIDDEN]
                at = pos = end
                self.count += 1
        return "".join([*parts, line[at:]])


def masked(text: str, *, code: bool = False) -> tuple[str, int]:
    """The text without what looks like a secret, and how many secrets that were. What is masked already stays so.

    The lines may be those of a patch. `code`: whether the text is source code, where a word without quotes is a name.
    """
    masking = _Masking(code)
    for line in text.split("\n"):
        masking.take(line)
    return "\n".join(masking.lines), masking.count


def _value(line: str, found: re.Match[str], code: bool) -> tuple[int, int]:
    """Where the value of an assignment begins and ends; the same place twice where there is none."""
    start = found.end()
    before = line[: found.start()]
    code = code and "#" not in before and "//" not in before
    if code and found["sign"] == ":" and (annotation := _ANNOTATION.match(line, start)):
        start = annotation.end()
    if quoted := _QUOTED.match(line, start):
        return quoted.span("value")
    if found["sign"] == ",":
        return start, start
    if code:
        word = _WORDS.match(line, start)
        return word.span() if word and _RANDOM.fullmatch(word[0]) else (start, start)
    if _FIRST.fullmatch(before):
        return start, len(line.rstrip(" \t\r,"))
    word = _WORDS.match(line, start)
    return word.span() if word else (start, start)
