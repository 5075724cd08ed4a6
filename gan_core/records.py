"""The base of every plain record: frozen, strict, and unknown keys are errors."""

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """Immutable validated data. Constructing one from bad data raises pydantic's ValidationError."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)
