"""Names of logged and registered models and of aliases, as MLflow takes them."""

import re

from ablations.study.block_names import AT
from gan_core.problems import Problem, UserError

FORBIDDEN = "/:'\"`"  # in a registered model's name: MLflow's own two, and what would end a quotation in its filters


def model_name(arm: str) -> str:
    """The arm's name as MLflow takes it for a logged model: without the dots that numbers bring into a block's name.

    >>> model_name("dropout@mlp-lr_g=0.001")
    'dropout@mlp-lr_g=0-001'
    """
    return arm.replace(".", "-")


def alias_of(arm: str) -> str:
    """The arm's name as MLflow takes it for an alias: without '+' and '@', and never one of its own words.

    >>> alias_of("dropout+ttur"), alias_of("v1"), alias_of("dropout@mlp-lr_g=0.001")
    ('dropout_and_ttur', 'arm-v1', 'dropout_in_mlp-lr_g-0-001')
    """
    alias = re.sub(r"[.=]", "-", arm.replace("+", "_and_").replace(AT, "_in_"))
    return f"arm-{alias}" if alias.lower() == "latest" or re.fullmatch(r"[vV]\d+", alias) else alias


def check_register(name: str | None, *, logged: bool) -> None:
    """Raise UserError where no model can be registered under this name, or none will be `logged`."""
    if name is None:
        return
    if not name.strip() or any(sign in name for sign in FORBIDDEN):
        allowed = f"a name without {' '.join(FORBIDDEN)}"
        raise UserError(Problem(f"{name!r} can't be a registered model's name", ("--register",), allowed))
    if not logged:
        message = "no model is logged now, so none can be registered"
        raise UserError(Problem(message, ("--register",), "without --no-models and --offline; or `sync --register`"))
