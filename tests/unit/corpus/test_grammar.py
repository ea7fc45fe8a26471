import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatloop.corpus.grammar import (
    Grammar,
    Scene,
    TemplateError,
    fill_digits,
    parse,
    tidy,
    with_article,
)

GRAMMAR = Grammar(
    facts={"limit": "30 days"},
    values={
        "order": ((parse("#@@@@@"),),),
        "tint": ((parse(""), parse("olive ")),),
        "item": ((parse("{tint}umbrella"), parse("toaster")),),
        "size": ((parse("small"), parse("large")), (parse("size 36"), parse("size 38"))),
    },
    phrases={"hello": (parse("Hi, "), parse("Hello, "))},
)


def scene(seed: int = 0) -> Scene:
    return Scene(random.Random(seed))


def asked(text: str, at: Scene) -> str:
    return GRAMMAR.ask([parse(text)], at)


def answered(text: str, at: Scene) -> str:
    return GRAMMAR.answer([parse(text)], at)


def test_a_choice_takes_every_alternative_in_turn():
    spoken = {asked("a(b|c(d|e)|)f", scene(seed)) for seed in range(60)}
    assert spoken == {"abf", "acdf", "acef", "af"}


def test_a_value_stays_the_same_in_a_conversation_and_differs_between_conversations():
    at = scene()
    assert asked("{order}", at) == asked("{order}", at)
    assert len({asked("{order}", scene(seed)) for seed in range(20)}) > 15


def test_the_second_value_differs_and_stays_on_the_scale_of_the_first():
    pairs = {asked("{size} to {size2}", scene(seed)) for seed in range(80)}
    assert pairs == {
        "small to large",
        "large to small",
        "size 36 to size 38",
        "size 38 to size 36",
    }


def test_the_article_fits_the_whole_noun():
    nouns = {asked("{a item}", scene(seed)) for seed in range(40)}
    assert nouns == {"an umbrella", "an olive umbrella", "a toaster"}


def test_the_shop_repeats_what_the_customer_named():
    at = scene()
    question = asked("where is {order}?", at)
    assert answered("{order} is on its way.", at).split()[0] in question


def test_the_shop_leaves_out_choices_that_name_what_was_never_said():
    answers = {answered("(Order {order}|It) takes {limit}.", scene(seed)) for seed in range(30)}
    assert answers == {"It takes 30 days."}


def test_choices_that_can_be_said_stay_equally_likely():
    text = "(x|{order}|{item}|y)"
    spoken = [answered(text, scene(seed)) for seed in range(2000)]
    assert 0.45 < spoken.count("x") / 2000 < 0.55


def test_an_answer_that_needs_what_was_never_said_is_an_error():
    with pytest.raises(TemplateError, match="never said"):
        answered("Your {item} is here.", scene())


def test_an_unknown_name_is_an_error():
    with pytest.raises(TemplateError, match="'colour'"):
        asked("in {colour}", scene())


@pytest.mark.parametrize("text", ["(a|b", "a)b", "a|b", "(a)", "{Order}", "{order", "}", "(a|(b)"])
def test_a_broken_template_is_an_error_that_quotes_it(text):
    with pytest.raises(TemplateError) as error:
        parse(text)
    assert repr(text) in str(error.value)


@given(st.text())
def test_parsing_ends_in_a_template_or_an_error(text):
    try:
        parse(text)
    except TemplateError:
        return
    assert text.count("(") == text.count(")")


@given(st.text(alphabet=st.characters(exclude_characters="(|){}")))
def test_text_without_marks_stays_as_it_is(text):
    assert "".join(map(str, parse(text))) == text


def test_sentences_are_tidied():
    assert tidy("hi,  my  {x} .  is it late ? yes") == "Hi, my {x}. Is it late? Yes"


@given(st.text())
def test_tidying_twice_changes_nothing(text):
    assert tidy(tidy(text)) == tidy(text)


def test_digits_are_filled_in():
    assert fill_digits("#@@@", random.Random(1))[1:].isdigit()
    assert with_article("espresso machine") == "an espresso machine"
