"""Requests as other tools send them: HEAD, two lengths, other types, paths that are not here."""

import logging
import socket
import warnings
from collections.abc import Iterator
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

import httpx
import pytest

from chatloop.serve.observe import logs
from tests.serve.fake import FakeModel, serving

pytestmark = pytest.mark.server
CHAT = "/v1/chat/completions"
ASK: dict[str, Any] = {"messages": [{"role": "user", "content": "Hi"}]}


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/v1/models", "/"])
def test_a_probe_may_ask_without_wanting_the_body(http: httpx.Client, path: str) -> None:
    asked, whole = http.head(path), http.get(path)
    assert (asked.status_code, asked.content) == (whole.status_code, b"")
    assert asked.headers["content-length"] == whole.headers["content-length"]


def test_what_only_takes_a_body_takes_no_head(http: httpx.Client) -> None:
    assert http.head(CHAT).status_code == 405


def test_a_body_with_two_lengths_is_refused(http: httpx.Client) -> None:
    at = (http.base_url.host, http.base_url.port or 0)
    heads = f"POST {CHAT} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    lengths = "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
    with socket.create_connection(at, timeout=30) as raw:
        raw.sendall(f"{heads}{lengths}2\r\n{{}}\r\n0\r\n\r\n".encode())
        with HTTPResponse(raw) as answer:  # the body may come after the head
            answer.begin()
            assert b"two_lengths" in answer.read()


@pytest.mark.parametrize(
    "kind", ["text/plain", "text/json", "application/jsonx", "text/plain; x=application/json", ""]
)
def test_another_content_type_is_told_which_one_is_read(http: httpx.Client, kind: str) -> None:
    said = http.post(CHAT, content=b'{"messages": []}', headers={"content-type": kind})
    assert said.status_code == 400
    assert "Content-Type: application/json" in said.json()["error"]["message"]


@pytest.mark.parametrize("body", [b'{"user": "Gr\xfc\xdfe"}', b"\x1f\x8b\x08"])
def test_a_body_in_another_encoding_is_told_which_one_is_read(
    http: httpx.Client, body: bytes
) -> None:
    said = http.post(CHAT, content=body, headers={"content-type": "application/json"})
    assert (said.status_code, said.json()["error"]["code"]) == (400, "invalid_json")
    assert "UTF-8" in said.json()["error"]["message"]


def test_a_part_of_the_api_that_is_not_here_is_named(http: httpx.Client) -> None:
    said = http.post("/v1/responses", json={})
    assert said.status_code == 404
    assert said.json()["error"]["message"].startswith("POST /v1/responses is not served here")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[httpx.Client]:
    origins = ["https://shop.example.org"]
    with (
        serving(tmp_path, FakeModel(), origins=origins) as server,
        httpx.Client(base_url=server.url, timeout=30) as http,
    ):
        yield http


@pytest.mark.parametrize(
    ("origin", "status"), [("https://shop.example.org", 200), ("https://evil.example", 400)]
)
def test_openais_client_in_a_page_that_may_call_is_let_in(
    shop: httpx.Client, origin: str, status: int
) -> None:
    wishes = {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type,x-stainless-arch",
    }
    said = shop.options(CHAT, headers=wishes)
    assert said.status_code == status
    assert ("access-control-allow-origin" in said.headers) == (status == 200)
    assert "access-control-allow-credentials" not in said.headers


def test_a_librarys_warning_is_a_line_without_its_words(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("chatloop.serve", "uvicorn"):
        monkeypatch.setattr(logging.getLogger(name), "handlers", [])
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    logs.log_to_stderr()
    logger = logging.getLogger("chatloop.serve")
    logger.addHandler(caplog.handler)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = logs._warned
        warnings.warn("what somebody wrote", RuntimeWarning, stacklevel=1)
    logger.removeHandler(caplog.handler)
    (record,) = caplog.records
    line = logs.JsonLines().format(record)
    assert "RuntimeWarning" in line
    assert "somebody" not in line
