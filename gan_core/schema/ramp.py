"""A number that may move during a run: a plain number, or a ramp `{from: 2e-4, to: 5e-5, over: 10, shape: cosine}`.

Its value is a function of the images shown to D so far, so nothing of it has to be kept and a resumed run goes on with
the same numbers. Both ends keep to the bounds of the setting. Where a number has to be above 0, because without it the
setting means nothing, one end of a ramp may be 0: noise that fades away, an average that begins as G itself.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError, model_validator
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, core_schema

from gan_core.problems import shown
from gan_core.records import Record

MOST_KIMG = 1e6
SHAPES = ("linear", "cosine")
SHORT_FORM = "FROM:TO, FROM:TO:KIMG, FROM:TO:SHAPE or FROM:TO:KIMG:SHAPE"


class Ramp(Record):
    """From one number to another over so many kimg, and then that one; `over` None: over the whole budget.

    The cosine is half a wave, flat at both ends: Loshchilov and Hutter 2017, arXiv:1608.03983, equation 5.
    """

    start: float = Field(alias="from")
    end: float = Field(alias="to")
    over: float | None = Field(None, gt=0, le=MOST_KIMG)
    shape: Literal["linear", "cosine"] = "linear"

    @model_validator(mode="after")
    def _moves(self) -> "Ramp":
        if self.start == self.end:
            context = {"end": f"{self.start:g}", "allowed": "ends that differ, or the number alone", "nearest": ""}
            raise PydanticCustomError("does_not_move", "a ramp from {end} to {end} does not move; write {end}", context)
        return self

    def at(self, kimg: float, budget_kimg: float) -> float:
        """The value once D has been shown so many thousand images."""
        over = budget_kimg if self.over is None else self.over
        if kimg >= over:
            return self.end
        share = kimg / over
        if self.shape == "cosine":
            share = (1 - math.cos(math.pi * share)) / 2
        return self.start + share * (self.end - self.start)

    def plain(self) -> dict[str, Any]:
        """What is not a default, in the words of a study file."""
        words: dict[str, Any] = {"from": self.start, "to": self.end}
        if self.over is not None:
            words["over"] = self.over
        return words if self.shape == "linear" else {**words, "shape": self.shape}


def is_ramp(value: Any) -> bool:
    """Whether plain data is meant as a ramp. No setting and no trick has an option called from or to."""
    return isinstance(value, Mapping) and {"from", "to"} <= value.keys()


Number = float | Ramp  # of a field that also has Bounds


def ramps_in(record: Record) -> Iterator[tuple[tuple[str, ...], Ramp]]:
    """The ramps of a record and of the records in it, each with the names that lead to it."""
    for name, value in record:
        if isinstance(value, Ramp):
            yield (name,), value
        elif isinstance(value, Record):
            yield from (((name, *inner), ramp) for inner, ramp in ramps_in(value))


def number_at(number: Number, kimg: float, budget_kimg: float) -> float:
    """The value of a number that may be a ramp, once D has been shown so many thousand images."""
    return number.at(kimg, budget_kimg) if isinstance(number, Ramp) else number


def largest(number: Number) -> float:
    """The largest value that it ever has."""
    return max(number.start, number.end) if isinstance(number, Ramp) else number


def smallest(number: Number) -> float:
    """The smallest value that it ever has."""
    return min(number.start, number.end) if isinstance(number, Ramp) else number


class Bounds:
    """The annotation of a number that may be a ramp, with the bounds of the number and of a ramp's ends.

    It takes a number, a mapping with from and to, or the short form '2e-4:5e-5' (':10' more: over 10 kimg; ':cosine').
    """

    def __init__(self, **bounds: float) -> None:
        """`gt`, `ge`, `lt`, `le`, as pydantic names them; each is an attribute where it is given."""
        self.bounds = bounds
        self.__dict__.update(bounds)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        number: CoreSchema = core_schema.float_schema(strict=True, allow_inf_nan=False, **self.bounds)  # type: ignore[arg-type]
        if type(None) in get_args(source):
            number = core_schema.nullable_schema(number)
        return core_schema.no_info_wrap_validator_function(
            self._check, number, serialization=core_schema.plain_serializer_function_ser_schema(_plain)
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """A number, a ramp by its names, or the short form."""
        number: dict[str, Any] = dict(handler(schema))
        words = {"gt": "exclusiveMinimum", "ge": "minimum", "lt": "exclusiveMaximum", "le": "maximum"}
        end = {words["ge" if (name, bound) == ("gt", 0) else name]: bound for name, bound in self.bounds.items()}
        ramp = {
            "type": "object",
            "properties": {
                "from": {"type": "number", **end},
                "to": {"type": "number", **end},
                "over": {"type": ["number", "null"], "exclusiveMinimum": 0, "maximum": MOST_KIMG},
                "shape": {"enum": list(SHAPES)},
            },
            "required": ["from", "to"],
            "additionalProperties": False,
        }
        short = {"type": "string", "pattern": "^[^:]+(:[^:]+){1,3}$"}
        return {"anyOf": [*number.get("anyOf", [number]), ramp, short]}

    def _check(self, value: Any, number: core_schema.ValidatorFunctionWrapHandler) -> Any:
        if isinstance(value, str):
            value = _from_short_form(value)
        if not isinstance(value, Mapping | Ramp):
            if isinstance(value, list | tuple | set):
                raise _no_number(value)
            return number(value)
        ramp = value if isinstance(value, Ramp) else Ramp.model_validate(dict(value))
        wrong = [
            InitErrorDetails(type=self._out_of_range(end), loc=(name,), input=end)
            for name, end in (("from", ramp.start), ("to", ramp.end))
            if not self._holds(end)
        ]
        if wrong:
            raise ValidationError.from_exception_data("Ramp", wrong)
        return ramp

    def _holds(self, end: float) -> bool:
        """Whether an end is within the bounds, or is 0 where the number has to be above 0: the other end is not."""
        gt, ge = self.bounds.get("gt", -math.inf), self.bounds.get("ge", -math.inf)
        lt, le = self.bounds.get("lt", math.inf), self.bounds.get("le", math.inf)
        return (end > gt or gt == end == 0) and ge <= end < lt and end <= le

    def _out_of_range(self, end: float) -> PydanticCustomError:
        signs = {"gt": ">=" if self.bounds.get("gt") == 0 else ">", "ge": ">=", "lt": "<", "le": "<="}
        allowed = " and ".join(f"{signs[name]} {bound:g}" for name, bound in self.bounds.items())
        context = {"value": shown(end), "allowed": allowed, "nearest": ""}
        return PydanticCustomError("ramp_end", "{value} is out of range", context)


def _plain(number: Any) -> Any:
    return number.plain() if isinstance(number, Ramp) else number


def _from_short_form(text: str) -> dict[str, Any]:
    """'2e-4:5e-5:10:cosine' as the mapping that it stands for. Raises the validation error for any other text."""
    ends, rest = text.split(":")[:2], text.split(":")[2:]
    words: dict[str, Any] = {}
    if rest and rest[-1] in SHAPES:
        words["shape"] = rest.pop()
    try:
        words |= dict(zip(("from", "to", "over"), map(float, [*ends, *rest]), strict=False))
    except ValueError:
        raise _no_number(text) from None
    if len(ends) != 2 or len(rest) > 1:
        raise _no_number(text)
    return words


def _no_number(value: object) -> PydanticCustomError:
    allowed = f"a number, or a ramp: {{from: .., to: ..}}, also written {SHORT_FORM}"
    context = {"value": shown(value), "allowed": allowed, "nearest": ""}
    return PydanticCustomError("no_number", "{value} is no number", context)
