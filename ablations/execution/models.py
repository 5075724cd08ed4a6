"""The models of a study at the end of an execution: after everything else, so that they can make nothing fail."""

from dataclasses import dataclass

from ablations.execution.progress import OnStep
from ablations.execution.session import Session
from ablations.results.best_generators import not_logged
from ablations.tracking.state import sync_command
from gan_core.problems import UserError


@dataclass(frozen=True)
class ModelsLogged:
    """The arms whose model was logged now, and the registered model whose versions they became, if any."""

    arms: tuple[str, ...] = ()
    register: str | None = None


def log_missing_models(session: Session, on_step: OnStep) -> ModelsLogged:
    """Log each arm's best generator that the store lacks, and register it, where the options want that.

    Nothing happens where MLflow does not have the runs yet: `sync` will send both. Why some could not be logged is
    added to the session's warnings.
    """
    options, root, uri = session.options, session.workspace.root, session.tracking_uri
    if not options.models or session.offline or not session.has_sent_all:
        return ModelsLogged()
    try:
        best = not_logged(root, uri, options.register)
    except UserError as error:
        session.warnings.append(f"no best generator was logged: {error}")
        return ModelsLogged()
    if not best:
        return ModelsLogged()
    from ablations.tracking.mlflow.models import log_models
    from ablations.tracking.mlflow.store import open_store

    on_step(f"logging each arm's best generator as a model in MLflow: {len(best)}")
    logged, problems = [], []
    try:
        store = open_store(
            uri, session.study.name, None if options.tracking_uri else session.workspace.mlartifacts, root
        )
        for one in log_models(store, root, best, options.register, here=options.executor == "inline"):
            if one.problem:
                problems.append(f"{one.arm}: {one.problem}")
            else:
                logged.append(one.arm)
    except UserError as error:
        problems.append(str(error))
    except KeyboardInterrupt:
        problems.append("stopped")
    if problems:
        count = f"{len(best) - len(logged)} of {len(best)} best generators are no models in MLflow"
        session.warnings.append(f"{count} ({problems[0]}); to log them: {sync_command(root)}")
    return ModelsLogged(tuple(logged), options.register)
