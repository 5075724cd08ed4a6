"""The end of an execution as plain data: what `run --json` prints. Every field is in docs/json.md."""

from typing import Any

from ablations.addresses import without_passwords
from ablations.execution.session import Session
from ablations.leaderboard import content_of


def run_content(session: Session, stopped: bool) -> dict[str, Any]:
    """How far the study is, what failed, where everything lies, and the leaderboard."""
    progress, workspace = session.progress, session.workspace
    has_report = session.options.report and workspace.report_html.exists()
    return {
        "study": session.study.name,
        "folder": workspace.root.absolute(),
        "state": "done" if progress.is_done else "stopped" if stopped else "not done",
        "trials": {
            "total": progress.count,
            "done": len(progress.done),
            "left": progress.count - len(progress.done),
            "of_other_studies": len(session.provision.reused),
        },
        "failed": progress.failed,
        "warnings": list(dict.fromkeys(session.warnings)),
        "tracking_uri": None if session.offline else without_passwords(session.tracking_uri),
        "report": workspace.report_html.absolute() if has_report else None,
        "leaderboard": content_of(session.outputs.leaderboard()),
    }
