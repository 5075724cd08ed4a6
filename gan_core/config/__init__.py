"""What may be set, and what it means: `resolve` turns the user's words into the record of a run."""

from gan_core.config.compatibility import broken_rules as broken_rules
from gan_core.config.translate import resolve as resolve
from gan_core.schema.configuration import Config as Config
