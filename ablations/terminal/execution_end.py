"""What is printed at the end of an execution."""

from ablations.execution.models import ModelsLogged
from ablations.execution.reuse import reuse_note
from ablations.execution.session import Session
from ablations.results.factor_text import FactorFacts, factor_values
from ablations.search.exploration import Exploration
from ablations.study.arm import Arm
from ablations.study.setting_text import OFF
from ablations.terminal.console import say, show_warnings
from ablations.terminal.leaderboard import show_effects, show_leaderboard
from ablations.terminal.links import show_tracked
from ablations.tracking.model_names import alias_of
from ablations.tracking.state import sync_command
from gan_core.show.undrawn import why_undrawn
from gan_core.warnings_file import warnings_since


def show_outcome(session: Session, stopped: bool) -> None:
    """Print the leaderboard, where everything is, what failed, what is left."""
    progress = session.progress
    show_leaderboard(ranked := session.outputs.leaderboard())
    show_effects(ranked)
    say(f"leaderboard: {session.workspace.leaderboard_csv}")
    if session.workspace.report_html.exists() and session.options.report:
        say(f"report:      {session.workspace.report_html}")
    if session.offline:
        say(f"MLflow:      nothing was sent; to send it: {sync_command(session.workspace.root)}")
    else:
        show_tracked(session.tracking_uri, session.workspace.root)
    if session.exploration is not None:
        _show_search(session, session.exploration)
    if session.provision.reused:
        say(f"{reuse_note(session.provision.reused, progress.count)}; --retrain trains them again")
    if undrawn := [(trial, why) for trial in session.trials if (why := why_undrawn(trial.directory))]:
        trial, why = undrawn[0]
        runs = f"of {trial.name}" if len(undrawn) == 1 else f"of {len(undrawn)} runs, {trial.name} the first,"
        again = f"`python -m gan_core show {trial.directory}` tries again"
        show_warnings([f"the pictures {runs} could not be drawn ({why}); {again}"])
    show_warnings([line for trial in session.trials for line in warnings_since(trial.directory, session.began)])
    for name, reason in progress.failed.items():
        say(f"failed: {name}: {reason}")
    if session.failures.message:
        say(session.failures.message)
    if not progress.is_done:
        left = progress.count - len(progress.done)
        how = "stopped" if stopped else "not done"
        say(f"{how}: {left} of {progress.count} trials are left; the same command goes on")


def _show_search(session: Session, search: Exploration) -> None:
    """Print how much was tried, what was not, which arms are confirmed, and Optuna's importances."""
    trials = sum(own.is_a == "trial" for own in search.suggestions)
    say(f"explored: {len(search.arms)} different arms of {search.plan.explore.arms} in {trials} trials")
    forbidden = [own.reason for own in search.suggestions if own.is_a == "forbidden"]
    for reason in dict.fromkeys(forbidden):
        say(f"suggested {forbidden.count(reason)} times and no arm: {reason}")
    if search.explored.gave_up:
        show_warnings([f"the search ended early: {search.explored.gave_up}"])
    if search.explored.chosen is not None:
        say(f"confirmed on fresh seeds: {', '.join(search.explored.chosen) or 'none, for no explored arm has a FID'}")
        for arm in search.arms:
            if arm.name in search.explored.chosen and (values := _searched(arm)):
                say(f"  {arm.name}: {values}")
    if not search.suggestions:
        return
    from ablations.search.importances import importances  # Optuna: a second to import

    if shares := importances(session.storage, session.ledgers.names.get(session.study.name, session.study.name)):
        words = ", ".join(f"{name} {100 * share:.0f} %" for name, share in shares.items())
        say(f"Optuna's importances, shares of what varied among the explored trials and no effects: {words}")


def _searched(arm: Arm) -> str:
    """What the search chose for the arm besides tricks: 'dropout.p 0.2, lr_d 0.002'; '' where it chose tricks alone."""
    (values,) = factor_values([FactorFacts(arm.factors, arm.config.plain(), arm.searched)])
    return ", ".join(f"{name} {values[name]}" for name in arm.searched if values[name] != OFF)


def show_models(models: ModelsLogged) -> None:
    """Print how many models were logged, and how to load a registered one."""
    if models.arms:
        named = "" if models.register is None else f", models:/{models.register}@{alias_of(models.arms[0])} and so on"
        say(f"models:      {len(models.arms)} logged in MLflow, each arm's best generator{named}; docs/models.md")
