"""Study files as a strategy: sound ones made from the registries, and the same after some damage."""

import json
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

from ablations.study.designs import DESIGNS
from gan_core.config.catalog import choices, tricks
from tests.ablations.tiny import BASELINE

STRANGE: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2, 1e300, -1e-300, 10**60, "", " ", "none", "x" * 300, "../x", "/etc/passwd", "."),
    *(
        [],
        {},
        [[]],
        {"": {}},
        "a\nb",
        "\0",
        "\x1b[31m",
        "é",
        "012",
        "0x_",
        "=1+1",
        "a < b",
        [1, 1],
        ["x", "x"],
        {"p": 0.5},
    ),
    *({"looks": [2, 5]}, {"low": 0, "high": 1e9}, ["dropout"], "2020-01-31", {"seed": 3}, [0] * 50, "\U0001f600"),
)
values = st.sampled_from(STRANGE) | st.integers() | st.floats() | st.text(max_size=12)
names = st.sampled_from(["ttur", "TTUR", "half", "wide", "baseline", "all", "../x", "a" * 65, "", "é", "a b", "seed"])
SETTINGS = [option.name for option in choices()]
TRICKS = {trick.name: [option.name for option in trick.options] for trick in tricks()}
settings = st.dictionaries(st.sampled_from([*SETTINGS, *TRICKS]), values | st.just(True), max_size=3)
options_of_tricks = st.sampled_from(sorted(TRICKS)).flatmap(
    lambda trick: st.dictionaries(st.sampled_from(TRICKS[trick]), values, max_size=2).map(lambda words: {trick: words})
)
KEYS = ("question", "papers", "design", "seeds", "baseline", "tricks", "arms", "rule", "claims", "reference", "explore")
MORE = ("guard", "confirm", "space", "resolution", "all_together", "sede", "")


@st.composite
def studies(draw: st.DrawFn) -> dict[str, Any]:
    """A study that is sound in its form; its settings may be anything."""
    factors = draw(st.dictionaries(names, settings | options_of_tricks, min_size=1, max_size=4))
    study: dict[str, Any] = {
        "question": "Which helps?",
        "design": draw(st.sampled_from(sorted(DESIGNS))),
        "seeds": draw(st.sampled_from([1, 2, [3, 5], {"looks": [2, 4]}])),
        "baseline": {**BASELINE, **draw(settings)},
        "tricks": factors,
    }
    if study["design"] == "arms":
        listed = st.lists(st.sampled_from(sorted(factors)), max_size=3)
        study["arms"] = {"plain": [], **draw(st.dictionaries(names, listed | settings, max_size=3))}
    if study["design"] == "search":
        study |= {"explore": {"arms": 4}, "confirm": {"best": 1, "seeds": 2}}
        study["space"] = draw(st.dictionaries(st.sampled_from(SETTINGS), values, max_size=2)) or {"width": [4, 8]}
        del study["seeds"]
    if draw(st.booleans()):
        claim = {
            "statement": "s",
            "source": "s",
            "comparison": draw(st.sampled_from(["a < b", "plain < half", "ttur"])),
        }
        study["claims"] = {draw(names): claim}
    return study


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """The text of a study file after up to three changes of its content and perhaps one of its letters."""
    content: Any = deepcopy(draw(studies()))  # what is changed below must not be what others draw
    for _ in range(draw(st.integers(0, 3))):
        _change(draw, content)
    text = json.dumps(content, indent=draw(st.sampled_from([None, 1])), ensure_ascii=draw(st.booleans()))
    if draw(st.integers(0, 3)):
        return text
    at = draw(st.integers(0, len(text)))
    junk = draw(
        st.sampled_from(["", ":", "&a ", "*a", "!!int ", "\t", "\n---\n", "%YAML 1.1\n", "[" * 60, "#", '"', "? "])
    )
    return text[:at] + junk + text[at + draw(st.integers(0, 5)) :]


def _change(draw: st.DrawFn, content: Any) -> None:
    """Replace, remove or add one thing, at the top or further in."""
    part = content
    while isinstance(part, dict) and part and draw(st.booleans()):
        inner = part[draw(st.sampled_from(sorted(part)))]
        if not isinstance(inner, dict):
            break
        part = inner
    keys = [*part, *KEYS, *MORE]
    key = draw(st.sampled_from(keys))
    if draw(st.integers(0, 3)):
        part[key] = deepcopy(draw(values))
    else:
        part.pop(key, None)
