"""The corpus as a whole: reproducible, unique, and held-out conversations are not copies."""

import os
import random
import subprocess
import sys
from collections import Counter, defaultdict

import pytest

from chatloop.corpus import MINIMUM, generate
from chatloop.errors import UserError

PRINT_DIGEST = """
import hashlib, json
from chatloop.corpus import generate
corpus = generate(60, 5)
whole = [corpus.records, dict(corpus.planted), dict(corpus.personal_data)]
print(hashlib.sha256(json.dumps(whole).encode()).hexdigest())
"""


def text(record):
    return " ".join(m["content"] for m in record["messages"] if m["role"] != "system").lower()


def shingles(record):
    words = text(record).split()
    return {tuple(words[at : at + 3]) for at in range(len(words) - 2)}


def highest_similarity(records):
    """The largest Jaccard similarity of any two, by counting the shingles that they share."""
    spoken = [shingles(record) for record in records]
    holders, highest = defaultdict(list), 0.0
    for at, mine in enumerate(spoken):
        shared = Counter(other for shingle in mine for other in holders[shingle])
        for other, count in shared.items():
            highest = max(highest, count / (len(mine) + len(spoken[other]) - count))
        for shingle in mine:
            holders[shingle].append(at)
    return highest


def test_records_have_ids_of_their_own_and_are_shuffled(corpus):
    ids = [record["id"] for record in corpus.records]
    assert sorted(ids) == [f"shop-{number:05}" for number in range(1, 3601)]
    assert ids != sorted(ids)


def test_a_record_is_in_open_ai_style(corpus):
    for record in corpus.records:
        assert list(record) == ["id", "topics", "messages"]
        assert 1 <= len(record["topics"]) <= 2
        for message in record["messages"]:
            assert list(message) == ["role", "content"]
            assert message["role"] in ("system", "user", "assistant")


def test_the_same_seed_gives_the_same_corpus_and_another_seed_another(small):
    assert generate(120, seed=3) == small
    other = generate(120, seed=4)
    assert not {text(record) for record in other.records} & {text(r) for r in small.records}


def test_the_corpus_does_not_depend_on_the_hash_seed():
    digests = {
        subprocess.run(
            [sys.executable, "-c", PRINT_DIGEST],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


def test_a_corpus_too_small_for_all_defects_is_refused():
    assert len(generate(MINIMUM, seed=1).records) == MINIMUM
    with pytest.raises(UserError, match=str(MINIMUM)):
        generate(MINIMUM - 1, seed=1)


def test_no_two_conversations_are_alike_unless_planted(corpus):
    copies = {*corpus.planted["duplicate"], *corpus.planted["near_duplicate"]}
    others = [record for record in corpus.records if record["id"] not in copies]
    assert highest_similarity(random.Random(0).sample(others, 1000)) < 0.7


def test_single_exchanges_are_not_alike_either(clean):
    short = [r for r in clean if sum(m["role"] == "user" for m in r["messages"]) == 1]
    assert len(short) > 500
    assert highest_similarity(short) < 0.75


def test_a_held_out_conversation_is_not_a_copy_of_a_training_one(clean):
    mixed = random.Random(1).sample(clean, len(clean))
    training, held_out = mixed[: len(mixed) * 4 // 5], mixed[len(mixed) * 4 // 5 :]

    def turns(records, role):
        return [m["content"] for r in records for m in r["messages"] if m["role"] == role]

    def openings(records):
        return [turns([record], "user")[0] for record in records]

    seen = set(openings(training))
    assert sum(opening in seen for opening in openings(held_out)) / len(held_out) < 0.05
    answers, known = turns(held_out, "assistant"), set(turns(training, "assistant"))
    assert sum(answer in known for answer in answers) / len(answers) < 0.6
