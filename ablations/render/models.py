"""Which generators became models."""

from ablations.best_generators import alias_of
from ablations.model_work import ModelsLogged
from ablations.render.console import say
from ablations.render.problems import show_warnings


def show_models(models: ModelsLogged) -> None:
    """How many, and how to name one that is registered; what went wrong."""
    if models.arms:
        named = "" if models.register is None else f", models:/{models.register}@{alias_of(models.arms[0])} and so on"
        say(f"models:      {len(models.arms)} logged in MLflow, each arm's best generator{named}; docs/models.md")
    if models.complaint:
        show_warnings([models.complaint])
