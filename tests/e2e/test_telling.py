"""People are told through blocks that a real Prefect server keeps; the receivers are on loopback."""

import json
import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from prefect.blocks.notifications import CustomWebhookNotificationBlock, SlackWebhook

from chatloop.monitoring.news import News
from chatloop.params.operating import NotifyParams
from flows.operating.mail import MailServer
from flows.operating.telling import report_link, tell

pytestmark = pytest.mark.server
NEWS = News(
    "chatloop", "promoted", 4, ("beats version 3 by 0.0210 bits per byte",),
    ("sources: 1 file changed",), (("Report", "https://mlflow.example/run"),),
)  # fmt: skip
ANSWERS = {"DATA": b"354 go on", "QUIT": b"221 bye"}  # of SMTP, besides "250 ok"
SECRET = "token-that-nobody-may-read"


@pytest.fixture
def webhook() -> Iterator[tuple[str, list[str]]]:
    """Address of a receiver, and what it received; paths that end in /broken get 500."""
    heard: list[str] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(500 if self.path.endswith("/broken") else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", heard
        server.shutdown()


@pytest.fixture
def mailbox() -> Iterator[tuple[int, list[str]]]:
    """Port of an SMTP server that takes every mail, and the lines that it took."""
    lines: list[str] = []

    class Mailbox(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            writing = False
            for raw in self.rfile:
                line = raw.decode().rstrip("\r\n")
                if writing:
                    lines.append(line)
                    writing = line != "."
                if not writing:
                    answer = ANSWERS.get(line.upper(), b"250 ok")
                    writing = answer.startswith(b"354")
                    self.wfile.write(answer + b"\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mailbox) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1], lines
        server.shutdown()


def params(*blocks: str, **more: Any) -> NotifyParams:
    given = {"blocks": list(blocks), "outcomes": ["promoted", "failed"], "report": None}
    return NotifyParams.model_validate(given | more)


def hook(url: str, name: str) -> None:
    body = {"title": "{{subject}}", "text": "{{body}}"}
    block: Any = CustomWebhookNotificationBlock(name=name, url=url, json_data=body)
    block.save(name, overwrite=True)


def test_webhook_slack_and_mail_hear_the_verdict_the_report_and_the_way_back(
    server: str,
    webhook: tuple[str, list[str]],
    mailbox: tuple[int, list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (url, heard), (port, mail) = webhook, mailbox
    hook(url, "ops")
    slack: Any = SlackWebhook(url=url.replace("http://", "json://"))
    slack.save("team", overwrite=True)
    box: Any = MailServer(
        host="127.0.0.1", port=port, encrypted=False, sender="loop@here", to=["a@there", "b@there"]
    )
    box.save("team", overwrite=True)
    monkeypatch.setenv("CHATLOOP_NOTIFY", "mail-server/team, custom-webhook/ops")

    said = tell(params("custom-webhook/ops", "slack-webhook/team"), NEWS)

    assert said == [
        "custom-webhook/ops was told",
        "slack-webhook/team was told",
        "mail-server/team was told",
    ]
    assert json.loads(heard[0])["title"] == "chatloop: version 4 is promoted"
    for message in (*heard, "\n".join(mail)):
        assert "beats version 3" in message
        assert "Because sources: 1 file changed" in message
        assert "https://mlflow.example/run" in message
        assert "chatloop rollback" in message
    assert "To: a@there, b@there" in mail


def test_a_block_that_fails_or_is_missing_is_a_warning_without_its_secret(
    server: str, webhook: tuple[str, list[str]], mailbox: tuple[int, list[str]]
) -> None:
    url, heard = webhook
    hook(f"{url}/{SECRET}/broken", "broken")
    hook("http://127.0.0.1:9/" + SECRET, "away")
    hook(url, "ops")
    said = tell(
        params(
            "custom-webhook/broken",
            "custom-webhook/away",
            "custom-webhook/no",
            "custom-webhook/ops",
        ),
        NEWS,
    )
    assert said[0] == "warning: custom-webhook/broken was not told (HTTPStatusError, HTTP 500)"
    assert said[1] == "warning: custom-webhook/away was not told (ConnectError)"
    assert "prefect block ls" in said[2]
    assert said[3] == "custom-webhook/ops was told"
    assert SECRET not in "".join(said)
    assert len(heard) == 2


def test_an_outcome_that_nobody_wants_to_hear_of_asks_no_server() -> None:
    assert tell(params("custom-webhook/ops"), News("chatloop", "held", 4)) == []


def test_the_report_is_where_params_say_or_mlflows_page_or_the_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://mlflow:5000")
    assert report_link(params(report="https://x/{run_id}/{version}"), "3f", 4) == "https://x/3f/4"
    assert report_link(params(), "3f", 4).startswith("http://mlflow:5000/#/experiments/")
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    assert report_link(params(), "3f", 4).startswith("file:///")
