"""Params as small as a test needs them, and conversations written as lists of contents."""

from collections.abc import Callable

import polars as pl
import pytest

from chatloop.conversation import Conversation, Message
from chatloop.io.tables import turns_of
from chatloop.params import CleanParams

Talks = Callable[..., pl.DataFrame]


@pytest.fixture(scope="session")
def params() -> CleanParams:
    return CleanParams.model_validate(
        {
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
