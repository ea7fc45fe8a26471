"""Slack events, signed by Slack's own signer."""

import json
import threading
from typing import Any

import pytest
from fastapi.testclient import TestClient

from chatloop.connectors.slack import routed
from tests.unit.connectors.fakes import Fake, client_of, setting_of

signing = pytest.importorskip("slack_sdk.signature")

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
SECRETS = {"CHATLOOP_SLACK_SIGNING_SECRET": SECRET}


class Channel:
    """What was posted; tells when a message is there."""

    def __init__(self, error: Exception | None = None) -> None:
        self.said: list[tuple[str, str, str | None]] = []
        self.error = error
        self._more = threading.Condition()

    async def post(self, channel: str, said: str, thread: str | None) -> str:
        with self._more:
            self.said.append((channel, said, thread))
            self._more.notify_all()
        if self.error:
            raise self.error
        return f"99.{len(self.said):02}"

    def wait_for(self, messages: int) -> list[tuple[str, str, str | None]]:
        with self._more:
            assert self._more.wait_for(lambda: len(self.said) >= messages, timeout=20)
        return self.said


def slack(fake: Fake, channel: Channel, **options: object) -> TestClient:
    return client_of(routed(setting_of("slack", fake, SECRETS, **options), channel.post))


def headers(fake: Fake, body: bytes, age: float = 0) -> dict[str, str]:
    stamp = str(int(fake.time - age))
    signed = signing.SignatureVerifier(SECRET).generate_signature(timestamp=stamp, body=body)
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signed}


def send(client: TestClient, fake: Fake, body: object) -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post("/slack/events", content=content, headers=headers(fake, content))


def callback(event_id: str = "Ev1", **event: Any) -> dict[str, Any]:
    said = {"type": "app_mention", "user": "U1", "channel": "C1", "ts": "17.01",
            "text": "<@U9> where is it?"}  # fmt: skip
    return {"type": "event_callback", "event_id": event_id, "team_id": "T1", "event_time": 17,
            "authorizations": [{"user_id": "U9", "is_bot": True}],
            "event": {k: v for k, v in {**said, **event}.items() if v is not None}}  # fmt: skip


def test_a_challenge_is_answered() -> None:
    fake = Fake()
    body = {"type": "url_verification", "challenge": "3eZbrw1a", "token": "x"}
    assert send(slack(fake, Channel()), fake, body).json() == {"challenge": "3eZbrw1a"}


def test_slacks_word_that_it_held_events_back_is_taken() -> None:
    fake = Fake()
    assert send(slack(fake, Channel()), fake, {"type": "app_rate_limited"}).json() == {"ok": True}


def test_a_mention_is_answered_in_its_thread() -> None:
    fake, channel = Fake(answer="It <left> & is <!channel> on its way."), Channel()
    with slack(fake, channel) as client:
        assert send(client, fake, callback()).json() == {"ok": True}
        said = channel.wait_for(1)
    assert said == [("C1", "It &lt;left&gt; &amp; is &lt;!channel&gt; on its way.", "17.01")]
    session, messages, _, source, external_id = fake.asked[0]
    assert (session, source, external_id) == ("slack:T1:C1:17.01", "slack", "Ev1")
    assert [m.content for m in messages] == ["where is it?"]


def test_slack_has_its_answer_before_the_model_has_one() -> None:
    fake, channel = Fake(slow=True), Channel()
    with slack(fake, channel) as client:
        assert send(client, fake, callback()).json() == {"ok": True}
        assert not channel.said
        fake.slow = False
        channel.wait_for(1)


def test_a_thread_is_a_conversation_and_a_direct_message_is_one_too() -> None:
    fake, channel = Fake(), Channel()
    with slack(fake, channel) as client:
        send(client, fake, callback("Ev1"))
        channel.wait_for(1)
        send(client, fake, callback("Ev2", ts="17.02", thread_ts="17.01", text="<@U9>: &lt;b&gt;?"))
        channel.wait_for(2)
        send(client, fake, callback("Ev3", ts="17.03", text="<@U9> other"))
        channel.wait_for(3)
        dm = {"type": "message", "channel_type": "im", "channel": "D1", "text": "hi"}
        send(client, fake, callback("Ev4", ts="17.04", **dm))
        channel.wait_for(4)
        send(client, fake, callback("Ev5", ts="17.05", **dm))
        channel.wait_for(5)
    heard = [[m.content for m in messages] for _, messages, *_ in fake.asked]
    assert heard[1] == ["where is it?", "On its way.", "<b>?"]
    assert heard[2] == ["other"]
    assert heard[4] == ["hi", "On its way.", "hi"]
    assert channel.said[4] == ("D1", "On its way.", None)


def test_a_repeat_is_answered_once_and_a_mention_in_two_events_too() -> None:
    fake, channel = Fake(), Channel()
    with slack(fake, channel) as client:
        for event_id in ("Ev1", "Ev1", "Ev2"):
            assert send(client, fake, callback(event_id)).status_code == 200
        send(client, fake, callback("Ev3", ts="17.09"))
        channel.wait_for(2)
    assert sorted(external_id or "" for *_, external_id in fake.asked) == ["Ev1", "Ev3"]


@pytest.mark.parametrize(
    "event",
    [
        {"bot_id": "B1"},
        {"bot_profile": {"id": "B1"}},
        {"user": "U9"},
        {"user": None},
        {"subtype": "message_changed"},
        {"subtype": "bot_message"},
        {"type": "message", "channel_type": "channel"},
        {"type": "team_join", "user": {"id": "U1"}},
        {"text": "<@U9> "},
        {"text": 3},
        {"channel": None},
    ],
)
def test_what_is_not_said_to_us_is_not_answered(event: dict[str, Any]) -> None:
    fake, channel = Fake(), Channel()
    with slack(fake, channel) as client:
        assert send(client, fake, callback(**event)).json() == {"ok": True}
        send(client, fake, callback("Ev2", ts="17.09"))
        channel.wait_for(1)
    assert len(fake.asked) == 1


def test_a_thumb_on_our_message_is_kept_once_and_on_others_not() -> None:
    fake, channel = Fake(), Channel()
    thumb = {"type": "reaction_added", "reaction": "+1::skin-tone-3", "user": "U1", "text": None,
             "item": {"type": "message", "channel": "C1", "ts": "99.01"}}  # fmt: skip
    with slack(fake, channel) as client:
        send(client, fake, callback())
        channel.wait_for(1)
        send(client, fake, callback("Ev0", ts="17.09"))  # in order: the first is kept by now
        channel.wait_for(2)
        for event_id, more in (
            ("Ev2", {}),
            ("Ev2", {}),
            ("Ev3", {"user": "U9"}),
            ("Ev4", {"reaction": "tada"}),
            ("Ev5", {"item": {"type": "message", "channel": "C1", "ts": "17.01"}}),
            ("Ev6", {"reaction": "thumbsdown", "user": "U2"}),
        ):
            assert send(client, fake, callback(event_id, **{**thumb, **more})).status_code == 200
    assert fake.feedback == [
        ("Ev1", "up", "slack:T1:U1", "slack", None, ()),
        ("Ev1", "down", "slack:T1:U2", "slack", None, ()),
    ]


def test_too_many_at_once_come_again() -> None:
    fake, channel = Fake(slow=True), Channel()
    with slack(fake, channel, at_once=1) as client:
        assert send(client, fake, callback()).status_code == 200
        no = send(client, fake, callback("Ev2", ts="17.02"))
        assert no.status_code == 503
        assert no.headers["retry-after"]
        fake.slow = False
        channel.wait_for(1)


def test_a_message_that_slack_does_not_take_is_counted_and_not_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    fake, channel = Fake(), Channel(error=ValueError("secret words"))
    with slack(fake, channel) as client:
        send(client, fake, callback())
        channel.wait_for(1)
        send(client, fake, callback("Ev2", ts="17.02", thread_ts="17.01"))
        channel.wait_for(2)
    assert ("slack", "not_posted") in fake.fallbacks
    assert len(fake.asked[1][1]) == 1
    assert "secret words" not in caplog.text


@pytest.mark.parametrize("age", [301, -301])
def test_an_old_request_is_refused(age: float) -> None:
    fake, body = Fake(), json.dumps(callback()).encode()
    said = slack(fake, Channel()).post(
        "/slack/events", content=body, headers=headers(fake, body, age)
    )
    assert said.status_code == 401
    assert not said.json()["ok"]


@pytest.mark.parametrize(
    "changed",
    [
        {"X-Slack-Signature": "v0=" + "0" * 64},
        {"X-Slack-Signature": ""},
        {"X-Slack-Signature": "vö".encode()},
        {"X-Slack-Request-Timestamp": ""},
        {"X-Slack-Request-Timestamp": "now"},
        {"X-Slack-Request-Timestamp": "²".encode("latin-1")},
        {"X-Slack-Request-Timestamp": "9" * 5000},
        {"X-Slack-Request-Timestamp": "1782000001"},
    ],
)
def test_a_wrong_signature_is_refused(changed: dict[str, Any]) -> None:
    fake, body = Fake(), json.dumps(callback()).encode()
    shown = {**headers(fake, body), **changed}
    said = slack(fake, Channel()).post("/slack/events", content=body, headers=shown)
    assert said.status_code == 401
    assert not fake.asked


@pytest.mark.parametrize(
    "body",
    [b"", b"x", b"[]", b"{}", b'{"type": 3}', b'{"type": "event_callback"}',
     b'{"type": "event_callback", "event": {}}', b'{"type": "url_verification"}', b"[" * 90_000,
     b'{"type": "event_callback", "event": {"type": "app_mention"}, "event_id": {}}'],
)  # fmt: skip
def test_wrong_input_is_refused_in_slacks_error_shape(body: bytes) -> None:
    fake = Fake()
    said = send(slack(fake, Channel()), fake, body)
    assert said.status_code == 400
    assert said.json()["ok"] is False
    assert said.json()["error"]


def test_a_body_without_end_is_refused() -> None:
    fake = Fake()
    assert send(slack(fake, Channel()), fake, b" " * (1024 * 1024 + 1)).status_code == 413
