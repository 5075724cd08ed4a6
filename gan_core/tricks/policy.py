"""Which transforms an augmentation draws from: names separated by commas."""

from collections.abc import Collection
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema
from pydantic_core.core_schema import no_info_after_validator_function

from gan_core.problems import unknown_name


class Policy:
    """Annotation of a text option: names from a registry, brought into the registry's order, each once."""

    def __init__(self, registry: Collection[str]) -> None:
        self.names = tuple(registry)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        names = "|".join(self.names)
        return {"type": "string", "pattern": rf"^ *({names}) *(, *({names}) *)*$"}

    def check(self, text: str) -> str:
        """The policy in canonical form. Raises the validation error for an unknown name, or none at all."""
        wanted = [name.strip() for name in text.split(",")]
        for name in wanted:
            if name not in self.names:
                raise unknown_name("transform", name, self.names)
        return ",".join(name for name in self.names if name in wanted)
