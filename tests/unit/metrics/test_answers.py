"""Metrics of written answers, against their definitions and the libraries that define them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatloop.metrics.answers.chrf import chrf, chrf_each
from chatloop.metrics.answers.copied_text import copied_text
from chatloop.metrics.answers.distinct_n import distinct_n
from chatloop.metrics.answers.empty_answers import empty_answers
from chatloop.metrics.answers.endless_answers import endless_answers
from chatloop.metrics.answers.length_ratio import length_ratio
from chatloop.metrics.answers.repetition import repetition
from chatloop.metrics.answers.rouge_l import rouge_l
from chatloop.metrics.perplexity import perplexity
from chatloop.metrics.token_accuracy import token_accuracy

WORDS = st.lists(st.sampled_from(["a", "b", "c", "d", "e", "f"]), max_size=12).map(" ".join)
TALL = " ".join(f"w{at}" for at in range(40))


def lcs(a: list[str], b: list[str]) -> int:
    """By the book (Cormen et al.), quadratic."""
    row = [0] * (len(b) + 1)
    for x in a:
        diagonal = 0
        for at, y in enumerate(b, start=1):
            diagonal, row[at] = row[at], diagonal + 1 if x == y else max(row[at], row[at - 1])
    return row[-1]


@given(WORDS, WORDS)
def test_rouge_l_is_the_f_score_of_the_longest_common_subsequence(a: str, b: str) -> None:
    common, total = lcs(a.split(), b.split()), len(a.split()) + len(b.split())
    assert rouge_l([a], [b]) == pytest.approx(2 * common / total if total else 0.0)


def test_rouge_l_knows_words_of_every_script() -> None:
    assert rouge_l(["Πού είναι η παραγγελία;"], ["πού είναι η ΠΑΡΑΓΓΕΛΊΑ"]) == 1.0
    assert rouge_l(["it left"], ["nothing alike"]) == 0.0


def test_chrf_is_that_of_sacrebleu() -> None:
    assert chrf(["your order left"], ["your order left"]) == pytest.approx(100.0)
    assert chrf(["abc"], ["xyz"]) == 0.0
    assert chrf_each(["your order left", "abc"], ["your order left", "xyz"]) == pytest.approx(
        [100, 0]
    )


def test_distinct_n_counts_over_all_answers() -> None:
    assert distinct_n(["a b a b", "a b"], 1) == 2 / 6
    assert distinct_n(["a b a b", "a b"], 2) == 2 / 4


def test_repetition_is_within_an_answer() -> None:
    assert repetition(["a b c d", "a b c d"]) == 0.0
    assert repetition(["x " * 10]) == 1 - 1 / 7


def test_shares_and_ratios() -> None:
    assert empty_answers(["", " \n", "x", "y"]) == 0.5
    assert endless_answers([True, False, False, False]) == 0.75
    assert length_ratio(["a b c"], ["a b", "c d"]) == 0.75
    assert perplexity(0.0, 3) == 1.0
    assert perplexity(1e6, 3) == float("inf")
    assert token_accuracy(3, 4) == 0.75


@pytest.mark.parametrize(
    "metric", [rouge_l, chrf, length_ratio], ids=lambda metric: metric.__name__
)
def test_nothing_is_zero(metric: object) -> None:
    assert callable(metric)
    assert metric([], []) == 0.0
    assert metric([""], [""]) == 0.0


def test_nothing_repeats_nothing() -> None:
    assert repetition([]) == distinct_n([], 2) == empty_answers([]) == endless_answers([]) == 0.0
    assert copied_text({"candidate": []}, [TALL]) == {"candidate": 0.0}
    assert copied_text({"candidate": [TALL]}, []) == {"candidate": 0.0}


def test_a_copy_is_thirteen_words_in_a_row() -> None:
    words = TALL.split()
    answers = {
        "copies": ["Well, " + " ".join(words[5:18]).upper() + " indeed"],
        "nearly": [" ".join(words[5:17]) + " indeed", " ".join(words[5:17])],
        "shuffled": [" ".join(reversed(words))],
    }
    assert copied_text(answers, ["other words", TALL]) == {
        "copies": 1.0,
        "nearly": 0.0,
        "shuffled": 0.0,
    }


def test_a_span_over_two_turns_is_no_copy() -> None:
    words = TALL.split()
    assert copied_text({"a": [TALL]}, [" ".join(words[:12]), " ".join(words[12:24])]) == {"a": 0.0}


@settings(deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "c"]), max_size=30), st.integers(1, 4))
def test_copies_are_those_that_a_plain_search_finds(words: list[str], span: int) -> None:
    training = ["a b c a a b", "c c c b"]
    padded = [f" {text} " for text in training]
    runs = [" ".join(words[at : at + span]) for at in range(len(words) - span + 1)]
    expected = any(f" {run} " in text for run in runs for text in padded)
    assert copied_text({"x": [" ".join(words)]}, training, span) == {"x": float(expected)}
