"""What a user may write wrong in a behaviour file is one line that names file, line and key."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatloop.behaviour.case import CASE_KINDS, Case
from chatloop.behaviour.document import read_document
from chatloop.behaviour.suite import parse_suite
from chatloop.conversation import Message
from chatloop.errors import UserError
from chatloop.io.evaluating.cases import read_case_files

FEW_LINES = """
- name: greets
  question: hello
  contains: [hello, {any: [help, do for you]}]
  max_words: 30

- name: greets_in_capitals
  messages:
    - system: Be kind.
    - {role: user, content: HELLO}
  same_as: greets
  must: true
"""


def one(lines: str) -> tuple[Case, ...]:
    return parse_suite([("evals/mine.yaml", lines)])


def refused(lines: str) -> str:
    with pytest.raises(UserError) as caught:
        one(lines)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_few_lines_make_a_case() -> None:
    greets, capitals = one(FEW_LINES)
    assert greets.asked == (Message("user", "hello"),)
    assert greets.contains == (("hello",), ("help", "do for you"))
    assert (greets.sort, capitals.sort) == ("minimum_function", "invariance")
    assert capitals.asked == (Message("system", "Be kind."), Message("user", "HELLO"))
    assert capitals.must


def test_yes_no_and_numbers_are_words_to_look_for() -> None:
    (case,) = one("- {name: a, question: q, contains: [yes, 3.10, 010]}")
    assert case.contains == (("yes",), ("3.10",), ("010",))


CASE = "- name: a\n  question: q\n"


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (f"{CASE}  contians: x\n", "evals/mine.yaml: line 3: contians: no such key (meant: contains?); known here: name, kind"),
        ("- question: q\n  contains: x\n", "line 1: name: is missing"),
        (f"{CASE}  contains: x\n- name: a\n  question: r\n  contains: y\n", "line 4: a: the name is taken (evals/mine.yaml: line 1)"),
        (f"{CASE}  same_as: b\n", "line 1: a: there is no case b"),
        (f"{CASE}  same_as: a\n", "a are compared in a circle"),
        (f"{CASE}  same_as: c\n- {{name: b, question: q, differs_from: a}}\n- {{name: c, question: q, same_as: b}}\n", "a, c, b are compared in a circle"),
        (f"{CASE}  same_as: b\n  differs_from: b\n- {{name: b, question: q, contains: x}}\n", "same as b and different from it"),
        (CASE, "a: checks nothing; give it one of contains,"),
        (f"{CASE}  rubric: be kind\n  must: true\n", "a must needs a check"),
        (f"{CASE}  messages: [{{user: hi}}]\n  contains: x\n", "either a question or messages"),
        ("- name: a\n  contains: x\n", "either a question or messages"),
        ("- name: a\n  messages: [{user: hi}, {assistant: ho}]\n  contains: x\n", "end with a user's turn"),
        ("- name: a\n  messages:\n    - usr: hi\n  contains: x\n", "line 2: messages: usr is no role"),
        ("- name: a\n  messages: hi\n  contains: x\n", "is a list of turns"),
        (f"{CASE}  kind: minimum\n  contains: x\n", "line 3: kind: input should be 'minimum_function'"),
        (f"{CASE}  matches: '(a'\n", "line 3: matches: '(a' is no pattern (unclosed group)"),
        (f"{CASE}  not_matches: ['(?=a)b']\n", "look-around"),
        (f"{CASE}  matches: '(a{{1000}}){{1000}}'\n", "line 3: matches:"),
        (f"{CASE}  max_words: many\n", "line 3: max_words: input should be a valid integer"),
        (f"{CASE}  max_words: -1\n", "line 3: max_words:"),
        (f"{CASE}  max_words: 3\n  min_words: 4\n", "min_words is above max_words"),
        (f"{CASE}  contains: []\n", "an empty list asks for nothing"),
        (f"{CASE}  contains: {{any: []}}\n", "an empty list asks for nothing"),
        (f"{CASE}  contains: {{some: [x]}}\n", "is a text, a list, {any: [...]} or {all: [...]}"),
        (f"{CASE}  contains: ''\n", "line 3: contains: string should"),
        (f"{CASE}  not_contains: ['  ']\n", "line 3: not_contains: string should match"),
        (f"{CASE}  no_personal_data: false\n", "is `true` or a list"),
        (f"{CASE}  no_personal_data: [credit]\n", "credit is no kind of personal data"),
        (f"{CASE}  similarity: 2\n  same_as: b\n", "line 3: similarity:"),
        ("- name: Has Space\n  question: q\n  contains: x\n", "line 1: name:"),
        ("- name: a\n  question: order #48213\n  contains: x\n", "line 2: #48213 after a blank is a comment to YAML"),
        ("", "holds no case"),
        ("# nothing yet\n", "holds no case"),
        ("[]", "holds no case"),
        ("name: a\n", "is no list"),
        ("just text", "is no list"),
        ("- just text", "line 1: is no case"),
        ("- name: a\n  name: b\n", "line 2: name: stands twice"),
        ("- [a: {", "is no YAML"),
        ("\t- x", "is no YAML"),
        ("- \x00", "is no YAML"),
        ("- a\n---\n- b\n", "several documents"),
        ("- !!python/object:os.system x", "a tag (!) is not read"),
        ("- &a [x]\n- *a\n", "anchors and aliases"),
        ("- " + "[" * 500, "nested deeper than 12"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_line(lines: str, says: str) -> None:
    assert says in refused(lines)


def test_aliases_that_would_unfold_are_refused_at_the_first() -> None:
    bomb = "- &a [x, x]\n" + "".join(
        f"- &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert "line 1: anchors and aliases" in refused(bomb)


def test_the_same_name_in_two_files_names_both() -> None:
    with pytest.raises(
        UserError, match=r"b\.yaml: line 1: x: the name is taken \(a\.yaml: line 1\)"
    ):
        parse_suite([(f, "- {name: x, question: q, contains: y}") for f in ("a.yaml", "b.yaml")])


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet=st.sampled_from("-: [{}],&*!#'\"\nabc|>%@"), max_size=60))
def test_any_text_is_cases_or_one_line(text: str) -> None:
    try:
        one(text)
    except UserError as error:
        assert "\n" not in str(error)


def test_lines_are_those_of_the_file() -> None:
    found = read_document("# a\n\n- name: a\n  contains:\n    - x\n    - y\n")
    assert found.value == [{"name": "a", "contains": ["x", "y"]}]
    assert found.line_of((0, "contains", 1)) == 6
    assert found.line_of((0, "contains", 1, "deeper")) == 6


def test_the_shipped_cases_are_many_and_of_every_kind(root) -> None:
    cases = parse_suite(read_case_files(root / "evals"))
    assert len(cases) >= 40
    assert {case.sort for case in cases} == set(CASE_KINDS)
    assert any(case.must for case in cases)
    assert any(case.rubric for case in cases)


def test_a_folder_without_cases_and_files_that_are_no_text_are_one_line(tmp_path) -> None:
    for says in ("is not there", "holds no", "is not UTF-8"):
        folder = tmp_path / "evals"
        with pytest.raises(UserError, match=says):
            read_case_files(folder)
        if folder.exists():
            (folder / "a.yaml").write_bytes(b"\xff\xfe\x00")
        folder.mkdir(exist_ok=True)
