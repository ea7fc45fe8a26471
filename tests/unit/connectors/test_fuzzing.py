"""Whatever JSON comes in, every webhook answers, and never with a 5xx."""

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatloop.connectors.slack import routed
from tests.unit.connectors.fakes import Fake, client_of, serve, setting_of

KEYS = [
    "session", "sessionInfo", "queryResult", "queryText", "outputContexts", "name", "text",
    "languageCode", "responseId", "answerFeedback", "rating", "interactions", "tracker", "events",
    "event", "latest_message", "message_id", "sender_id", "entities", "slots", "next_action",
    "sender", "message", "metadata", "type", "event_id", "user", "channel", "channel_type", "ts",
    "item", "reaction", "authorizations", "user_id", "team_id", "challenge",
]  # fmt: skip
WORDS = [
    "user", "bot", "rewind", "restart", "chatloop_reply", "chatloop_feedback", "chatloop_wait",
    "event_callback", "url_verification", "app_mention", "message", "reaction_added", "im", "up",
    "+1", "THUMBS_UP", "<@U1>", "/greet", "\ud800", "\0", "",
]  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4)
    | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
    max_leaves=24,
)  # fmt: skip
BODIES = st.dictionaries(st.sampled_from(KEYS), VALUES, min_size=1, max_size=10)


async def post(channel: str, said: str, thread: str | None) -> str:
    return "99.01"


CLIENTS: dict[str, TestClient] = {
    "/rasa/nlg": serve("rasa", Fake()),
    "/rasa/webhook": serve("rasa", Fake()),
    "/webhooks/rest/webhook": serve("rasa", Fake()),
    "/dialogflow/es": serve("dialogflow_es", Fake()),
    "/dialogflow/cx": serve("dialogflow_cx", Fake()),
    "/dialogflow/cx/feedback": serve("dialogflow_cx", Fake()),
    "/slack/events": client_of(routed(setting_of("slack", Fake()), post)),
}


@pytest.mark.parametrize("path", CLIENTS)
@given(body=BODIES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_body_is_answered_or_refused(path: str, body: dict[str, Any]) -> None:
    said = CLIENTS[path].post(path, content=json.dumps(body))
    assert said.status_code < 500
    assert isinstance(said.json(), dict | list)
