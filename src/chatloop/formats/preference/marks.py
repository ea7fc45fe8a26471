"""By what keys a record of judged answers is known, so that no other format takes it for its own.

{"prompt": …, "chosen": …, "rejected": …}    a pair
{"prompt": …, "completion": …, "label": true}    a thumb
{"feedback_id": …, "exchange_id": …, "rating": …}    an opinion on an answer that was served
"""

_PAIRS = ({"chosen", "rejected"}, {"preferred_output", "non_preferred_output"})

_OPINION = {"feedback_id", "exchange_id", "rating", "correction", "messages", "answer"}


def is_opinion(record: object) -> bool:
    """Whether a record says something about an answer that was served."""
    return isinstance(record, dict) and record.keys() >= _OPINION


def is_pair(record: object) -> bool:
    """Whether a record compares two answers."""
    return isinstance(record, dict) and any(pair <= record.keys() for pair in _PAIRS)


def is_thumb(record: object) -> bool:
    """Whether a record says of an answer that it is good or bad."""
    if not isinstance(record, dict):
        return False
    if isinstance(record.get("kto_tag"), bool):  # LLaMA-Factory's
        return "messages" in record or "conversations" in record
    return _is_judged(record) and thumb(record.get("label")) is not None


def may_be_thumb(record: object) -> bool:
    """Whether its label is 1 or 0, which may be a thumb and may be the number of a class."""
    return (
        isinstance(record, dict)
        and _is_judged(record)
        and numbered(record.get("label")) is not None
    )


def _is_judged(record: dict[str, object]) -> bool:
    return {"prompt", "completion"} <= record.keys() or "messages" in record


def thumb(label: object) -> bool | None:
    """True, false, or None for what is neither; tables write these as text."""
    if isinstance(label, bool):
        return label
    said = label.strip().casefold() if isinstance(label, str) else ""
    return {"true": True, "false": False}.get(said)


def numbered(label: object) -> bool | None:
    """The same of 1 and 0."""
    said = str(label).strip() if type(label) is int or isinstance(label, str) else ""
    return {"1": True, "0": False}.get(said)
