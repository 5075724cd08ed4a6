from pathlib import Path

import pytest

from ablations.server.settings import ServerSettings
from gan_core.problems import UserError


def test_without_postgresql_everything_lies_in_the_folder(tmp_path: Path) -> None:
    settings = ServerSettings(tmp_path)
    assert settings.mlflow_uri == f"sqlite:///{tmp_path}/mlflow.db"
    assert settings.optuna_uri == f"sqlite:///{tmp_path}/optuna.db"
    assert settings.artifacts_uri == f"file://{tmp_path}/artifacts"


def test_postgresql_has_a_database_each(tmp_path: Path) -> None:
    settings = ServerSettings(tmp_path, "postgresql://u:p@db:5432/", "s3://bucket")
    assert settings.mlflow_uri == "postgresql://u:p@db:5432/mlflow"
    assert settings.optuna_uri == "postgresql://u:p@db:5432/optuna"
    assert settings.artifacts_uri == "s3://bucket"


@pytest.mark.parametrize("address", ["mysql://u:p@db", "db:5432", "postgresql://", "postgresql://u:p@db/mlflow"])
def test_what_is_no_postgresql_server_is_refused(address: str, tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        ServerSettings(tmp_path, address)
    assert caught.value.problems[0].where == ("--postgres",)


def test_names_are_answered_at_any_port_and_localhost_always(tmp_path: Path) -> None:
    headers = ServerSettings(tmp_path, allowed_hosts=("mlflow", "lab.example.org:80")).host_headers
    assert {"mlflow", "mlflow:*", "lab.example.org:80", "localhost", "localhost:*"} <= set(headers)
    assert "lab.example.org:*" not in headers
