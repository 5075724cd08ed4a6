"""What the end of a run tells a tracker."""

import pytest

from ablations.tracking.points import end_tags
from gan_core.events import Finished


@pytest.mark.parametrize(("inert", "tag"), [(("ada", "replay"), "ada replay"), ((), "none"), (None, None)], ids=str)
def test_the_end_names_the_tricks_that_never_acted(inert: tuple[str, ...] | None, tag: str | None) -> None:
    end = Finished(seq=0, time=0.0, step=0, images=0, wall_s=0.0, status="finished", inert=inert)
    assert end_tags([end]).get("inert") == tag
