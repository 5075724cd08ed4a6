"""The report: a study's numbers section by section as frozen records, drawn by `figures/` and `page.html.j2`."""
