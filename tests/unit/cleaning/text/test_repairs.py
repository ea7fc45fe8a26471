import unicodedata

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatloop.cleaning.structure import RESTRUCTURINGS
from chatloop.cleaning.text.repairs import BOILERPLATE, REPAIRS
from chatloop.params import CleanParams
from chatloop.params.data import REPAIR_NAMES
from tests.stages_of_clean import repair


def mend(text: str, params: CleanParams, talks) -> tuple[str, list[str]]:
    mended = repair(talks([text]), params)
    return mended.turns["content"][0], [name for name, n in mended.changed.items() if n]


@pytest.mark.parametrize(
    ("broken", "whole"),
    [
        ("schÃ¶n, thatâ€™s it", "schön, that’s it"),
        ("Ãœber 5 â‚¬", "Über 5 €"),
        ("ÃƒÂ©", "é"),
        ("voilÃ  le prix", "voilà le prix"),
        ("l\x92été", "l’été"),
    ],
)
def test_text_decoded_wrongly_is_decoded_rightly(broken, whole, params, talks):
    assert mend(broken, params, talks) == (whole, ["encoding_repaired"])


@pytest.mark.parametrize(
    "good",
    [
        "café naïve Größe “É” – ok…",
        "IRMÃ ESTÁ NÃO",
        "¿Qué tal? «été» x² ± 3",
        "5 € – 10 €, 20 °C",
        "👩‍👩‍👧 🏳️‍🌈 ok",
        "می‌خواهم",
        "Привет, Łódź, 東京",
        "def f(x):\n    return x\n\n\tdone",
        "",
    ],
)
def test_good_text_is_left_alone(good, params, talks):
    assert mend(good, params, talks) == (good, [])


@pytest.mark.parametrize(
    ("seen", "wanted", "name"),
    [
        ("cafe\u0301", "café", "unicode_normalized"),
        ("cafe\u200b\u0301", "café", "unicode_normalized"),
        ("pass\u200bword\ufeff", "password", "invisible_removed"),
        ("a\u200db \x07 c", "ab c", "invisible_removed"),
        ("hi\U000e0041\U000e0042", "hi", "invisible_removed"),
        ("two   words\u00a0here ", "two words here", "whitespace_collapsed"),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd", "whitespace_collapsed"),
        ("a \n\n \n\n b", "a\n\n b", "whitespace_collapsed"),
    ],
)
def test_each_repair_is_counted_under_its_name(seen, wanted, name, params, talks):
    text, names = mend(seen, params, talks)
    assert text == wanted
    assert name in names


def test_a_missing_content_is_an_empty_one(params, talks):
    turns = talks(["x"]).with_columns(content=pl.lit(None, dtype=pl.String))
    mended = repair(turns, params)
    assert mended.turns["content"].to_list() == [""]
    assert not any(mended.changed.values())


def test_the_order_of_repairs_is_behaviour_and_their_names_are_those_of_params():
    text, order = ([step.name for step in steps] for steps in (REPAIRS, RESTRUCTURINGS))
    assert (*text, BOILERPLATE, *order) == REPAIR_NAMES
    assert [step.name for step in REPAIRS] == [
        "encoding_repaired",
        "html_removed",
        "invisible_removed",
        "unicode_normalized",
        "whitespace_collapsed",
    ]


@settings(deadline=None)
@given(text=st.text())
def test_any_text_comes_out_composed_stripped_and_without_controls(text, params, talks):
    mended, _ = mend(text, params, talks)
    assert unicodedata.is_normalized("NFC", mended)
    assert mended == mended.strip()
    assert not any(unicodedata.category(c) == "Cc" for c in mended if c not in "\n\t")


@pytest.mark.parametrize("unit", ["Ã©", "ÃÂ", "é", " \n", "\u200d", "漢", "\x85"])
def test_a_megabyte_of_anything_is_mended(unit, params, talks):
    mend(unit * (1_000_000 // len(unit)), params, talks)
