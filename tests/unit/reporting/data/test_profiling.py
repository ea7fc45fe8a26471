import json

import polars as pl
import pytest

from chatloop.io.tables import TURNS
from chatloop.reporting.data import profiling
from chatloop.reporting.data.profiling import Profiler, news


def table(names: list[str], source: str = "chats", said: str = "where is parcel") -> pl.DataFrame:
    rows = [
        (name, turn, role, f"{said} {name}", ["returns"], source)
        for name in names
        for turn, role in enumerate(("user", "assistant"))
    ]
    return pl.DataFrame(rows, schema=TURNS, orient="row")


def found(turns: pl.DataFrame) -> dict:
    profiler = told(turns)
    return profiler.profile(profiler.given_topics())


def told(turns: pl.DataFrame) -> Profiler:
    profiler = Profiler()
    profiler.add(turns)
    return profiler


def ids(count: int, start: int = 0) -> list[str]:
    return [f"c{n}" for n in range(start, start + count)]


def test_lengths_topics_languages_and_words_are_counted():
    one = found(table(ids(3), said="where is my parcel, and when will it come please"))
    assert (one["conversations"], one["turns"]) == (3, 6)
    assert one["turn_words"] == [0, 0, 0, 6, 0, 0, 0, 0, 0, 0]
    assert one["talk_turns"][0] == 3
    assert one["topics"] == {"returns": 3}
    assert one["languages"] == {"en": 3}
    assert (one["vocabulary"]["words"], one["vocabulary"]["distinct"]) == (66, 13)
    assert sum(one["vocabulary"]["buckets"]) == 66


def test_no_word_and_no_id_is_in_a_profile():
    said = json.dumps(found(table(["anna-4711"], said="my secret parcel")))
    assert "secret" not in said
    assert "anna" not in said


def test_the_order_of_rows_changes_nothing():
    turns = table(ids(40))
    assert found(turns) == found(turns.sample(fraction=1.0, shuffle=True, seed=3))


def test_topics_are_given_only_where_most_conversations_have_one():
    bare = pl.lit([], dtype=pl.List(pl.String))
    few = table(ids(10)).with_columns(
        topics=pl.when(pl.col("conversation_id") < "c4").then("topics").otherwise(bare)
    )
    assert told(few).given_topics() == {}


def test_news_are_told_by_source_as_new_changed_and_gone():
    before = pl.concat([table(ids(10)), table(["x1"], source="old")])
    now = pl.concat(
        [table(ids(6, 2)), table(["c8", "c9"], said="something else"), table(ids(5, 100), "more")]
    )
    told = news(found(now), found(before))
    assert told == {
        "chats": {"conversations": 8, "new": 0, "changed": 2, "gone": 2, "exact": True},
        "more": {"conversations": 5, "new": 5, "changed": 0, "gone": 0, "exact": True},
        "old": {"conversations": 0, "new": 0, "changed": 0, "gone": 1, "exact": True},
    }
    assert news(found(now), {"conversations": None})["chats"]["new"] == 8


@pytest.mark.parametrize(("kept", "added"), [(400, 0), (400, 200), (0, 400)])
def test_of_many_conversations_news_are_estimated(kept, added, monkeypatch):
    monkeypatch.setattr(profiling, "_SKETCH", 100)
    before, now = table(ids(400)), table([*ids(kept), *ids(added, 1000)])
    told = news(found(now), found(before))["chats"]
    assert not told["exact"]
    assert abs(told["new"] - added) <= 0.15 * (kept + added)
