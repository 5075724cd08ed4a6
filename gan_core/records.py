"""The base of all frozen records, and text in them that strangers may have written."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict


class Record(BaseModel):
    """Immutable validated data. Constructing one from bad data raises pydantic's ValidationError."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def _printable(text: str) -> str:
    if not text.replace("\n", "").replace("\t", "").isprintable():
        raise ValueError("holds control characters")
    return text


Printable = Annotated[str, AfterValidator(_printable)]  # nothing in it acts on a terminal
