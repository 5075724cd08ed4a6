"""The envelope of JSON documents, against its schema."""

import json
import math
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from gan_core.envelope import VERSIONS, enveloped

SCHEMA = {
    "type": "object",
    "properties": {
        "format": {"enum": [f"gan-ablations/{kind}" for kind in VERSIONS]},
        "version": {"type": "integer", "minimum": 1},
        "made_by": {"type": "string", "pattern": r"^gan-ablations( \d+\.\d+\.\d+\S*)?$"},
        "content": {"type": "object"},
    },
    "required": ["format", "version", "made_by", "content"],
    "additionalProperties": False,
}


@pytest.mark.parametrize("kind", VERSIONS)
def test_the_envelope(kind: str) -> None:
    text = enveloped(kind, {"a": 1})
    document = json.loads(text)
    Draft7Validator(SCHEMA).validate(document)
    assert (document["format"], document["version"]) == (f"gan-ablations/{kind}", VERSIONS[kind])
    assert document["content"] == {"a": 1}
    assert text.endswith("}\n")


def test_what_json_does_not_have() -> None:
    content = {"nan": math.nan, "list": [math.inf, (1, -math.inf)], 3: {"path": Path("a/b"), "x": 0.1}, "no": None}
    assert json.loads(enveloped("plan", content))["content"] == {
        "nan": None,
        "list": [None, [1, None]],
        "3": {"path": "a/b", "x": 0.1},
        "no": None,
    }
