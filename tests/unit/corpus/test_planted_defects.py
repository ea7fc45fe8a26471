"""Every defect is found by a check of its own: as many as promised, and in no other record."""

import re
import unicodedata
from collections import defaultdict
from itertools import pairwise

import pytest

from chatloop.corpus.defects import counts

AT_3600 = {
    "duplicate": 60,
    "near_duplicate": 60,
    "empty_turn": 24,
    "roles_out_of_order": 24,
    "answer_missing": 24,
    "broken_encoding": 24,
    "wrong_script": 24,
    "too_long": 24,
    "encoding_repaired": 24,
    "boilerplate_removed": 90,
}
AT_120 = AT_3600 | dict.fromkeys(AT_3600, 1)
AT_120 |= {"duplicate": 2, "near_duplicate": 2, "boilerplate_removed": 3}


def contents(record):
    return [m["content"] for m in record["messages"] if m["role"] != "system"]


def roles(record):
    return [m["role"] for m in record["messages"] if m["role"] != "system"]


def is_foreign(text):
    letters = [c for c in text if c.isalpha()]
    latin = sum("LATIN" in unicodedata.name(c) for c in letters)
    return bool(letters) and latin / len(letters) < 0.5


def is_mojibake(text):
    try:
        return text.encode("cp1252").decode() != text
    except UnicodeError:
        return False


# What a record looks like that carries the defect, told without the code that plants it.
LOOKS = {
    "empty_turn": lambda r: any(not re.sub(r"[\s\u200b\ufeff]", "", text) for text in contents(r)),
    "roles_out_of_order": lambda r: (
        roles(r)[0] == "assistant" or any(a == b for a, b in pairwise(roles(r)))
    ),
    "answer_missing": lambda r: roles(r)[-1] == "user",
    "broken_encoding": lambda r: any("\ufffd" in text for text in contents(r)),
    "wrong_script": lambda r: any(map(is_foreign, contents(r))),
    "too_long": lambda r: any(len(text) > 2200 for text in contents(r)),
    "encoding_repaired": lambda r: any(map(is_mojibake, contents(r))),
    "boilerplate_removed": lambda r: any(
        "\n" in text.strip() and len(text) < 1000 and not is_mojibake(text) for text in contents(r)
    ),
}


def folded(record):
    return tuple((m["role"], " ".join(m["content"].lower().split())) for m in record["messages"])


def shingles(record):
    words = " ".join(contents(record)).lower().split()
    return {tuple(words[at : at + 3]) for at in range(len(words) - 2)}


def jaccard(one, two):
    return len(one & two) / len(one | two)


@pytest.mark.parametrize(("size", "expected"), [("corpus", AT_3600), ("small", AT_120)])
def test_there_are_as_many_of_each_as_promised(size, expected, request):
    corpus = request.getfixturevalue(size)
    assert {name: len(ids) for name, ids in corpus.planted.items()} == expected
    assert counts(len(corpus.records)) == expected


def test_no_record_carries_two(corpus):
    carried = [at for ids in corpus.planted.values() for at in ids]
    assert len(carried) == len(set(carried))
    assert all(list(ids) == sorted(ids) for ids in corpus.planted.values())


@pytest.mark.parametrize("size", ["corpus", "small"])
@pytest.mark.parametrize("name", LOOKS)
def test_exactly_the_planted_records_look_like_it(size, name, request):
    corpus = request.getfixturevalue(size)
    found = {record["id"] for record in corpus.records if LOOKS[name](record)}
    assert found == set(corpus.planted[name])


def test_two_turns_of_one_side_differ(corpus):
    out_of_order = set(corpus.planted["roles_out_of_order"])
    for record in corpus.records:
        if record["id"] in out_of_order:
            texts = contents(record)
            assert all(one != two for one, two in pairwise(texts))
            assert roles(record)[-1] == "assistant"


def test_defects_come_in_several_forms(corpus):
    records = {record["id"]: record for record in corpus.records}
    missing = [len(roles(records[at])) for at in corpus.planted["answer_missing"]]
    assert min(missing) == 1 < max(missing)
    starts = {tuple(roles(records[at])[:2]) for at in corpus.planted["roles_out_of_order"]}
    assert {("assistant", "user"), ("user", "user")} <= starts
    foreign = "".join(
        text for at in corpus.planted["wrong_script"] for text in contents(records[at])
    )
    scripts = {unicodedata.name(c).split()[0] for c in foreign if c.isalpha()}
    assert {"CYRILLIC", "GREEK", "CJK", "ARABIC", "HEBREW", "HANGUL"} <= scripts


def test_boilerplate_is_few_lines_that_repeat(corpus):
    records = {record["id"]: record for record in corpus.records}
    lines = [
        text.split("\n")[-1]
        for at in corpus.planted["boilerplate_removed"]
        for text in contents(records[at])
        if "\n" in text
    ]
    assert len(lines) == 90
    assert len(set(lines)) == 3
    assert min(map(lines.count, lines)) == 30


@pytest.mark.parametrize("size", ["corpus", "small"])
def test_a_duplicate_equals_one_earlier_record_but_for_case_and_blanks(size, request):
    corpus = request.getfixturevalue(size)
    first, copies = {}, []
    for record in sorted(corpus.records, key=lambda record: record["id"]):
        original = first.setdefault(folded(record), record)
        if original is not record:
            copies.append(record["id"])
            assert original["topics"] == record["topics"]
    assert copies == list(corpus.planted["duplicate"])


@pytest.mark.parametrize("size", ["corpus", "small"])
def test_a_near_duplicate_has_one_earlier_twin_that_is_clean(size, request):
    corpus = request.getfixturevalue(size)
    planted = {at for ids in corpus.planted.values() for at in ids}
    personal = {at for pairs in corpus.personal_data.values() for at, _ in pairs}
    spoken = {record["id"]: shingles(record) for record in corpus.records}
    holders = defaultdict(list)
    for at, mine in spoken.items():
        for shingle in mine:
            holders[shingle].append(at)
    taken = []
    for at in corpus.planted["near_duplicate"]:
        near = {other for shingle in spoken[at] for other in holders[shingle]} - {at}
        twins = [other for other in near if jaccard(spoken[at], spoken[other]) >= 0.75]
        assert len(twins) == 1
        assert twins[0] < at
        assert twins[0] not in planted | personal
        assert jaccard(spoken[at], spoken[twins[0]]) >= 0.85
        taken += twins
    assert len(set(taken)) == len(taken)
