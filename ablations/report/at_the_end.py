"""The page that a study's execution writes at its end, without ever standing in the way of its results."""

from ablations.workspace import Workspace


def write_at_the_end(workspace: Workspace) -> str:
    """Write the study's page. '' or, whatever went wrong, what to tell: the results are on disk, and stay right."""
    try:
        from ablations.report.write import write_report

        write_report([workspace.root], workspace.report_html)
    except Exception as error:  # a mistake of the drawing's must not fail what took hours
        workspace.report_html.unlink(missing_ok=True)  # an older one would be taken for this one's
        return f"no report was written ({type(error).__name__}: {error}); `report {workspace.root}` tries again"
    return ""
