"""Texts as the disk may have them: the rules of the clean stage, before anything is written.

Privacy(params.clean)([("chatcmpl-9f…", ["I am anna@example.org"])])  →  [["I am [EMAIL_1]"]]
"""

from collections.abc import Sequence

import polars as pl

from chatloop.params import CleanParams
from chatloop.privacy.policy import Policy
from chatloop.privacy.redaction import redact, redact_people

Talk = tuple[str, Sequence[str]]  # the name of a conversation, and its texts in order


class Privacy:
    """Placeholders for personal data of the kinds that `clean.redact` names, conversation by
    conversation, so that a value that comes twice has one placeholder."""

    def __init__(self, params: CleanParams) -> None:
        """Raises UserError where a kind, a pattern or Presidio's model is not there."""
        self._kinds, self._people = params.redact, None
        self._policy = Policy(params.patterns, params.allow.values, params.allow.domains)
        if params.presidio:
            from chatloop.io.privacy.presidio import Names

            self._people = Names(params.presidio).spans
        self([("", ["a wrong pattern is found here, and not when somebody writes"])])

    def __call__(self, talks: Sequence[Talk]) -> list[list[str]]:
        """The texts of each conversation, redacted."""
        rows = [
            (f"{at:06}", turn, text)
            for at, (_, texts) in enumerate(talks)
            for turn, text in enumerate(texts)
        ]
        if not rows:
            return [[] for _ in talks]
        schema = {"conversation_id": pl.String, "turn": pl.Int32, "content": pl.String}
        turns = pl.DataFrame(rows, schema=schema, orient="row")
        turns = redact(turns, self._kinds, self._policy).turns
        if self._people:
            turns = redact_people(turns, self._people, self._policy).turns
        texts = iter(turns["content"].to_list())
        return [[next(texts) for _ in talk[1]] for talk in talks]
