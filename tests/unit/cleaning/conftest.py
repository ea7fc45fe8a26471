"""Params as small as a test needs them, and conversations written as lists of contents."""

from collections.abc import Callable

import polars as pl
import pytest

from chatloop.conversation import Conversation, Message
from chatloop.io.tables import turns_of
from chatloop.params import CleanParams
from chatloop.params.data import REPAIR_NAMES, RULE_NAMES

Talks = Callable[..., pl.DataFrame]
# Rules about what is said; tests of the others say as little as they can.
OFF = ("almost_empty", "too_repetitive", "only_links_or_code", "refusal", "wrong_language")


@pytest.fixture(scope="session")
def params() -> CleanParams:
    return CleanParams.model_validate(
        {
            "repairs": REPAIR_NAMES[:6],
            "rules": [name for name in RULE_NAMES if name not in OFF],
            "own_rules": {},
            "min_said": 2,
            "languages": ["en"],
            "repetition": {"min_words": 10, "min_distinct_share": 0.2},
            "max_turn_chars": 80,
            "scripts": ["Latin"],
            "max_other_script_share": 0.2,
            "boilerplate": {"min_conversations": 3, "min_words": 3},
            "near_duplicates": {
                "threshold": 0.8,
                "permutations": 128,
                "shingle_words": 3,
                "seed": 1,
            },
            "redact": ["email", "phone"],
            "patterns": {},
            "allow": {"values": [], "domains": []},
            "keep_mapping": False,
            "presidio": None,
        }
    )


@pytest.fixture(scope="session")
def talks() -> Talks:
    """`talks(["Hi", "Hello"], …)`: conversations c0, c1, … of user and assistant by turns."""

    def build(*contents: list[str], roles: str = "ua" * 40) -> pl.DataFrame:
        names = {"s": "system", "u": "user", "a": "assistant"}
        return turns_of(
            (
                Conversation(
                    f"c{number}",
                    tuple(
                        Message(names[role], text)  # type: ignore[arg-type]
                        for role, text in zip(roles, talk, strict=False)
                    ),
                )
                for number, talk in enumerate(contents)
            ),
            "test",
        )

    return build
