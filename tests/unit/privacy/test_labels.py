import polars as pl

from chatloop.conversation import Conversation, Message
from chatloop.io.tables import turns_of
from chatloop.privacy.kinds import KINDS
from chatloop.privacy.labels import redact_labels
from chatloop.privacy.policy import Policy

IDS = ["anna@example.org", "anna@example.org-2", "shop-00007"]


def table(ids: list[str], *topics: str) -> pl.DataFrame:
    talks = [Conversation(name, (Message("user", "Hi"),) * 2, topics) for name in ids]
    return turns_of(talks, "test")


def test_an_id_with_personal_data_becomes_the_same_hash_in_every_run_and_ids_stay_apart():
    first = redact_labels(table(IDS), KINDS)
    assert (first.ids, first.topics) == (2, frozenset())
    ids = first.turns["conversation_id"].unique(maintain_order=True).to_list()
    assert len(set(ids)) == 3
    assert "shop-00007" in ids
    assert "anna" not in str(ids)
    alone = redact_labels(table(IDS[:1]), KINDS)
    assert alone.turns["conversation_id"][0] == first.turns["conversation_id"][0]
    assert redact_labels(first.turns, KINDS).turns.equals(first.turns)


def test_topics_lose_names_and_numbers_and_all_else_stays():
    turns = table(["c1"], "refund", "call Peter Schmidt on 408-971-8523")
    private, ids, topics = redact_labels(turns, KINDS)
    assert private["topics"].to_list() == [["refund", "call [PERSON] on [PHONE]"]] * 2
    assert (ids, len(topics)) == (0, 1)
    assert private.drop("topics").equals(turns.drop("topics"))
    assert private.schema == turns.schema


def test_what_the_user_allows_stays_in_labels_and_no_topics_are_no_mistake():
    turns = table(IDS[:1])
    policy = Policy(domains=("example.org",))
    assert redact_labels(turns, KINDS, policy).turns.equals(turns)
    none = turns.with_columns(topics=pl.lit(None, pl.List(pl.String)))
    assert redact_labels(none, ["email"]).ids == 1


def test_what_feedback_is_called_stays_whatever_its_random_numbers_look_like():
    ids = [
        f"feedback/3/chatcmpl-{number:032x}/fb-{number % 16**24:024x}"
        for number in (0x4539578763621486 << 64, 0x11122233300000000000000000000000, 7)
    ]
    private = redact_labels(table([*ids, f"{ids[0]} anna@example.org"]), KINDS)
    assert private.ids == 1
    assert set(ids) < set(private.turns["conversation_id"])
