"""All cases of a project, from the texts of its files; whatever is wrong is one line.

evals/orders.yaml: line 12: contians: no such key; known here: name, kind, question, messages, …
"""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from chatloop.behaviour.case import Case
from chatloop.behaviour.document import Document, DocumentError, Place, read_document
from chatloop.errors import UserError

MAX_CASES = 5000


def parse_suite(files: Sequence[tuple[str, str]]) -> tuple[Case, ...]:
    """Cases in order of files, each file a (name, text).

    Raises:
        UserError: a file cannot be read as cases, a name stands twice, or a case is compared with
            one that is not there or that waits for it.
    """
    found: dict[str, tuple[Case, str]] = {}
    for name, text in files:
        for case, line in _cases(name, text):
            where = f"{name}: line {line}"
            if case.name in found:
                raise UserError(f"{where}: {case.name}: the name is taken ({found[case.name][1]})")
            found[case.name] = case, where
    if len(found) > MAX_CASES:
        raise UserError(f"{len(found):,} cases are more than {MAX_CASES:,}; each is asked each run")
    _check_related(found)
    return tuple(case for case, _ in found.values())


def _cases(name: str, text: str) -> Iterator[tuple[Case, int]]:
    try:
        document = read_document(text)
    except DocumentError as error:
        raise UserError(f"{name}: {error}") from error
    if document.value is None:
        raise UserError(f"{name}: holds no case; write a list of them or remove the file")
    if not isinstance(document.value, list):
        raise UserError(f"{name}: line {document.line_of(())}: is no list; a case begins `- name:`")
    for at, value in enumerate(document.value):
        yield _case(name, document, at, value), document.line_of((at,))


def _case(name: str, document: Document, at: int, value: object) -> Case:
    if not isinstance(value, dict):
        raise UserError(f"{name}: line {document.line_of((at,))}: is no case; one is `- name: …`")
    try:
        return Case.model_validate(value)
    except ValidationError as error:
        detail = error.errors()[0]
        place: Place = (at, *detail["loc"])
        line = document.line_of(place)
        raise UserError(f"{name}: line {line}: {_said(value, detail)}") from error


def _said(value: Mapping[str, object], detail: ErrorDetails) -> str:
    """What is wrong, without the text of a conversation."""
    key = str(detail["loc"][0]) if detail["loc"] else str(value.get("name") or "the case")
    if detail["type"] == "extra_forbidden":
        known = ", ".join(Case.model_fields)
        near = get_close_matches(key, Case.model_fields, 1)
        meant = f" (meant: {near[0]}?)" if near else ""
        return f"{key}: no such key{meant}; known here: {known}"
    if detail["type"] == "missing":
        return f"{key}: is missing"
    said = detail["msg"].removeprefix("Value error, ").replace("\n", " ")
    return f"{key}: {said[0].lower()}{said[1:]}"


def _check_related(found: Mapping[str, tuple[Case, str]]) -> None:
    """Every other case is there, and no case waits for itself."""
    for case, where in found.values():
        for other in case.related:
            if other not in found:
                near = get_close_matches(other, found, 1)
                meant = f" (meant: {near[0]}?)" if near else ""
                raise UserError(f"{where}: {case.name}: there is no case {other}{meant}")
        if both := set(case.same_as) & set(case.differs_from):
            raise UserError(f"{where}: {case.name}: same as {min(both)} and different from it")
    _check_circles(found)


def _check_circles(found: Mapping[str, tuple[Case, str]]) -> None:
    """Cases whose others are all done are done; what is left waits for each other."""
    waits = {name: set(case.related) for name, (case, _) in found.items()}
    users: dict[str, list[str]] = {}
    for name, others in waits.items():
        for other in others:
            users.setdefault(other, []).append(name)
    ready = [name for name, others in waits.items() if not others]
    while ready:
        done = ready.pop()
        del waits[done]
        for user in users.get(done, []):
            waits[user].discard(done)
            if not waits[user]:
                ready.append(user)
    if waits:
        circle = _circle(waits)
        where = found[circle[0]][1]
        raise UserError(f"{where}: {', '.join(circle)} are compared in a circle; one has to begin")


def _circle(waits: Mapping[str, set[str]]) -> list[str]:
    """One circle, from its first name in the alphabet."""
    path, at = [], min(waits)
    while at not in path:
        path.append(at)
        at = min(other for other in waits[at] if other in waits)
    circle = path[path.index(at) :]
    start = circle.index(min(circle))
    return circle[start:] + circle[:start]
