"""What can be read off an event: whether an end is a result, and the FID of an evaluation."""

import math

import pytest

from gan_core.events import ENDS, RESULTS, End, Evaluated, Finished, Saved, Score, has_result


def saved(seq: int) -> Saved:
    return Saved(seq=seq, time=1.0, step=1, images=8, wall_s=0.5, path="checkpoint.pt")


def finished(status: End) -> Finished:
    return Finished(seq=1, time=1.0, step=1, images=8, wall_s=0.5, status=status)


def evaluated(**values: float) -> Evaluated:
    scores = tuple(
        Score(metric=metric, name=f"{metric}1k", value=value, stamp="s", protocol={})
        for metric, value in values.items()
    )
    return Evaluated(
        seq=0,
        time=1.0,
        step=1,
        images=8,
        wall_s=0.5,
        of="best",
        generator_images=8,
        generator_wall_s=0.5,
        scores=scores,
        seconds=0.1,
    )


@pytest.mark.parametrize(
    ("status", "is_result"), [("finished", True), ("diverged", True), ("pruned", True), ("failed", False)]
)
def test_what_failed_is_no_result(status: End, is_result: bool) -> None:
    assert finished(status).is_result is is_result
    assert has_result([saved(0), finished(status)]) is is_result


def test_every_end_is_a_result_or_is_tried_again() -> None:
    assert set(ENDS) == {*RESULTS, "failed"}


def test_a_result_stands_at_the_end() -> None:
    assert not has_result([])
    assert not has_result([saved(0)])
    assert not has_result([finished("finished"), saved(2)])  # it goes on


def test_the_fid_of_an_evaluation() -> None:
    event = evaluated(**{"is": 2.0, "fid": 31.5})
    assert event.fid == 31.5
    score = event.score("is")
    assert score is not None
    assert score.value == 2.0
    assert event.score("kid") is None
    assert evaluated(kid=1.0).fid is None
    assert evaluated().fid is None
    assert math.isnan(evaluated(fid=math.nan).fid or 0.0)
