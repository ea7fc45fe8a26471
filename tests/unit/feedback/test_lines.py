"""A line of a file is an opinion or says why not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatloop.conversation import Reject
from chatloop.feedback.lines import Line, line_of

NAMED = {"completion_id": "chatcmpl-1"}


@pytest.mark.parametrize(
    ("rating", "known"),
    [
        ("up", "up"),
        ("DOWN", "down"),
        ("THUMBS_UP", "up"),
        (True, "up"),
        (False, "down"),
        (None, None),
    ],
)
def test_thumbs_have_many_names(rating: object, known: str | None) -> None:
    found = line_of({**NAMED, "rating": rating, "comment": "so"}, 100)
    assert isinstance(found, Line)
    assert found.rating == known


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ([], "not_an_object"), ({**NAMED, "stars": 5}, "unknown_key"), (NAMED, "nothing_said"),
        ({**NAMED, "rating": 1}, "bad_rating"), ({**NAMED, "rating": {}}, "bad_rating"),
        ({**NAMED, "correction": 3}, "not_text"), ({**NAMED, "correction": "x" * 101}, "too_large"),
        ({**NAMED, "user": "x" * 513, "rating": "up"}, "too_large"), ({"rating": "up"}, "no_completion"),
        ({**NAMED, "external_id": "a", "rating": "up"}, "no_completion"),
        ({**NAMED, "rating": "up", "tags": "a"}, "bad_tags"),
    ],
)  # fmt: skip
def test_what_is_wrong_has_a_stable_word(record: object, reason: str) -> None:
    found = line_of(record, 100)
    assert isinstance(found, Reject)
    assert found.reason == reason


values = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just([]) | st.just({})


@given(
    st.dictionaries(
        st.sampled_from(["completion_id", "rating", "correction", "tags", "user", "x"]), values
    )
)
def test_no_line_crashes(record: dict[str, object]) -> None:
    assert isinstance(line_of(record, 100), Line | Reject)
