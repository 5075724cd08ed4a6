"""The text of a study's file, as the folder has it."""

from pathlib import Path

from ablations.workspace.execution_record import FILES, FOLDER
from ablations.workspace.workspace import Workspace


def study_text(workspace: Workspace) -> str:
    """The text of `study.yaml`; where that is damaged, of the newest execution's copy; '' where there is none.

    One that is only the beginning of the copy was cut.
    """
    kept = _text_of(workspace.study_yaml)
    copies = sorted(
        workspace.root.glob(f"{FOLDER}/*/{FILES}/*.y*ml"), reverse=True
    )  # their folders begin with the time
    copy = next((text for path in copies if (text := _text_of(path))), "")
    return copy if copy.startswith(kept) else kept


def _text_of(path: Path) -> str:
    """'' for what is no text."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
    return "" if "\0" in text else text
