"""The page that a study's execution writes at its end, without ever standing in the way of its results."""

import shutil

from ablations.workspace import Workspace


def write_at_the_end(workspace: Workspace) -> str:
    """Write the study's page and figures. '' or, whatever went wrong, what to tell: the results stay right."""
    shutil.rmtree(workspace.figures, ignore_errors=True)
    try:
        from ablations.report.write import write_figures, write_report

        reports = write_report([workspace.root], workspace.report_html)
        write_figures(reports, workspace.figures, ("svg",))
    except Exception as error:  # a mistake of the drawing's must not fail what took hours
        workspace.report_html.unlink(missing_ok=True)  # an older one, or a part, would be taken for this one's
        shutil.rmtree(workspace.figures, ignore_errors=True)
        return f"no report was written ({type(error).__name__}: {error}); `report {workspace.root}` tries again"
    return ""
