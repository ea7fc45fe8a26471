"""Answer feedback, as Dialogflow's API, its conversations and its tables in BigQuery hold it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatloop.connectors.dialogflow.feedback import Opinion, read_opinion
from tests.unit.connectors.fakes import Fake, serve

DOWN = {
    "rating": "THUMBS_DOWN",
    "ratingReason": {"reasonLabels": ["outOfDate"], "feedback": "last year's price"},
}
OPINION = Opinion("d1", "down", "…/s1", "last year's price", ("outOfDate",))


@pytest.mark.parametrize(
    "record",
    [
        {"session": "…/s1", "responseId": "d1", "answerFeedback": DOWN},
        {"name": "…/s1", "response": {"responseId": "d1"}, "answerFeedback": DOWN},
        {"conversation_name": "…/s1", "response": json.dumps({"responseId": "d1"}),
         "bot_answer_feedback": json.dumps(DOWN)},
    ],
)  # fmt: skip
def test_an_opinion_is_found_in_every_place_where_dialogflow_keeps_one(record: object) -> None:
    assert read_opinion(record) == OPINION


def test_googles_own_request_is_read() -> None:
    types = pytest.importorskip("google.cloud.dialogflowcx_v3.types")
    reason = types.AnswerFeedback.RatingReason(reason_labels=["outOfDate"], feedback="old")
    feedback = types.AnswerFeedback(rating="THUMBS_UP", rating_reason=reason)
    asked = types.SubmitAnswerFeedbackRequest(
        session="s1", response_id="d1", answer_feedback=feedback
    )
    for options in ({}, {"preserving_proto_field_name": True}, {"use_integers_for_enums": False}):
        written = json.loads(types.SubmitAnswerFeedbackRequest.to_json(asked, **options))
        assert read_opinion(written) == Opinion("d1", "up", "s1", "old", ("outOfDate",))


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (3, "not_an_object"),
        ({}, "no_response_id"),
        ({"responseId": "d1"}, "no_rating"),
        ({"responseId": "d1", "answerFeedback": {"rating": "RATING_UNSPECIFIED"}}, "no_rating"),
        ({"responseId": "d1", "answerFeedback": {"rating": 0}}, "no_rating"),
        ({"responseId": "d1", "answerFeedback": {"customRating": "5"}}, "no_rating"),
    ],
)
def test_what_is_no_opinion_has_a_reason(record: object, reason: str) -> None:
    assert read_opinion(record) == reason


@given(st.recursive(st.none() | st.integers() | st.text(max_size=5), lambda inner: st.lists(
    inner, max_size=3) | st.dictionaries(st.sampled_from(["responseId", "response", "rating",
    "answerFeedback", "bot_answer_feedback", "ratingReason", "reasonLabels", "x"]), inner)))  # fmt: skip
def test_anything_is_an_opinion_or_a_reason(record: Any) -> None:
    assert isinstance(read_opinion(record), Opinion | str)


def test_an_export_is_kept_line_by_line_and_every_row_is_accounted_for() -> None:
    fake = Fake(known={"d1", "d2"})
    turns = [{"response": {"responseId": "d1"}, "answerFeedback": DOWN}, {"response": {}}]
    lines = [
        {"name": "…/c1", "interactions": turns},
        {"responseId": "d2", "answerFeedback": {"rating": "THUMBS_UP"}},
        {"responseId": "d3", "answerFeedback": {"rating": "THUMBS_UP"}},
    ]
    said = serve("dialogflow_cx", fake).post(
        "/dialogflow/cx/feedback", content="\n".join(json.dumps(line) for line in lines)
    )
    assert said.json() == {
        "read": 4, "kept": 2,
        "rejected": [{"row": 1, "reason": "no_response_id"},
                     {"row": 3, "reason": "unknown_response"}],
    }  # fmt: skip
    assert fake.feedback == [
        ("d1", "down", "…/c1", "dialogflow_cx", "last year's price", ("outOfDate",)),
        ("d2", "up", "", "dialogflow_cx", None, ()),
    ]
