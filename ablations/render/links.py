"""Where the MLflow UI shows a study well."""

from collections.abc import Callable

from ablations.render.console import say


def show_links(address: Callable[..., str], base: str, experiment_id: str | None) -> None:
    """Where MLflow's UI shows the study well."""
    if experiment_id is None:
        say(f"{base} (nothing has been tracked yet)")
        return
    say(f"runs grouped by arm:  {address(base, experiment_id, 'arms')}")
    say(f"every trial:          {address(base, experiment_id, 'trials')}")
    say("Ctrl-C stops the server.")
