"""From pydantic's errors to our problems, with what is allowed and the nearest name."""

from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from gan_core.problems import Problem, nearest_name, shown

_IN_WORDS = {"a valid boolean": "true or false", "a valid integer": "a whole number", "a valid number": "a number"}
_BOUNDS = {"gt": "> {}", "ge": ">= {}", "lt": "< {}", "le": "<= {}"}


def problems_of(error: ValidationError, model: type[BaseModel], prefix: tuple[str | int, ...] = ()) -> list[Problem]:
    """One problem for each error of validating data into `model`; `prefix` is put before every path."""
    return [_problem(details, model, prefix) for details in error.errors(include_url=False)]


def _problem(details: ErrorDetails, model: type[BaseModel], prefix: tuple[str | int, ...]) -> Problem:
    where, context = (*prefix, *details["loc"]), details.get("ctx", {})
    kind, value = details["type"], details["input"]
    if kind == "extra_forbidden":
        fields = _model_at(model, details["loc"][:-1]).model_fields
        known = [field.alias or name for name, field in fields.items()]
        name = str(details["loc"][-1])
        return Problem(f"no setting is called {shown(name)}", where, ", ".join(known), nearest_name(name, known))
    if kind == "missing":
        return Problem("missing", where)
    if "allowed" in context:  # an error of our own
        return Problem(details["msg"], where, str(context["allowed"]), str(context["nearest"]))
    if kind == "literal_error":
        levels = str(context["expected"])
        names = [level.strip("'") for level in levels.replace(" or ", ", ").split(", ")]
        return Problem(
            f"{shown(value)} is none of the levels", where, ", ".join(names), nearest_name(str(value), names)
        )
    if bounds := [text.format(context[name]) for name, text in _BOUNDS.items() if name in context]:
        return Problem(f"{shown(value)} is out of range", where, _all_bounds(model, details["loc"]) or bounds[0])
    message = details["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    message = _IN_WORDS.get(message, message)
    return (
        Problem(f"{shown(value)} is not right", where, message)
        if message != details["msg"]
        else Problem(message, where)
    )


def _all_bounds(model: type[BaseModel], loc: tuple[str | int, ...]) -> str:
    """Every bound of the field, and not only the one that was broken."""
    field = _model_at(model, loc[:-1]).model_fields.get(str(loc[-1]))
    if field is None:
        return ""
    bounds = [(name, getattr(m, name)) for m in field.metadata for name in _BOUNDS if hasattr(m, name)]
    return " and ".join(_BOUNDS[name].format(value) for name, value in bounds)


def _model_at(model: type[BaseModel], loc: tuple[str | int, ...]) -> type[BaseModel]:
    for key in loc:
        field = model.model_fields.get(str(key))
        if field is not None and (inner := _model_in(field.annotation)) is not None:
            model = inner
    return model


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The record type inside `Record`, `Record | None`, `tuple[Record, ...]` or `dict[str, Record]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) is not None or get_origin(annotation) is Union:
        return next((m for a in get_args(annotation) if (m := _model_in(a)) is not None), None)
    return None
