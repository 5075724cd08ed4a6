"""A small HTTP proxy before a server, whose mood a test can change: the network's bad days."""

import http.client
import json
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal
from urllib.parse import urlsplit

Mood = Literal["fine", "down", "slow", "lossy", "500", "403"]
SLOW_S = 3.0
HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}


class Proxy:
    """Passes requests on to `target`, or does what its mood says; counts them by mood.

    'down' closes the connection unheard, 'slow' waits before it passes a request on, 'lossy' passes it on and loses the
    answer, '500' and '403' answer so.
    """

    def __init__(self, target: str) -> None:
        self.target, self.mood = urlsplit(target), "fine"
        self.asked: Counter[str] = Counter()
        self.batches: Counter[str] = Counter()  # requests with metrics that were passed on, by run
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        """Where clients find it."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                mood = proxy.mood
                proxy.asked[mood] += 1
                self.close_connection = True
                if mood == "down":
                    return
                if mood in ("500", "403"):
                    self.answer(int(mood), b'{"message": "no"}', {"Content-Type": "application/json"})
                    return
                if mood == "slow":
                    time.sleep(SLOW_S)
                if b'"metrics"' in body and self.path.endswith("log-batch"):
                    proxy.batches[json.loads(body)["run_id"]] += 1
                try:
                    status, content, headers = proxy.forward(self.command, self.path, body, dict(self.headers))
                except OSError:
                    return  # the server is away: so are we
                if mood != "lossy":
                    self.answer(status, content, headers)

            def answer(self, status: int, content: bytes, headers: dict[str, str]) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    if name.lower() not in HOP:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:
                return

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815

        return Handler

    def forward(
        self, method: str, path: str, body: bytes, headers: dict[str, str]
    ) -> tuple[int, bytes, dict[str, str]]:
        """The server's answer. Raises OSError if it is away."""
        connection = http.client.HTTPConnection(self.target.hostname or "", self.target.port, timeout=30)
        try:
            kept = {name: value for name, value in headers.items() if name.lower() not in HOP}
            connection.request(method, path, body, kept)
            answer = connection.getresponse()
            return answer.status, answer.read(), dict(answer.getheaders())
        except http.client.HTTPException as error:
            raise OSError(str(error)) from error
        finally:
            connection.close()
