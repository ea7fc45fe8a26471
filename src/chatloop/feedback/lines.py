"""An opinion in a file, as people and chat frameworks write it down.

{"completion_id": "chatcmpl-9f…", "rating": "down", "correction": "It left on Monday.",
 "comment": "wrong day", "tags": ["dates"], "user": "anna"}
{"external_id": "a1b2-…", "source": "dialogflow_cx", "rating": "THUMBS_UP"}
"""

from dataclasses import dataclass
from typing import get_args

from chatloop.conversation import Reject
from chatloop.feedback.record import Rating

LONGEST_COMMENT, MOST_TAGS, LONGEST_NAME = 8192, 16, 512
_KNOWN = {
    "completion_id",
    "external_id",
    "source",
    "rating",
    "correction",
    "comment",
    "tags",
    "user",
}
_RATINGS: dict[object, Rating] = {
    True: "up", False: "down", "thumbs_up": "up", "thumbs_down": "down", "👍": "up", "👎": "down",
    **{name: name for name in get_args(Rating)},
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """What a line says; the completion is named by its own id or by a framework's."""

    completion_id: str | None
    external_id: str | None
    source: str
    rating: Rating | None
    correction: str | None
    comment: str | None
    tags: tuple[str, ...]
    user: str | None


def line_of(record: object, longest: int) -> Line | Reject:
    """A line, or what is wrong with it; a correction has at most `longest` characters."""
    if not isinstance(record, dict):
        return Reject("not_an_object", "an opinion is a JSON object")
    if unknown := sorted(map(str, record.keys() - _KNOWN)):
        return Reject("unknown_key", f"{', '.join(unknown)}; known are {', '.join(sorted(_KNOWN))}")
    texts = {key: record.get(key) for key in ("completion_id", "external_id", "source", "user")}
    said = {key: record.get(key) for key in ("correction", "comment")}
    for key, value in {**texts, **said}.items():
        if value is not None and not isinstance(value, str):
            return Reject("not_text", f"{key} is no text")
    if any(isinstance(one, str) and len(one) > LONGEST_NAME for one in texts.values()):
        return Reject("too_large", f"an id or a name of more than {LONGEST_NAME} characters")
    for key, most in {"correction": longest, "comment": LONGEST_COMMENT}.items():
        if len(str(said[key] or "")) > most:
            return Reject("too_large", f"a {key} of more than {most:,} characters")
    return _line(record, texts, said)


def _line(
    record: dict[str, object], texts: dict[str, object], said: dict[str, object]
) -> Line | Reject:
    named = [str(texts[key]) if texts[key] else None for key in ("completion_id", "external_id")]
    rating, tags = _rating(record.get("rating")), record.get("tags") or []
    if (named[0] is None) == (named[1] is None):
        return Reject("no_completion", "give either completion_id or external_id")
    if isinstance(rating, Reject):
        return rating
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        return Reject("bad_tags", "tags is no list of texts")
    correction, comment = (
        str(said[key] or "").strip() or None for key in ("correction", "comment")
    )
    if rating is None and correction is None and comment is None:
        return Reject("nothing_said", "neither a rating nor a correction nor a comment")
    user = str(texts["user"]) if texts["user"] else None
    source, kept = str(texts["source"] or "import"), tuple(tag[:64] for tag in tags[:MOST_TAGS])
    return Line(named[0], named[1], source[:64], rating, correction, comment, kept, user)


def _rating(value: object) -> Rating | Reject | None:
    if value is None or value == "":
        return None
    known = value.strip().casefold() if isinstance(value, str) else value
    if isinstance(known, bool | str) and known in _RATINGS:
        return _RATINGS[known]
    return Reject("bad_rating", "rating is neither up nor down")
