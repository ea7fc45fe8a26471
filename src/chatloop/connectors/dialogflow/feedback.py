"""Answer feedback of Dialogflow's, as its API takes it and its logs hold it, line by line.

{"session": "…/s1", "responseId": "d1…", "answerFeedback": {"rating": "THUMBS_DOWN",
 "ratingReason": {"reasonLabels": ["outOfDate"], "feedback": "the price is last year's"}}}
{"name": "…/conversations/c1", "interactions": [{"response": {…}, "answerFeedback": {…}}]}
{"conversation_name": "…/s1", "response": "{…}", "bot_answer_feedback": "{…}"}   from BigQuery
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from fastapi import APIRouter, Request

from chatloop.connectors.connector import Seams
from chatloop.connectors.dialogflow import Known
from chatloop.connectors.ratings import rating
from chatloop.connectors.request import KIB, Refused, listed, raw, text
from chatloop.feedback.record import Rating

LIMIT = 4096 * KIB
_FEEDBACK = ("answerFeedback", "answer_feedback", "bot_answer_feedback", "botAnswerFeedback")
# Google's own JSON writer gives an enum its number unless it is told otherwise.
_NUMBERS = {1: "up", 2: "down"}


@dataclass(frozen=True)
class Opinion:
    """What somebody thought of the response of an id."""

    response_id: str
    rating: Rating
    caller: str
    comment: str | None
    tags: tuple[str, ...]


def add_feedback(
    router: APIRouter,
    path: str,
    source: str,
    check: Known,
    seams: Seams,
    first_id: Callable[[str], str] = lambda response_id: response_id,
) -> None:
    """POST of one record, a list of them or a line each; says what became of every one.

    `first_id` gives the id that the exchange is kept under, where an answer has several.
    """

    @router.post(path)
    async def keep(request: Request) -> dict[str, object]:
        await check(request)
        records = list(_records(await raw(request, LIMIT)))
        rejected: list[dict[str, object]] = []
        for row, record in enumerate(records):
            reason = await _keep(record, first_id)
            if reason:
                rejected.append({"row": row, "reason": reason})
        kept = len(records) - len(rejected)
        return {"read": len(records), "kept": kept, "rejected": rejected}

    async def _keep(record: object, first_id: Callable[[str], str]) -> str | None:
        opinion = read_opinion(record)
        if isinstance(opinion, str):
            return opinion
        known = await seams.record_feedback(
            first_id(opinion.response_id), opinion.rating, opinion.caller, source,
            comment=opinion.comment, tags=opinion.tags,
        )  # fmt: skip
        return None if known else "unknown_response"


def _records(body: bytes) -> Iterator[object]:
    """Every turn of every record: JSON as a whole, else a line each."""
    try:
        whole = [json.loads(body)]
    except (ValueError, RecursionError):
        whole = [_line(line) for line in body.splitlines() if line.strip()]
    for record in whole:
        for one in record if isinstance(record, list) else [record]:
            yield from _turns(one)


def _line(line: bytes) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        raise Refused(400, "the body is neither JSON nor a JSON object a line") from None


def _turns(record: object) -> Iterator[object]:
    turns = listed(record, "interactions")
    if not turns:
        yield record
    for turn in turns:
        named = {"name": text(record, "name")}
        yield {**named, **turn} if isinstance(turn, dict) else turn


def read_opinion(record: object) -> Opinion | str:
    """An opinion, or why there is none: not_an_object, no_response_id, no_rating."""
    if not isinstance(record, dict):
        return "not_an_object"
    response = _opened(record.get("response"))
    response_id = text(record, "responseId") or text(record, "response_id")
    response_id = response_id or text(response, "responseId") or text(response, "response_id")
    if not response_id:
        return "no_response_id"
    feedback = next((_opened(record[name]) for name in _FEEDBACK if record.get(name)), {})
    given = feedback.get("rating")
    thumb = rating(_NUMBERS.get(given) if type(given) is int else given)
    if thumb is None:
        return "no_rating"
    why = _opened(feedback.get("ratingReason", feedback.get("rating_reason")))
    labels = listed(why, "reasonLabels") or listed(why, "reason_labels")
    tags = tuple(label for label in labels if isinstance(label, str))
    session = text(record, "session") or text(record, "conversation_name") or text(record, "name")
    return Opinion(response_id, thumb, session, text(why, "feedback") or None, tags)


def _opened(value: object) -> dict[str, object]:
    """An object, also where a table holds it as text."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {}
    return value if isinstance(value, dict) else {}
