"""Against a server of the standard library that answers as MLflow does: by account and Host header."""

import base64
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ablations.server.check import trouble_with

RIGHT = "Basic " + base64.b64encode(b"admin:secret").decode()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/health":
            self.send_response(200)
        elif not (self.headers["Host"] or "").startswith("localhost:"):
            self.send_response(403, "Invalid Host header")
        else:
            self.send_response(200 if self.headers["Authorization"] == RIGHT else 401)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_a_client_with_an_account_is_let_in(port: int) -> None:
    assert trouble_with(f"http://localhost:{port}", {"MLFLOW_AUTH_ADMIN_PASSWORD": "secret"}) == ""
    client = {"MLFLOW_TRACKING_USERNAME": "admin", "MLFLOW_TRACKING_PASSWORD": "secret"}
    assert trouble_with(f"http://localhost:{port}", client) == ""


def test_it_is_not_healthy_where_a_client_is_refused(port: int) -> None:
    account = {"MLFLOW_AUTH_ADMIN_PASSWORD": "secret"}
    assert "403 Invalid Host header" in trouble_with(f"http://127.0.0.1:{port}", account)
    assert "401" in trouble_with(f"http://localhost:{port}", {"MLFLOW_AUTH_ADMIN_PASSWORD": "wrong"})
    assert "401" in trouble_with(f"http://localhost:{port}", {})


def test_nobody_there(port: int) -> None:
    assert "does not answer" in trouble_with("http://localhost:9", {})
