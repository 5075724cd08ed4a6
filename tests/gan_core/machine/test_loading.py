"""While large libraries are imported nothing looks for garbage, and afterwards nothing looks at what they made."""

import gc
import sys
from collections.abc import Iterator

import pytest

from gan_core.machine.loading import REPORTS_LEAKS, loading


@pytest.fixture(autouse=True)
def thawed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delitem(sys.modules, REPORTS_LEAKS, raising=False)
    gc.unfreeze()
    yield
    gc.unfreeze()
    gc.enable()


def test_what_is_loaded_is_left_alone() -> None:
    with loading():
        assert not gc.isenabled()
        made = [[] for _ in range(1000)]  # type: ignore[var-annotated]
    assert gc.isenabled()
    assert gc.get_freeze_count() > len(made)


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    with loading():
        pass
    assert not gc.isenabled()


def test_a_failed_import_leaves_the_collector_on() -> None:
    with pytest.raises(ImportError), loading():
        raise ImportError
    assert gc.isenabled()


def test_a_library_that_reports_leaks_is_not_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, REPORTS_LEAKS, sys)
    with loading():
        pass
    assert gc.get_freeze_count() == 0
