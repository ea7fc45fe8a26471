"""Rules about what is said: what they reject, and what harmless talk they leave alone."""

import polars as pl
import pytest

from chatloop.cleaning.judging import judge
from chatloop.cleaning.rules import RULES, chosen, names
from chatloop.errors import UserError
from tests.stages_of_clean import judge_all

BY_NAME = {rule.name: rule for rule in RULES}


def hit(name: str, turns: pl.DataFrame, params) -> bool:
    return judge(turns, params, [BY_NAME[name]]).reasons[name] > 0


@pytest.mark.parametrize(
    ("talk", "rejected"),
    [
        (["Is it open?", "…"], True),
        (["?", "It left us today."], True),
        (["?", "What is it?", "My parcel", "It left us."], False),
        (["好", "可以"], True),
        (["Ok", "No"], False),
        (["12", "34"], False),
    ],
)
def test_a_side_that_says_nothing_at_all(talk, rejected, params, talks):
    assert hit("almost_empty", talks(talk), params) == rejected


@pytest.mark.parametrize(
    ("text", "rejected"),
    [
        ("very " * 30, True),
        ("ha" * 60, True),
        ("=" * 80, True),
        ("我" * 40, True),
        ("Totals of the week, one line a day:\n" + "=" * 42, True),
        ("Totals of the week, one line a day, then what was sent back:\n" + "=" * 42, False),
        ("no no no no", False),
        ("one two three four five six seven eight nine ten eleven", False),
        ("https://example.org/a/b?order=4711&lang=en&token=ABCDEFGHIJKLMNOPQRSTUVWXYZ", False),
    ],
)
def test_a_turn_that_repeats_itself(text, rejected, params, talks):
    assert hit("too_repetitive", talks(["Hi", text]), params) == rejected


@pytest.mark.parametrize(
    ("talk", "rejected"),
    [
        (["Where is it?", "https://example.org/track/1"], True),
        (["Where is it?", "See https://example.org/track/1"], False),
        (["Where is it?", "https://example.org/1", "Thanks!", "You are welcome."], False),
        (["https://example.org/1", "What is with it?"], True),
        (["How?", "```python\nprint('Hello')\n```"], True),
        (["How?", "Like this:\n```python\nprint('Hello')\n```"], False),
        (["How?", "def f(x):\n    return (x);"], True),
        (["How?", '{"a": 1}'], True),
        (["How?", "for now, it is (mostly) fine"], False),
        (["How?", "if you want, from Monday on (or later)."], False),
        (["How?", "$5"], False),
    ],
)
def test_a_side_that_says_only_links_or_code(talk, rejected, params, talks):
    assert hit("only_links_or_code", talks(talk), params) == rejected


@pytest.mark.parametrize(
    "answer",
    [
        "I'm sorry, but I can't help with that.",
        "I’m sorry, but I can’t assist with that request.",
        "Sorry, I cannot help you with this",
        "I cannot fulfill that request.",
        "I apologize, but I am unable to continue this conversation.",
        "As an AI language model, I don't have personal opinions. But many say so.",
        "I'm sorry, but as an AI assistant I am not able to browse the web.",
        "As a large language model, I cannot feel pain.",
    ],
)
def test_a_refusal_is_no_answer_to_learn_from(answer, params, talks):
    assert hit("refusal", talks(["Write it.", answer]), params)
    assert not hit("refusal", talks([answer, "What do you mean?"]), params)


@pytest.mark.parametrize(
    "answer",
    [
        "I'm sorry, I can't find a restaurant like that. Another one?",
        "I'm sorry, but I can't help with that here; our desk in Leeds can, at 9 tomorrow.",
        "Sorry, the show is sold out.",
        "Unfortunately I can't do Tuesday. Would Friday suit you?",
        "As an air traveller you do not pay for that.",
        "As an aid worker you can't be charged for it.",
        "I cannot help laughing!",
    ],
)
def test_harmless_answers_are_no_refusals(answer, params, talks):
    assert not hit("refusal", talks(["And?", answer]), params)


GERMAN = "Wo ist denn meine Bestellung geblieben? Ich warte schon seit zwei Wochen darauf."
ENGLISH = "Your parcel left our house today, so it should be with you by the end of the week."


@pytest.mark.parametrize(
    ("talk", "languages", "rejected"),
    [
        ([ENGLISH, ENGLISH], ["en"], False),
        ([GERMAN, GERMAN], ["en"], True),
        ([GERMAN, ENGLISH], ["en"], True),
        ([GERMAN, ENGLISH], ["en", "de"], False),
        ([ENGLISH, ENGLISH], ["de"], True),
        (["Rodeo Drive 12", "Zaragoza, Aragón"], ["en"], False),
        (["Hi", "Hola"], ["en"], False),
        (
            ["¿Dónde está mi pedido? Lo espero desde hace dos semanas", "Ya salió ayer"],
            ["en"],
            True,
        ),
    ],
)
def test_what_a_side_says_all_in_all_is_in_a_language(talk, languages, rejected, params, talks):
    wanted = params.model_copy(update={"languages": tuple(languages)})
    assert hit("wrong_language", talks(talk), wanted) == rejected


def test_an_unknown_language_is_the_users_mistake(params, talks):
    wrong = params.model_copy(update={"languages": ("en", "klingon")})
    with pytest.raises(UserError, match=r"clean\.languages: klingon: no such language"):
        hit("wrong_language", talks([GERMAN, ENGLISH]), wrong)


def test_a_rule_of_ones_own_is_a_line_of_sql_and_comes_before_copies(params, talks):
    own = {"names_rival": "role = 'assistant' AND content ILIKE '%rival%'"}
    mine = params.model_copy(update={"own_rules": own})
    said = talks(["Hi", "Ask Rival Ltd"], ["Hi", "ask rival ltd"], ["rival", "No idea"])
    judged = judge_all(said, mine)
    assert judged.reasons["names_rival"] == 2
    assert judged.reasons["duplicate"] == 0
    assert names(mine)[-3:] == ["names_rival", "duplicate", "near_duplicate"]


@pytest.mark.parametrize(
    ("name", "said", "message"),
    [
        ("too_long", "turn > 3", "a rule of chatloop has this name"),
        ("mine", "words > 3", r'unable to find column "words".*columns are conversation_id'),
        ("mine", "turn >", "unable to parse"),
        ("mine", "turn + 1", "not true or false"),
        ("mine", "read_csv('/etc/passwd')", "unsupported function"),
        ("mine", "(SELECT 1) = 1", "clean.own_rules.mine"),
        ("mine", "content IN (SELECT * FROM read_csv('/etc/passwd'))", "clean.own_rules.mine"),
    ],
)
def test_an_own_rule_that_cannot_be_asked_is_one_line(name, said, message, params):
    with pytest.raises(UserError, match=message) as caught:
        chosen(params.model_copy(update={"own_rules": {name: said}}))
    assert "\n" not in str(caught.value)


def test_a_rule_that_is_left_out_is_off(params, talks):
    off = params.model_copy(update={"rules": ("too_long",)})
    judged = judge(talks(["Hi", ""]), off)
    assert judged.reasons == {"too_long": 0}


@pytest.mark.parametrize(
    "name", ["too_repetitive", "only_links_or_code", "refusal", "wrong_language"]
)
@pytest.mark.parametrize("unit", ["`", "sorry, ", "as an ai ", "{", "a " * 9, "http://", "漢"])
def test_a_megabyte_of_anything_is_judged(name, unit, params, talks):
    hit(name, talks(["Hi", unit * (1_000_000 // len(unit))]), params)
