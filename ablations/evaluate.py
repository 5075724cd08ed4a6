"""One evaluation from a user's words: what is scored, under whose protocol, next to which seeds, kept where."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ablations.results.seed_spread import TrainingSpread, training_spread
from ablations.workspace.external_scores import check_name, keep_external
from ablations.workspace.find_run import find_run
from ablations.workspace.workspace import Workspace, find_workspace
from gan_core.problems import Problem, UserError
from gan_core.scoring.evaluate import evaluate
from gan_core.scoring.records import Evaluation
from gan_core.scoring.request import Place, ScoreRequest


@dataclass(frozen=True)
class Question:
    """What a user wants scored. `study`: whose protocol is used; `name`: the name under which the score is kept."""

    subject: str
    runs: Path
    request: ScoreRequest
    place: Place
    study: str | None = None
    name: str | None = None


@dataclass(frozen=True)
class EvaluationAnswer:
    """The scores; for each metric the spread over the training seeds of the same arm; the file they are in."""

    evaluation: Evaluation
    spreads: dict[str, TrainingSpread]
    kept: Path | None

    def plain(self) -> dict[str, Any]:
        """The answer as plain data: what `evaluate --json` prints."""
        spreads = {metric: asdict(spread) for metric, spread in self.spreads.items()}
        return {**self.evaluation.model_dump(), "training_seeds": spreads, "kept": self.kept}


def answer(question: Question) -> EvaluationAnswer:
    """Score it. Raises UserError, before any image is scored, for what can't be found, scored or kept."""
    path = find_subject(question.subject, question.runs)
    request, workspace = question.request, _workspace(question)
    if workspace is not None:
        request = replace(request, like=workspace.record().arms[0].config)
        if question.name is not None:
            check_name(question.name, path, workspace)
    evaluation = evaluate(path, request, question.place)
    kept = None
    if workspace is not None and question.name is not None:
        kept = keep_external(workspace, question.name, evaluation)
    spreads = {
        score.metric: spread
        for score in evaluation.scores
        if evaluation.kind == "run" and (spread := training_spread(path, request.of, score)) is not None
    }
    return EvaluationAnswer(evaluation, spreads, kept)


def find_subject(text: str, runs: Path) -> Path:
    """The path where it exists, else the folder of the run of that name. Raises UserError where there is neither."""
    return Path(text) if Path(text).exists() else find_run(text, runs)


def _workspace(question: Question) -> Workspace | None:
    if question.study is not None:
        return find_workspace(question.study, question.runs)
    if question.name is not None:
        raise UserError(Problem("on which study's leaderboard?", ("as",), allowed="--study STUDY with it"))
    return None
