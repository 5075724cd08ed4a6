"""Sessions that train nothing."""

import optuna
import pytest

from tests.ablations.search.searches import SearchSession


@pytest.fixture
def sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    """`open_session` gives a SearchSession."""
    monkeypatch.setattr("ablations.execution.session.Session", SearchSession)
    monkeypatch.setattr(SearchSession, "kept", optuna.storages.InMemoryStorage())
