"""What a study's page holds, for its table of contents."""

from collections.abc import Iterator

from ablations.report.pictures import pictures_of
from ablations.report.study_report import StudyReport


def contents_of(report: StudyReport) -> Iterator[tuple[str, str]]:
    """Anchor and label of each section that is there; of several tables the first one's."""
    for table in report.tables[:1]:
        drawn = {picture.name for picture in pictures_of(table)}
        there = {
            "answer": True,
            "claims": table.claims is not None,
            "effects": "effects" in drawn,
            "rungs": bool(table.rungs),
            "seeds": "seeds" in drawn,
            "curves": "curves-kimg" in drawn,
            "interactions": "interactions" in drawn,
            "search": report.search is not None,
            "samples": table.grids is not None,
            "leaderboard": True,
        }
        for part, is_there in there.items():
            if is_there:
                yield f"{report.name}-1-{part}", part
    for part in ("runs", "design", "configuration", "reproduce"):
        yield f"{report.name}-{part}", part
