"""What an operator has: probes, figures, documents, commands, traces."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from chatloop.cli import app
from chatloop.errors import UserError
from chatloop.serve.observe.traces import ASKED_BY, Traces, traces
from chatloop.serve.starting import listen
from tests.serve.fake import ROOT, FakeModel, serving

pytestmark = pytest.mark.server
ASK: dict[str, Any] = {"messages": [{"role": "user", "content": "Where is it?"}]}


def test_it_is_ready_with_the_version_that_answers(http: httpx.Client) -> None:
    assert http.get("/healthz").json() == {"status": "ok"}
    assert http.get("/readyz").json() == {"status": "ok", "model": "chatloop@3", "store": "ok"}


def test_answers_are_counted_and_timed(tmp_path: Path) -> None:
    with (
        serving(tmp_path, FakeModel()) as server,
        httpx.Client(base_url=server.url, timeout=30) as http,
    ):
        http.post("/v1/chat/completions", json=ASK)
        http.post("/v1/chat/completions", json={**ASK, "n": 99})
        page = http.get("/metrics").text
    for line in (
        'chatloop_requests_total{route="/v1/chat/completions",status="200"} 1.0',
        'chatloop_requests_total{route="/v1/chat/completions",status="400"} 1.0',
        'chatloop_tokens_total{kind="completion",version="3"} 8.0',
        'chatloop_refusals_total{reason="too_many_choices"} 1.0',
        "chatloop_first_token_seconds_count 1.0",
        "chatloop_in_flight 0.0",
        "chatloop_waiting 0.0",
    ):
        assert line in page


def test_the_documents_need_nobody_elses_servers(http: httpx.Client) -> None:
    page = http.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "POST /v1/chat/completions" in page.text
    assert "presence_penalty" in page.text
    assert "http" not in page.text.replace("http-equiv", "")
    assert "<script" not in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")


def test_an_address_that_is_taken_is_one_line() -> None:
    with listen("127.0.0.1", 0) as taken, pytest.raises(UserError, match="--port"):
        listen("127.0.0.1", taken.getsockname()[1])


def test_keys_are_made_listed_and_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("params.yaml", "dvc.yaml"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    monkeypatch.chdir(tmp_path)
    run = CliRunner().invoke

    made = run(app, ["keys", "add", "website"])
    key = made.stdout.strip()
    assert key.startswith("cl-")
    assert "website" in run(app, ["keys", "list"]).stdout
    assert key not in (tmp_path / "data" / "store" / "keys.json").read_text()
    assert "is revoked" in run(app, ["keys", "revoke", "website"]).stdout
    assert run(app, ["keys", "list"]).stdout == ""
    for wrong in (["keys", "revoke", "website"], ["keys", "add"]):
        assert isinstance(run(app, wrong).exception, UserError)


def test_traces_are_sent_nowhere_unless_the_environment_names_a_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ASKED_BY:
        monkeypatch.delenv(name, raising=False)
    with traces().span("request", {}) as span:
        span.set_attribute("chatloop.version", "3")


def test_a_span_is_a_child_of_the_callers_and_has_no_text() -> None:
    sdk = pytest.importorskip("opentelemetry.sdk.trace")
    exports = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")
    processor = pytest.importorskip("opentelemetry.sdk.trace.export").SimpleSpanProcessor
    kept, provider = exports.InMemorySpanExporter(), sdk.TracerProvider()
    provider.add_span_processor(processor(kept))
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    with Traces(provider.get_tracer("t")).span("POST request", {"traceparent": parent}) as span:
        span.set_attribute("chatloop.status", 200)

    (found,) = kept.get_finished_spans()
    assert found.parent.trace_id == 0x0AF7651916CD43DD8448EB211C80319C
    assert json.dumps(dict(found.attributes)) == '{"chatloop.status": 200}'
