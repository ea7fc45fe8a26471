"""Slack's own client, against a Slack of our own on loopback."""

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest

from chatloop.connectors.slack.posting import poster

pytest.importorskip("slack_sdk")


class Slack(BaseHTTPRequestHandler):
    seen: list[tuple[str, str, dict[str, Any]]]
    says: dict[str, Any]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        fields = json.loads(body) if body.startswith("{") else parse_qs(body)
        self.seen.append((self.path, self.headers["Authorization"], fields))
        said = json.dumps(self.says).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def slack() -> Iterator[tuple[type[Slack], str]]:
    handler = type("Handler", (Slack,), {"seen": [], "says": {"ok": True, "ts": "99.01"}})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield handler, f"http://127.0.0.1:{server.server_port}/api/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.server
@pytest.mark.parametrize("thread", ["17.01", None])
def test_a_message_goes_into_its_thread(slack: Any, thread: str | None) -> None:
    handler, url = slack
    assert asyncio.run(poster("xoxb-1", url)("C1", "On its way.", thread)) == "99.01"
    ((path, token, fields),) = handler.seen
    assert (path, token) == ("/api/chat.postMessage", "Bearer xoxb-1")
    plain = {k: v[0] if isinstance(v, list) else v for k, v in fields.items()}
    assert (plain["channel"], plain["text"]) == ("C1", "On its way.")
    assert plain.get("thread_ts") == thread


@pytest.mark.server
def test_what_slack_refuses_is_an_error(slack: Any) -> None:
    handler, url = slack
    handler.says = {"ok": False, "error": "not_in_channel"}
    with pytest.raises(Exception, match="not_in_channel"):
        asyncio.run(poster("xoxb-1", url)("C1", "x", None))
