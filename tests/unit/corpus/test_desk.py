"""What the words of every topic must have, whatever they say."""

import pytest

from chatloop.corpus.desk import desk
from chatloop.corpus.grammar import Choice, Slot

TOPICS = desk().topics
SCENARIOS = [(topic, scenario) for topic in TOPICS.values() for scenario in topic.scenarios]


def expansions(template) -> int:
    """In how many ways a template can be said, slots left aside."""
    total = 1
    for part in template:
        if isinstance(part, Choice):
            total *= sum(map(expansions, part.options))
    return total


def slots(template):
    for part in template:
        if isinstance(part, Slot):
            yield part.name
        elif isinstance(part, Choice):
            for option in part.options:
                yield from slots(option)


def every_template():
    for topic, scenario in SCENARIOS:
        for kind in ("context", "ask", "direct", "short", "vague", "answer", "extra"):
            yield from ((topic.name, template) for template in getattr(scenario, kind))
    for topic in TOPICS.values():
        for followup in topic.followups:
            yield from ((topic.name, template) for template in followup.ask + followup.answer)


def test_there_are_sixteen_topics():
    assert len(TOPICS) == 16


@pytest.mark.parametrize("topic", TOPICS.values(), ids=TOPICS)
def test_a_topic_has_many_ways_to_ask_and_to_answer(topic):
    openings = sum(
        sum(map(expansions, s.context)) * sum(map(expansions, s.ask))
        + sum(map(expansions, s.direct))
        for s in topic.scenarios
    )
    assert openings >= 500
    for scenario in topic.scenarios:
        assert len(scenario.context) * len(scenario.ask) + len(scenario.direct) >= 12
        assert sum(map(expansions, scenario.answer)) >= 10
    assert len([answer for scenario in topic.scenarios for answer in scenario.answer]) >= 8


@pytest.mark.parametrize("topic", TOPICS.values(), ids=TOPICS)
def test_a_topic_has_followups_and_so_has_each_of_its_scenarios(topic):
    assert len(topic.followups) >= 5
    names = {scenario.name for scenario in topic.scenarios}
    assert all(set(followup.after) <= names for followup in topic.followups)
    for name in names:
        assert sum(not f.after or name in f.after for f in topic.followups) >= 3


@pytest.mark.parametrize(
    ("topic", "scenario"), SCENARIOS, ids=[f"{t.name}-{s.name}" for t, s in SCENARIOS]
)
def test_an_answer_can_be_given_whatever_the_customer_named(topic, scenario):
    grammar = desk().grammar
    always = {name for name in ("size", "size2") if all(name in bound for bound in scenario.bind)}
    assert any(grammar.sayable(answer, always) for answer in scenario.answer)
    assert scenario.tone in grammar.phrases
    for followup in topic.followups:
        assert any(grammar.sayable(answer, set()) for answer in followup.answer)


def test_every_name_in_a_template_is_known():
    grammar = desk().grammar
    known = {*grammar.facts, *grammar.phrases, *grammar.values}
    known |= {f"{name}2" for name in grammar.values}
    unknown = {
        (topic, name) for topic, tpl in every_template() for name in slots(tpl) if name not in known
    }
    assert unknown == set()


def test_every_fact_of_the_shop_is_told():
    told = {name for _, template in every_template() for name in slots(template)}
    assert set(desk().grammar.facts) - told == set()


def test_there_are_many_products_and_places():
    values = {name: sum(map(len, scales)) for name, scales in desk().grammar.values.items()}
    assert values["garment"] + values["device"] + values["homeware"] >= 90
    assert values["city"] >= 40
    assert values["colour"] >= 15
