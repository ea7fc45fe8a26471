"""Dialogflow, in Google's own message types: they write what comes in, and read what goes out."""

import json
from typing import Any

import pytest

from chatloop.connectors import in_time as in_time_module
from chatloop.connectors.dialogflow.es import STILL_AT_IT
from chatloop.connectors.in_time import SORRY
from tests.unit.connectors.fakes import Fake, serve

es_types = pytest.importorskip("google.cloud.dialogflow_v2.types")
cx_types = pytest.importorskip("google.cloud.dialogflowcx_v3.types")

ES, CX = "dialogflow_es", "dialogflow_cx"
SESSION = "projects/p/agent/sessions/s1"
CX_SESSION = "projects/p/locations/l/agents/a/sessions/s1"


def es(query: str = "Where is it?", response_id: str = "r1", **more: Any) -> str:
    result = es_types.QueryResult(query_text=query, language_code="de", action="x", **more)
    asked = es_types.WebhookRequest(session=SESSION, response_id=response_id, query_result=result)
    return str(es_types.WebhookRequest.to_json(asked))


def cx(response_id: str = "d1", **said: Any) -> str:
    info = cx_types.SessionInfo(session=CX_SESSION, parameters={"a": 1})
    asked = cx_types.WebhookRequest(
        detect_intent_response_id=response_id, session_info=info, language_code="en",
        fulfillment_info=cx_types.WebhookRequest.FulfillmentInfo(tag="chatloop"), **said,
    )  # fmt: skip
    return str(cx_types.WebhookRequest.to_json(asked))


def es_said(body: str | bytes) -> Any:
    return es_types.WebhookResponse.from_json(body, ignore_unknown_fields=False)


def cx_said(body: str | bytes) -> Any:
    return cx_types.WebhookResponse.from_json(body, ignore_unknown_fields=False)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine under load is late, too; here the model alone may be."""
    monkeypatch.setattr(in_time_module, "_GRACE", 60.0)


def test_es_is_answered_in_es_own_type() -> None:
    fake = Fake()
    said = es_said(serve(ES, fake).post("/dialogflow/es", content=es()).text)

    assert said.fulfillment_text == "On its way."
    assert list(said.fulfillment_messages[0].text.text) == ["On its way."]
    assert not said.followup_event_input.name
    session, messages, deadline, source, external_id = fake.asked[0]
    assert (session, source, external_id) == (SESSION, ES, "r1")
    assert [m.content for m in messages] == ["Where is it?"]
    assert deadline == 16.0


@pytest.mark.parametrize(
    "said", [{"text": "Where?"}, {"transcript": "Where?"}, {"dtmf_digits": "Where?"}]
)
def test_cx_is_answered_in_cx_own_type(said: dict[str, str]) -> None:
    fake = Fake()
    answer = cx_said(serve(CX, fake).post("/dialogflow/cx", content=cx(**said)).text)

    assert list(answer.fulfillment_response.messages[0].text.text) == ["On its way."]
    assert answer.session_info.parameters["chatloop_fallback"] is False
    session, messages, deadline, source, external_id = fake.asked[0]
    assert (session, source, external_id) == (CX_SESSION, CX, "d1")
    assert messages[0].content == "Where?"
    assert deadline < 5


@pytest.mark.parametrize("said", [{"trigger_event": "welcome"}, {"trigger_intent": "i/1"}])
def test_an_event_without_words_is_left_to_the_agent(said: dict[str, str]) -> None:
    fake = Fake()
    answer = cx_said(serve(CX, fake).post("/dialogflow/cx", content=cx(**said)).text)
    assert not answer.fulfillment_response.messages
    assert not fake.asked


def test_fields_that_are_not_known_do_no_harm() -> None:
    body = json.loads(cx(text="Hi")) | {"sentimentAnalysisResult": {"score": 1}, "new": [{}]}
    assert serve(CX, Fake()).post("/dialogflow/cx", json=body).status_code == 200


@pytest.mark.parametrize("name", [ES, CX])
def test_what_was_said_before_is_part_of_the_question(name: str) -> None:
    fake = Fake()
    client = serve(name, fake)
    path = f"/dialogflow/{name[-2:]}"
    for words in ("Where?", "When?"):
        client.post(path, content=es(words) if name == ES else cx(text=words))
    assert [m.content for m in fake.asked[1][1]] == ["Where?", "On its way.", "When?"]


@pytest.mark.usefixtures("patient")
def test_a_slow_answer_is_asked_for_again_and_then_handed_over() -> None:
    fake = Fake(slow=True)
    with serve(ES, fake, seconds=0.01) as client:
        first = es_said(client.post("/dialogflow/es", content=es()).text)
        assert first.followup_event_input.name == "chatloop_wait"
        assert first.followup_event_input.language_code == "de"
        second = es_said(client.post("/dialogflow/es", content=es("chatloop_wait", "r2")).text)
        assert second.followup_event_input.name == "chatloop_wait"
        fake.slow = False
        assert fake.answered.wait(timeout=20)
        third = es_said(client.post("/dialogflow/es", content=es("CHATLOOP_WAIT", "r3")).text)
        assert third.fulfillment_text == "On its way."
        assert len(fake.asked) == 1

        client.post("/dialogflow/es", content=es("When?", "r4"))
        assert [m.content for m in fake.asked[1][1]] == ["Where is it?", "On its way.", "When?"]
        rated = {"responseId": "r3", "answerFeedback": {"rating": "THUMBS_UP"}, "session": SESSION}
        assert client.post("/dialogflow/es/feedback", json=rated).json()["kept"] == 1
        assert fake.feedback[0][0] == "r1"


@pytest.mark.usefixtures("patient")
def test_three_hops_are_the_most_and_then_a_short_answer_is_given() -> None:
    fake = Fake(slow=True)
    with serve(ES, fake, seconds=0.01) as client:
        said = [es_said(client.post("/dialogflow/es", content=es()).text)]
        said += [
            es_said(client.post("/dialogflow/es", content=es("chatloop_wait")).text)
            for _ in range(3)
        ]
        late = es_said(client.post("/dialogflow/es", content=es("chatloop_wait")).text)

    assert [bool(one.followup_event_input.name) for one in said] == [True, True, True, False]
    assert said[3].fulfillment_text == STILL_AT_IT
    assert late.fulfillment_text == SORRY
    assert (ES, "slow") in fake.fallbacks


def test_a_new_question_takes_the_place_of_a_slow_one() -> None:
    fake = Fake(slow=True)
    with serve(ES, fake, seconds=1.0) as client:
        client.post("/dialogflow/es", content=es())
        fake.slow, fake.answer = False, "Tomorrow."
        said = es_said(client.post("/dialogflow/es", content=es("When?")).text)
    assert said.fulfillment_text == "Tomorrow."
    assert [m.content for m in fake.asked[1][1]] == ["When?"]


def test_without_an_event_there_is_one_try() -> None:
    fake = Fake(slow=True)
    with serve(ES, fake, seconds=0.01, event=None) as client:
        said = es_said(client.post("/dialogflow/es", content=es()).text)
    assert said.fulfillment_text in (STILL_AT_IT, SORRY)
    assert fake.asked[0][2] == 0.01


def test_a_slow_cx_answer_is_the_safe_sentence_and_says_so_to_the_agent() -> None:
    fake = Fake(slow=True)
    said = cx_said(serve(CX, fake, seconds=0.01).post("/dialogflow/cx", content=cx(text="x")).text)
    assert list(said.fulfillment_response.messages[0].text.text) == [SORRY]
    assert said.session_info.parameters["chatloop_fallback"] is True
    assert fake.fallbacks == [(CX, "late")]


@pytest.mark.parametrize("answer", ["ä" * 100_000, '"\n' * 50_000, "\x01" * 100_000])
def test_an_answer_is_never_larger_than_dialogflow_takes(answer: str) -> None:
    said = serve(ES, Fake(answer=answer)).post("/dialogflow/es", content=es())
    assert len(said.content) <= 64 * 1024
    assert es_said(said.text)


@pytest.mark.parametrize("name", [ES, CX])
def test_a_body_of_more_than_64_kib_is_refused(name: str) -> None:
    said = serve(name, Fake()).post(f"/dialogflow/{name[-2:]}", content=b" " * (64 * 1024 + 1))
    assert said.status_code == 413


@pytest.mark.parametrize("path", ["es", "cx", "es/feedback", "cx/feedback"])
@pytest.mark.parametrize(
    "body", [b"x", b"{x", b'{"session": 3}', b'[[["', b"[" * 60_000, b"\xff",
             b'{"session": "s", "queryResult": []}', b'{"sessionInfo": {"session": "s"}}'],
)  # fmt: skip
def test_wrong_input_is_googles_error_shape(path: str, body: bytes) -> None:
    said = serve(f"dialogflow_{path[:2]}", Fake()).post(f"/dialogflow/{path}", content=body)
    if said.status_code == 200:  # a record of feedback that says nothing, and is told so
        assert said.json()["kept"] == 0
        assert said.json()["rejected"]
    else:
        assert said.status_code == 400
        assert said.json()["error"]["status"] == "INVALID_ARGUMENT"
        assert said.json()["error"]["message"]


SECRETS = {
    "CHATLOOP_DIALOGFLOW_TOKEN": "s3cret",
    "CHATLOOP_DIALOGFLOW_BASIC": "google:pässword",
}


@pytest.mark.parametrize("path", ["es", "cx", "es/feedback", "cx/feedback"])
def test_a_header_or_basic_proves_the_caller(path: str) -> None:
    client = serve(f"dialogflow_{path[:2]}", Fake(), SECRETS)
    body = es() if path == "es" else cx(text="Hi")
    url = f"/dialogflow/{path}"
    assert client.post(url, content=body, headers={"X-Chatloop-Token": "s3cret"}).is_success
    assert client.post(url, content=body, auth=("google", "pässword")).is_success
    no = client.post(url, content=body, auth=("google", "s3cret"))
    assert no.status_code == 401
    assert no.headers["www-authenticate"].startswith("Basic")
    assert no.json()["error"]["status"] == "UNAUTHENTICATED"
    for wrong in ("", "Basic", "Basic !!", "Basic /w==", "Bearer x", "s3cret"):
        said = client.post(url, content=body, headers={"Authorization": wrong})
        assert said.status_code == 401
