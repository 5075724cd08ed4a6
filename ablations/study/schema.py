"""The JSON schema of study files, by which editors complete and check them: computed from what validates them.

What it refuses is refused by `study_of` too. Not the other way round: which settings go together, and what a claim or a
condition names, only `study_of` knows.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from ablations.study.across import MOST_BLOCKS
from ablations.study.across import NAME as BLOCK_NAME
from ablations.study.designs import DESIGNS, MOST_FACTORS, RESERVED, DesignOptions
from ablations.study.designs.layout import MOST_ARMS
from ablations.study.space.syntax import FIXED
from ablations.study.study_file import NAME, StudyFile
from gan_core.config.translate import full_config
from gan_core.tricks import TRICKS, Trick

DIALECT = "http://json-schema.org/draft-07/schema#"  # the latest that all common editors understand
TITLE = "A study of gan-ablations"
Schema = dict[str, Any]
SETTINGS: Schema = {"$ref": "#/definitions/Settings"}
FACTOR_NAME: Schema = {"pattern": f"^(?!({'|'.join(RESERVED)})$){NAME.pattern}$"}


def study_schema() -> Schema:
    """The schema, with every trick and level that is registered now."""
    schema = _of(StudyFile)
    definitions, properties = schema.pop("definitions", {}), schema["properties"]
    definitions["Settings"] = _settings(definitions)
    properties["baseline"] = _with(properties["baseline"], SETTINGS)
    properties["tricks"] |= {
        "additionalProperties": SETTINGS,
        "propertyNames": FACTOR_NAME,
        "minProperties": 1,
        "maxProperties": MOST_FACTORS,
    }
    properties["arms"] = {
        "description": properties["arms"]["description"],
        "type": "object",
        "additionalProperties": {"anyOf": [{"type": "array", "items": {"type": "string"}}, SETTINGS]},
        "propertyNames": {"pattern": f"^{NAME.pattern}$"},
        "minProperties": 2,
        "maxProperties": MOST_ARMS,
    }
    properties["across"] = _across(properties["across"]["description"], definitions["Settings"])
    properties["space"] = _space(properties["space"]["description"])
    definitions["Rule"]["properties"].pop("lower_is_better")  # of FIDs, lower is
    definitions["ClaimWords"]["oneOf"] = [{"required": ["comparison"]}, {"required": ["not_tested"]}]
    schema["allOf"] = [_design(name) for name in DESIGNS]
    return {"$schema": DIALECT, "title": TITLE, **schema, "definitions": dict(sorted(definitions.items()))}


def _settings(definitions: Schema) -> Schema:
    """What a baseline, a trick or an arm may set. Records other than those of tricks go into `definitions`."""
    schema = _of(full_config())
    own, properties = schema.pop("definitions", {}), schema["properties"]
    for above in ("seed", "use"):  # stand at the top of a study
        del properties[above]
    for trick in TRICKS.values():
        for form in properties[trick.name]["anyOf"]:
            own.pop(form.get("$ref", "").rpartition("/")[2], None)
        properties[trick.name] = _trick(trick, own)
    definitions |= own
    return {**schema, "description": "settings of a training run"}


def _trick(trick: Trick, definitions: Schema) -> Schema:
    """One of: true or false, a bare value for the main option, all options by name."""
    options = _of(trick.options)
    definitions |= options.pop("definitions", {})
    switch = {"description": "on with its defaults, or off", "type": ["boolean", "null"]}
    value = options["properties"][trick.main_option]
    if "anyOf" in value:  # null switches the trick off
        value = {**value, "anyOf": [form for form in value["anyOf"] if form.get("type") != "null"]}
    bare = [] if value.get("type") == "boolean" else [value]
    return {"description": f"{trick.summary} ({trick.paper})", "oneOf": [switch, *bare, options]}


def _across(description: str, settings: Schema) -> Schema:
    """Settings with lists of values, or names of blocks with the settings of each."""
    listed = {name: {"type": "array", "minItems": 1} for name in settings["properties"]}
    return {
        "description": description,
        "type": "object",
        "minProperties": 1,
        "anyOf": [
            {"properties": listed, "additionalProperties": False},
            {
                "additionalProperties": SETTINGS,
                "propertyNames": {"pattern": f"^{BLOCK_NAME.pattern}$"},
                "minProperties": 2,
                "maxProperties": MOST_BLOCKS,
            },
        ],
    }


def _space(description: str) -> Schema:
    """What a search may vary: a setting, or TRICK.OPTION."""
    dimension: Schema = {
        "anyOf": [{"type": "array", "minItems": 2}, {"$ref": "#/definitions/DimensionWords"}],
    }
    named: dict[str, FieldInfo] = {
        name: field for name, field in full_config().model_fields.items() if name not in FIXED
    }
    for trick in TRICKS.values():
        named |= {f"{trick.name}.{option}": field for option, field in trick.options.model_fields.items()}
    properties = {name: {"description": field.description or "", **dimension} for name, field in named.items()}
    return {
        "description": description,
        "type": ["object", "null"],
        "properties": properties,
        "additionalProperties": False,
        "minProperties": 1,
    }


def _design(name: str) -> Schema:
    """What a file of this design must have, and what means nothing to it."""
    design = DESIGNS[name]
    foreign = [option for option in DesignOptions.model_fields if option not in design.takes]
    required = [*sorted(design.needs), *(["seeds"] if "explore" not in design.needs else [])]
    then: Schema = {"properties": dict.fromkeys(foreign, False)}
    if "confirm" in design.takes:
        then["properties"]["seeds"] = False  # they stand under `confirm`
    if "arms" not in design.needs and "space" not in design.takes:
        required.append("tricks")
    if "space" in design.takes:
        then["properties"]["across"] = False
        then["anyOf"] = [{"required": ["tricks"]}, {"required": ["space"]}]
    is_this = {"properties": {"design": {"const": name}}, "required": ["design"]}
    return {"if": is_this, "then": {**then, "required": required}}


def _with(schema: Mapping[str, Any], reference: Schema) -> Schema:
    """The reference, described: next to `$ref` older readers see nothing else."""
    return {"description": schema["description"], "allOf": [reference]}


class _Plain(GenerateJsonSchema):
    """Without titles, which repeat names; a type that can't be described allows every value."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def handle_invalid_for_json_schema(self, schema: core_schema.CoreSchema, error_info: str) -> JsonSchemaValue:
        return {}


def _of(model: type[BaseModel]) -> Schema:
    """The schema of a record, with its parts under `definitions`."""
    schema: Schema = model.model_json_schema(schema_generator=_Plain, ref_template="#/definitions/{model}")
    parts = {name: _untitled(part) for name, part in schema.pop("$defs", {}).items()}
    whole = _untitled(schema)
    whole.pop("description", None)  # of the record as code
    return {**whole, **({"definitions": parts} if parts else {})}


def _untitled(schema: Schema) -> Schema:
    return {key: value for key, value in schema.items() if key != "title"}
