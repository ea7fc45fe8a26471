"""Whatever is asked, nothing is a 5xx: schemathesis over the OpenAPI document, and JSON at random."""

import json
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.serve.fake import Server

pytestmark = pytest.mark.server
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20),
    st.sampled_from(["user", "system", "text", "chatloop", "\ud800", "\x00", "9" * 400]),
)  # fmt: skip
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
MESSAGE = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "assistant", "system"]), "content": st.text(max_size=40)}
)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_the_document_is_kept_whatever_is_sent(server: Server, mode: GenerationMode) -> None:
    document = schemathesis.openapi.from_url(f"{server.url}/openapi.json")
    for found in document.get_all_operations():
        operation = found.ok()
        if mode is GenerationMode.NEGATIVE and not operation.body:
            continue  # there is nothing about them that could be wrong

        @given(operation.as_strategy(generation_mode=mode))
        @settings(
            max_examples=10, deadline=None, suppress_health_check=list(HealthCheck), database=None
        )
        def is_kept(case: Any) -> None:
            case.call_and_validate(checks=CHECKS)

        is_kept()


def test_the_document_says_what_is_there(http: httpx.Client) -> None:
    document = http.get("/openapi.json").json()
    assert {
        "/v1/chat/completions", "/v1/completions", "/v1/models", "/v1/feedback",
        "/healthz", "/readyz", "/metrics",
    } <= set(document["paths"])  # fmt: skip
    chat = document["components"]["schemas"]["ChatRequest"]["properties"]
    assert {"temperature", "top_k", "min_p", "repetition_penalty", "truncation"} <= set(chat)


@given(
    st.dictionaries(
        st.sampled_from(
            ["model", "temperature", "top_p", "n", "stop", "logit_bias", "metadata", "stream",
             "stream_options", "tools", "seed", "max_tokens", "logprobs", "top_logprobs", "user", "x"]
        ),
        ANYTHING,
        max_size=5,
    ),
    st.lists(MESSAGE, max_size=4) | ANYTHING,
)  # fmt: skip
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), database=None)
def test_json_at_random_is_answered_or_refused(
    http: httpx.Client, fields: Any, messages: Any
) -> None:
    said = http.post(
        "/v1/chat/completions",
        content=json.dumps({**fields, "messages": messages}),
        headers={"content-type": "application/json"},
    )
    assert said.status_code in (200, 400, 404), said.text
    if said.status_code != 200:
        assert set(said.json()["error"]) == {"message", "type", "param", "code"}
