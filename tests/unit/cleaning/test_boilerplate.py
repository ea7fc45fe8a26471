import polars as pl

from chatloop.params import CleanParams
from tests.stages_of_clean import repair


def without_boilerplate(turns: pl.DataFrame, params: CleanParams) -> pl.Series:
    """Content that only this repair has mended."""
    alone = params.model_copy(update={"repairs": ("boilerplate_removed",)})
    return repair(turns, alone).turns["content"]


FOOTER = "Sent by our desk. Do not reply."


def test_a_line_of_many_conversations_goes_wherever_it_stands(params, talks):
    turns = talks(
        ["q", f"One.\n{FOOTER}"],
        ["q", f"{FOOTER}\nTwo."],
        ["q", f"Three.\n\n  {FOOTER}\n\nmore"],
    )
    content = without_boilerplate(turns, params).to_list()
    assert content[1::2] == ["One.", "Two.", "Three.\n\nmore"]


def test_rare_or_short_lines_stay(params, talks):
    turns = talks(*([f"{n}\nThank you.", f"{n}\nrare line of {n % 2}"] for n in range(4)))
    assert without_boilerplate(turns, params).equals(turns["content"])


def test_a_line_often_in_one_conversation_is_no_boilerplate(params, talks):
    turns = talks([f"a\n{FOOTER}", f"b\n{FOOTER}", f"c\n{FOOTER}", f"d\n{FOOTER}"])
    assert without_boilerplate(turns, params).equals(turns["content"])


def test_what_somebody_said_alone_stays_however_often(params, talks):
    turns = talks(*(["Thank you very much.", FOOTER] for _ in range(9)))
    assert without_boilerplate(turns, params).equals(turns["content"])


def test_a_turn_of_nothing_but_boilerplate_keeps_it(params, talks):
    turns = talks(*([f"hello\n{FOOTER}"] for _ in range(3)), [f"{FOOTER}\n{FOOTER}"])
    assert without_boilerplate(turns, params)[3] == f"{FOOTER}\n{FOOTER}"
