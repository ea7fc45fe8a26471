"""Rasa: its NLG server, its action server and a look-alike of its REST channel."""

import gzip
import json
import zlib
from typing import Any

import pytest

from chatloop.connectors.in_time import SORRY
from chatloop.conversation import Message
from tests.unit.connectors.fakes import Fake, serve

USER, BOT = "user", "assistant"


def tracker(*events: dict[str, Any], **more: Any) -> dict[str, Any]:
    latest = next((e for e in reversed(events) if e["event"] == "user"), {})
    state = {"sender_id": "u1", "slots": {}, "latest_message": latest, "paused": False}
    return {**state, "events": list(events), "active_loop": {}, **more}


def user(text: str, message_id: str = "m1") -> dict[str, Any]:
    return {"event": "user", "text": text, "message_id": message_id, "parse_data": {}}


def bot(text: str | None) -> dict[str, Any]:
    return {"event": "bot", "text": text, "data": {}, "metadata": {}}


def nlg(state: object) -> dict[str, Any]:
    return {"response": "utter_help", "id": None, "arguments": {}, "tracker": state,
            "channel": {"name": "rest"}}  # fmt: skip


def action(state: object, name: str = "chatloop_reply") -> dict[str, Any]:
    return {
        "next_action": name,
        "sender_id": "u1",
        "tracker": state,
        "domain": {},
        "version": "3.6",
    }


def test_the_text_of_a_response_is_the_models_answer_to_the_tracker() -> None:
    fake = Fake()
    state = tracker(
        user("Hi"), {"event": "action", "name": "x"}, bot("Hello!"), user("Where?", "m2")
    )

    said = serve("rasa", fake).post("/rasa/nlg", json=nlg(state))

    assert said.status_code == 200
    assert said.json() == {
        "text": "On its way.", "buttons": [], "image": None, "elements": [], "attachments": [],
    }  # fmt: skip
    ((session, messages, deadline, source, external_id),) = fake.asked
    assert messages == (Message(USER, "Hi"), Message(BOT, "Hello!"), Message(USER, "Where?"))
    assert (session, source, external_id) == ("rasa:u1", "rasa", "m2")
    assert deadline < 60


@pytest.mark.parametrize(
    ("events", "heard"),
    [
        ((bot("Welcome"), user("a")), ["a"]),
        ((user("a"), bot("b"), bot("c"), user("d")), ["a", "b\nc", "d"]),
        ((user("a"), bot("b"), {"event": "restart"}, user("d")), ["d"]),
        ((user("a"), bot("b"), user("c"), {"event": "rewind"}, user("d")), ["a", "b", "d"]),
        ((user('/greet{"name": "x"}'), bot("b"), user("d")), ["d"]),
        ((user("/greet"),), ["/greet"]),
        ((user("a"), bot("b")), ["a"]),
        ((user("a"), bot(None), user("c")), ["a\nc"]),
        (({"event": "slot", "name": "x"}, 3, user("a")), ["a"]),
    ],
)
def test_of_a_tracker_the_words_count(events: tuple[Any, ...], heard: list[str]) -> None:
    fake = Fake()
    state = {"sender_id": "u1", "events": list(events)}
    assert serve("rasa", fake).post("/rasa/nlg", json=nlg(state)).status_code == 200
    assert [message.content for message in fake.asked[0][1]] == heard


def test_the_latest_message_is_enough() -> None:
    fake = Fake()
    state = {"sender_id": "u1", "latest_message": {"text": "Hi", "message_id": "m9"}}
    serve("rasa", fake).post("/rasa/nlg", json=nlg(state))
    assert fake.asked[0][1] == (Message(USER, "Hi"),)
    assert fake.asked[0][4] == "m9"


@pytest.mark.parametrize("pack", [zlib.compress, gzip.compress, lambda b: zlib.compress(b)[2:-4]])
def test_an_action_call_may_be_deflated(pack: Any) -> None:
    fake = Fake()
    packed = pack(json.dumps(action(tracker(user("Hi")))).encode())
    kind = "gzip" if pack is gzip.compress else "deflate"

    said = serve("rasa", fake).post(
        "/rasa/webhook", content=packed, headers={"Content-Encoding": kind}
    )

    assert said.json()["responses"][0]["text"] == "On its way."
    assert said.json()["events"] == []


def test_a_bomb_is_not_unpacked() -> None:
    packed = zlib.compress(b" " * 50_000_000)
    headers = {"Content-Encoding": "deflate"}
    said = serve("rasa", Fake()).post("/rasa/webhook", content=packed, headers=headers)
    assert said.status_code == 413


def test_an_unknown_action_is_404_in_rasas_own_words() -> None:
    said = serve("rasa", Fake()).post("/rasa/webhook", json=action(tracker(user("x")), "other"))
    assert said.status_code == 404
    assert said.json()["action_name"] == "other"
    assert "chatloop_reply" in said.json()["error"]


def test_a_tracker_without_a_word_is_400_naming_the_action() -> None:
    said = serve("rasa", Fake()).post("/rasa/webhook", json=action(tracker()))
    assert said.status_code == 400
    assert said.json()["action_name"] == "chatloop_reply"


def test_actions_and_health_are_listed() -> None:
    client = serve("rasa", Fake())
    assert {"name": "chatloop_reply"} in client.get("/rasa/actions").json()
    assert client.get("/rasa/health").json() == {"status": "ok"}
    assert client.get("/webhooks/rest/").json() == {"status": "ok"}


def test_a_rating_by_a_button_is_kept_with_the_message_that_was_answered() -> None:
    fake = Fake(known={"m1"})
    rated = user('/chatloop_feedback{"rating": "down"}', "m2")
    state = tracker(user("Where?", "m1"), bot("On its way."), rated)
    state["latest_message"] = {**rated, "entities": [{"entity": "rating", "value": "down"}]}

    said = serve("rasa", fake).post("/rasa/webhook", json=action(state, "chatloop_feedback"))

    assert said.json() == {"events": [], "responses": []}
    assert fake.feedback == [("m1", "down", "rasa:u1", "rasa", None, ())]


@pytest.mark.parametrize("slots", [{}, {"rating": "maybe"}])
def test_a_rating_without_a_thumb_is_400(slots: dict[str, str]) -> None:
    state = tracker(user("Where?"), bot("There."), user("x", "m2"), slots=slots)
    said = serve("rasa", Fake()).post("/rasa/webhook", json=action(state, "chatloop_feedback"))
    assert said.status_code == 400


def test_the_rest_channel_answers_and_remembers_each_sender_for_itself() -> None:
    fake = Fake()
    client = serve("rasa", fake)
    for sender, words in (("u1", "Where?"), ("u2", "Who?"), ("u1", "When?")):
        said = client.post("/webhooks/rest/webhook", json={"sender": sender, "message": words})
        assert said.json() == [{"recipient_id": sender, "text": "On its way."}]

    assert [m.content for m in fake.asked[2][1]] == ["Where?", "On its way.", "When?"]
    assert [m.content for m in fake.asked[1][1]] == ["Who?"]


def test_the_rest_channel_streams_an_object_a_line() -> None:
    body = {"sender": "u1", "message": "Where?"}
    said = serve("rasa", Fake()).post("/webhooks/rest/webhook?stream=true", json=body)
    assert [json.loads(line) for line in said.text.splitlines()] == [
        {"recipient_id": "u1", "text": "On its way."}
    ]


def test_who_does_not_say_who_it_is_shares_no_conversation() -> None:
    fake = Fake()
    client = serve("rasa", fake)
    ids = {
        client.post("/webhooks/rest/webhook", json={"message": "Hi"}).json()[0]["recipient_id"]
        for _ in range(2)
    }
    assert len(ids) == 2
    assert all(len(messages) == 1 for _, messages, *_ in fake.asked)


def test_restart_begins_anew() -> None:
    fake = Fake()
    client = serve("rasa", fake)
    for words in ("Where?", "/restart", "When?"):
        client.post("/webhooks/rest/webhook", json={"sender": "u1", "message": words})
    assert [m.content for m in fake.asked[-1][1]] == ["When?"]


def test_metadata_may_rate_the_last_answer() -> None:
    fake = Fake()
    client = serve("rasa", fake)
    client.post("/webhooks/rest/webhook", json={"sender": "u1", "message": "Where?"})
    rated = {"sender": "u1", "metadata": {"rating": "up"}}
    assert client.post("/webhooks/rest/webhook", json=rated).json() == []
    assert fake.feedback == [(fake.asked[0][4], "up", "rasa:u1", "rasa", None, ())]
    unknown = {"sender": "u2", "metadata": {"rating": "up"}}
    assert client.post("/webhooks/rest/webhook", json=unknown).status_code == 400


def test_a_fallback_is_said_and_not_remembered() -> None:
    fake = Fake(answer="Busy.", fallback=True)
    client = serve("rasa", fake)
    for words in ("Where?", "When?"):
        said = client.post("/webhooks/rest/webhook", json={"sender": "u1", "message": words})
        assert said.json()[0]["text"] == "Busy."
    assert len(fake.asked[1][1]) == 1


@pytest.mark.parametrize(
    ("fake", "reason"),
    [(Fake(error=ValueError("secret words")), "error"), (Fake(answer=" "), "empty"),
     (Fake(slow=True), "late")],
)  # fmt: skip
def test_whatever_happens_the_safe_sentence_is_said_and_counted(
    fake: Fake, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    said = serve("rasa", fake, seconds=0.01).post("/rasa/nlg", json=nlg(tracker(user("Hi"))))
    assert said.json()["text"] == SORRY
    assert fake.fallbacks == [("rasa", reason)]
    assert "secret words" not in caplog.text


@pytest.mark.parametrize(
    "show",
    [
        {"params": {"token": "s3cret"}},
        {"headers": {"Authorization": "Bearer s3cret"}},
        {"headers": {"X-Chatloop-Token": "s3cret"}},
    ],
)
def test_a_token_is_shown_in_any_of_the_usual_places(show: dict[str, Any]) -> None:
    client = serve("rasa", Fake(), {"CHATLOOP_RASA_TOKEN": "s3cret"})
    wrong = {k: {n: v.replace("s3cret", "s3créé") .encode() for n, v in d.items()} if k == "headers"
             else dict.fromkeys(d, "s3creT") for k, d in show.items()}  # fmt: skip
    for path, body in (
        ("/rasa/nlg", nlg(tracker(user("Hi")))),
        ("/rasa/webhook", action(tracker(user("Hi")))),
        ("/webhooks/rest/webhook", {"sender": "u1", "message": "Hi"}),
    ):
        assert client.post(path, json=body, **show).status_code == 200
        assert client.post(path, json=body, **wrong).status_code == 401
        assert client.post(path, json=body).status_code == 401


@pytest.mark.parametrize("path", ["/rasa/nlg", "/rasa/webhook", "/webhooks/rest/webhook"])
@pytest.mark.parametrize(
    "body",
    [b"", b"x", b"[]", b"3", b"null", b"{}", b'{"tracker": 3}', b'{"message": {}}', b"[" * 60_000,
     b"\xff\xfe", b'{"tracker": {"events": {"a": 1}}}', b'{"next_action": ["x"]}',
     b'{"metadata": {"rating": 1e999}, "message": NaN}'],
)  # fmt: skip
def test_wrong_input_is_refused_with_a_reason(path: str, body: bytes) -> None:
    said = serve("rasa", Fake()).post(path, content=body)
    assert said.status_code in (400, 404)
    assert said.json()["error"]


def test_half_a_character_is_no_error() -> None:
    content = b'{"sender": "\\ud800", "message": "hi \\udfff"}'
    said = serve("rasa", Fake()).post("/webhooks/rest/webhook", content=content)
    assert said.status_code == 200
