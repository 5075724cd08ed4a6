"""The size of images in pixels: one number for a square, (height, width) for any other rectangle.

A pair of equal sides is written as the square, so that one size has one form and one run has one fingerprint.
"""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError
from pydantic_core.core_schema import no_info_plain_validator_function

from gan_core.problems import shown

Size = int | tuple[int, int]
Shape = tuple[int, int]  # (height, width)


def shape_of(size: Size) -> Shape:
    """The (height, width) of a size."""
    return (size, size) if isinstance(size, int) else size


def size_of(shape: Sequence[int]) -> Size:
    """The size of a (height, width): one number for a square."""
    height, width = shape
    return height if height == width else (height, width)


def shape_text(size: Size) -> str:
    """32 -> '32x32', (157, 128) -> '157x128'."""
    return "x".join(map(str, shape_of(size)))


def size_text(size: Size) -> str:
    """32 -> '32', (157, 128) -> '157x128'."""
    return str(size) if isinstance(size, int) else shape_text(size)


class Sides:
    """The annotation of a size in a record: 32, [157, 128] or '157x128', each side within bounds (which the help
    shows).
    """

    def __init__(self, ge: int, le: int) -> None:
        self.ge, self.le = ge, le

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_plain_validator_function(self.check)

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        side = {"type": "integer", "minimum": self.ge, "maximum": self.le}
        pair = {"type": "array", "items": side, "minItems": 2, "maxItems": 2}
        return {"anyOf": [side, pair, {"type": "string", "pattern": "^[0-9]+x[0-9]+$"}]}

    def check(self, value: Any) -> Size:
        """The size in its one form. Raises the validation error for anything else."""
        sides = _sides(value)
        if len(sides) != 2 or not all(type(side) is int and self.ge <= side <= self.le for side in sides):
            raise PydanticCustomError(
                "image_size",
                "{value} is no size",
                {"value": shown(value), "allowed": f"pixels or [height, width], {self.ge} to {self.le}", "nearest": ""},
            )
        return size_of(sides)


def _sides(value: Any) -> Sequence[Any]:
    if isinstance(value, str):
        return [int(side) if side.isdecimal() else side for side in value.split("x")]
    return value if isinstance(value, list | tuple) else (value, value)


ImageSize = Annotated[Size, Sides(1, 2**31 - 1)]
