"""Every wrong field is a 400 in OpenAI's shape that names it."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.serve.fake import FakeModel, serving

pytestmark = pytest.mark.server
CHAT = "/v1/chat/completions"
USER = [{"role": "user", "content": "Hi"}]


def error(said: httpx.Response) -> dict[str, Any]:
    body = said.json()["error"]
    assert set(body) == {"message", "type", "param", "code"}
    return dict(body)


@pytest.mark.parametrize(
    ("field", "value", "param"),
    [
        ("messages", None, "messages"),
        ("messages", [], "messages"),
        ("messages", "Hi", "messages"),
        ("messages", USER * 257, "messages"),
        ("messages", [{"role": "king", "content": "Hi"}], "messages[0].role"),
        ("messages", [{"role": "user"}], "messages[0].content"),
        ("messages", [{"role": "user", "content": 3}], "messages[0].content"),
        ("messages", [{"role": "user", "content": []}], "messages[0].content"),
        ("messages", [{"role": "user", "content": [{"type": "text"}]}], "messages[0].content"),
        ("messages", [*USER, {"role": "user", "content": "\ud800"}], "messages[1].content"),
        ("temperature", 2.1, "temperature"),
        ("temperature", "0.5", "temperature"),
        ("temperature", True, "temperature"),
        ("top_p", -0.1, "top_p"),
        ("top_k", 1.5, "top_k"),
        ("min_p", 2, "min_p"),
        ("presence_penalty", 3, "presence_penalty"),
        ("frequency_penalty", -3, "frequency_penalty"),
        ("repetition_penalty", 0, "repetition_penalty"),
        ("logit_bias", {"word": 1}, "logit_bias"),
        ("logit_bias", {"5": 101}, "logit_bias.5"),
        ("seed", 1e300, "seed"),
        ("n", 0, "n"),
        ("n", 9, "n"),
        ("max_tokens", 0, "max_tokens"),
        ("max_tokens", 4097, "max_tokens"),
        ("max_completion_tokens", -1, "max_completion_tokens"),
        ("stop", ["a", "b", "c", "d", "e"], "stop"),
        ("stop", [""], "stop[0]"),
        ("stop", 3, "stop"),
        ("top_logprobs", 2, "top_logprobs"),
        ("top_logprobs", 21, "top_logprobs"),
        ("stream_options", {"include_usage": True}, "stream_options"),
        ("metadata", {"a": 1}, "metadata.a"),
        ("model", 3, "model"),
        ("truncation", "left", "truncation"),
        ("tempreature", 1, "tempreature"),
    ],
)
def test_a_wrong_field_is_named(http: httpx.Client, field: str, value: Any, param: str) -> None:
    import json

    said = http.post(
        CHAT,
        content=json.dumps({"messages": USER, field: value}),
        headers={"content-type": "application/json"},
    )
    assert said.status_code == 400
    assert error(said)["param"] == param
    assert error(said)["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"tools": [{"type": "function"}]}, "tools"),
        ({"tool_choice": "auto"}, "tool_choice"),
        ({"functions": [{}]}, "functions"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"audio": {"voice": "alloy"}}, "audio"),
        ({"modalities": ["text", "audio"]}, "modalities"),
        ({"prediction": {"type": "content"}}, "prediction"),
        ({"reasoning_effort": "high"}, "reasoning_effort"),
        ({"messages": [{"role": "tool", "content": "4", "tool_call_id": "x"}]}, "messages[0].role"),
        ({"messages": [{**USER[0], "name": "Anna"}]}, "messages[0].name"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]},
            "messages[0].content",
        ),
    ],
)
def test_what_is_not_supported_is_refused_by_name(
    http: httpx.Client, body: dict[str, Any], param: str
) -> None:
    said = http.post(CHAT, json={"messages": USER, **body})
    assert said.status_code == 400
    assert (error(said)["param"], error(said)["code"]) == (param, "unsupported_parameter")


def test_what_asks_for_nothing_is_let_through(http: httpx.Client) -> None:
    nothing = {
        "tools": None, "tool_choice": "none", "response_format": {"type": "text"},
        "modalities": ["text"], "audio": None, "service_tier": "auto", "functions": [],
    }  # fmt: skip
    assert http.post(CHAT, json={"messages": USER, **nothing}).status_code == 200


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"3", b"null", b'"x"', b"[" * 100_000, b"\xff"])
def test_a_body_that_is_no_object_is_refused(http: httpx.Client, body: bytes) -> None:
    said = http.post(CHAT, content=body, headers={"content-type": "application/json"})
    assert said.status_code == 400
    assert error(said)["type"] == "invalid_request_error"
    assert error(said)["code"] in ("invalid_json", "invalid_body")


def test_a_page_of_another_site_cannot_post_without_asking_first(http: httpx.Client) -> None:
    plain = http.post(CHAT, content=b'{"messages": []}', headers={"content-type": "text/plain"})
    assert plain.status_code == 400
    assert "Content-Type: application/json" in error(plain)["message"]
    asked = http.options(
        CHAT, headers={"origin": "https://evil.example", "access-control-request-method": "POST"}
    )
    assert "access-control-allow-origin" not in asked.headers


def test_an_unknown_model_and_an_unknown_path_are_404(http: httpx.Client) -> None:
    said = http.post(CHAT, json={"model": "gpt-4", "messages": USER})
    assert (said.status_code, error(said)["code"]) == (404, "model_not_found")
    assert error(http.get("/v1/nothing"))["type"] == "invalid_request_error"
    assert http.get(CHAT).status_code == 405


def test_without_a_champion_the_server_says_what_to_run(tmp_path: Path) -> None:
    with serving(tmp_path) as server, httpx.Client(base_url=server.url, timeout=30) as http:
        said = http.post(CHAT, json={"messages": USER})
        assert said.status_code == 503
        assert "chatloop run" in error(said)["message"]
        ready = http.get("/readyz")
        assert ready.status_code == 503
        assert "chatloop run" in ready.json()["reason"]
        assert http.get("/healthz").status_code == 200
        assert http.get("/v1/models").json()["data"] == []


def test_a_model_that_breaks_is_an_error_and_not_the_end(tmp_path: Path) -> None:
    model = FakeModel()
    model.breaks = RuntimeError(f"it said: {USER[0]['content']}")
    with serving(tmp_path, model) as server, httpx.Client(base_url=server.url, timeout=30) as http:
        said = http.post(CHAT, json={"messages": USER})
        assert (said.status_code, error(said)["code"]) == (500, "internal_error")
        assert "Hi" not in said.text

        model.breaks_after = 2
        streamed = http.post(CHAT, json={"messages": USER, "stream": True}).text
        assert '"error"' in streamed.split("data: ")[-1]
        assert "[DONE]" not in streamed

        model.breaks = None
        assert http.post(CHAT, json={"messages": USER}).status_code == 200
