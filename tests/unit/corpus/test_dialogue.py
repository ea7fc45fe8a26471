"""Clean conversations: what a reader and a model rely on."""

import re
from collections import Counter

from chatloop.corpus.desk import desk
from chatloop.corpus.dialogue import converse


def texts(records, role):
    return [m["content"] for record in records for m in record["messages"] if m["role"] == role]


def test_a_conversation_depends_on_seed_and_number_alone():
    assert converse(7, 41) == converse(7, 41)
    assert converse(7, 41) != converse(7, 42)
    assert converse(7, 41) != converse(8, 41)


def test_roles_alternate_from_the_customer_to_the_shop(clean):
    for record in clean:
        roles = [message["role"] for message in record["messages"]]
        roles = roles[roles[0] == "system" :]
        assert roles == ["user", "assistant"] * (len(roles) // 2)


def test_conversations_have_one_to_eight_exchanges_and_about_three(clean):
    exchanges = Counter(len(texts([record], "user")) for record in clean)
    assert sorted(exchanges) == list(range(1, 9))
    assert 2.5 <= sum(n * count for n, count in exchanges.items()) / len(clean) <= 3.1


def test_turns_are_short(clean):
    questions = [len(text.split()) for text in texts(clean, "user")]
    answers = [len(text.split()) for text in texts(clean, "assistant")]
    assert max(questions) <= 60
    assert max(answers) <= 60
    assert 8 <= sum(questions) / len(questions) <= 16
    assert 14 <= sum(answers) / len(answers) <= 24


def test_a_fifth_begins_with_one_of_three_system_messages(clean):
    prompts = Counter(texts(clean, "system"))
    assert len(prompts) == 3
    assert 0.16 <= prompts.total() / len(clean) <= 0.24


def test_every_topic_has_its_share(clean):
    shares = Counter(topic for record in clean for topic in record["topics"])
    assert set(shares) == set(desk().topics)
    assert min(shares.values()) / len(clean) >= 0.04


def test_long_conversations_may_have_two_topics(clean):
    several = [record for record in clean if len(record["topics"]) > 1]
    assert 0.1 <= len(several) / len(clean) <= 0.25
    assert all(len(set(record["topics"])) == 2 for record in several)
    assert min(len(record["messages"]) for record in several) >= 4


def test_the_shop_only_names_orders_that_the_customer_has_named(impersonal):
    named = 0
    for record in impersonal:
        said = ""
        for message in record["messages"]:
            if message["role"] == "user":
                said += message["content"]
            elif message["role"] == "assistant":
                orders = re.findall(r"#\d+|SO-\d+", message["content"])
                named += len(orders)
                assert all(order in said for order in orders), message["content"]
    assert named > 300


def test_the_shop_only_names_codes_sizes_and_places_that_the_customer_has_named(impersonal):
    names = re.compile(r"\b(?:[A-Z]{5,}\d+|size \d+|(?:shop|delivery|stock) (?:in|to) [A-Z]\w+)")
    for record in impersonal:
        said = ""
        for message in record["messages"]:
            if message["role"] == "user":
                said += message["content"].lower()
            else:
                for name in names.findall(message["content"]):
                    assert name.split()[-1].lower() in said, message["content"]


def test_the_policy_is_the_same_in_every_answer(impersonal):
    facts = desk().grammar.facts
    spans = {fact for fact in facts.values() if re.fullmatch(r"\d+ to \d+ working days", fact)}
    told = Counter(
        span
        for text in texts(impersonal, "assistant")
        for span in re.findall(r"\d+ to \d+ working days", text)
    )
    assert set(told) == spans
    for text in texts(impersonal, "assistant"):
        for price in re.findall(r"\d+\.\d\d euros", text):
            assert price in facts.values()


def test_answers_are_well_formed_sentences(impersonal):
    for text in texts(impersonal, "assistant"):
        assert re.match(r"[A-Z0-9#]", text), text
        assert text.endswith((".", "?", "!")), text
        assert not re.search(r"[.?!] [a-z]", text), text


def test_nothing_of_the_grammar_is_left_in_the_text(impersonal):
    for role in ("user", "assistant", "system"):
        for text in texts(impersonal, role):
            assert not re.search(r"[{}()|@\n]|  | [.,;:?!]|[.?!,]{2}", text), text


def test_articles_and_repeated_words_are_right(impersonal):
    for role in ("user", "assistant"):
        for text in texts(impersonal, role):
            assert not re.search(r"\b[Aa] (?!univ|use)[aeiou]|\b[Aa]n (?!hour)[^aeiou]", text), text
            assert not re.search(r"\b(\w+) \1\b", text.lower()), text


def test_clean_text_needs_no_repair(impersonal):
    for role in ("user", "assistant", "system"):
        for text in texts(impersonal, role):
            assert not re.search(r"[^\x00-\x7f]{2}|[\x80-\x9f]|[ÂÃ]", text), text
            assert text == text.strip()
