"""rasa-sdk's own types, where it is installed: what it would send, and what it makes of ours."""

from typing import Any

import pytest

from tests.unit.connectors.fakes import Fake, serve

pytest.importorskip("rasa_sdk")

from rasa_sdk import Tracker
from rasa_sdk.executor import ActionExecutorRunResult, CollectingDispatcher
from rasa_sdk.types import ActionCall

LATEST = {"text": "Where is it?", "intent": {"name": "where"}, "entities": [], "message_id": "m1"}


def call() -> dict[str, Any]:
    event = {"event": "user", "text": "Where is it?", "message_id": "m1", "timestamp": 1.0}
    tracker = Tracker.from_dict(
        {"sender_id": "u1", "latest_message": LATEST, "events": [event], "slots": {}}
    )
    made = ActionCall(
        next_action="chatloop_reply", sender_id="u1", tracker=tracker.current_state(),
        domain={"intents": [], "actions": []}, version="3.6.21",
    )  # fmt: skip
    return dict(made)


def test_an_action_call_of_rasa_sdk_is_answered_as_rasa_sdk_would() -> None:
    fake = Fake()
    said = serve("rasa", fake).post("/rasa/webhook", json=call())

    result = ActionExecutorRunResult.model_validate(said.json())
    assert result.responses[0]["text"] == "On its way."
    dispatcher = CollectingDispatcher()
    dispatcher.utter_message(text="On its way.")
    assert result.responses == dispatcher.messages
    assert fake.asked[0][4] == "m1"
