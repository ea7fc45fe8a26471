"""The built-in corpus through repair, redaction and judgement: every planted defect by number."""

import polars as pl
import pytest

from chatloop.cleaning.judging import Judgement
from chatloop.corpus import Corpus, generate
from chatloop.duplicates.index import near_duplicates
from chatloop.duplicates.near import transcripts
from chatloop.duplicates.splitting import assigned, kinds_of
from chatloop.formats import FORMATS
from chatloop.io.tables import turns_of
from chatloop.params import Params
from chatloop.params.file import read_params
from chatloop.params.sources import Source
from chatloop.privacy.kinds import KINDS
from chatloop.privacy.redaction import count_personal_data, redact
from tests.stages_of_clean import judge_all, repair

REPAIRED = ("encoding_repaired", "boilerplate_removed")


@pytest.fixture(scope="module")
def params(root) -> Params:
    return read_params(root / "params.yaml")


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return generate(3600, 7)


@pytest.fixture(scope="module")
def mended(corpus, params):
    parse, source = FORMATS["messages"].parse, Source(path="builtin")
    conversations = (talk for record in corpus.records for talk in parse(record, source))
    return repair(turns_of(conversations, "builtin"), params.clean)


@pytest.fixture(scope="module")
def private(mended):
    return redact(mended.turns, KINDS)[0]


@pytest.fixture(scope="module")
def judged(private, params) -> Judgement:
    return judge_all(private, params.clean)


def test_each_rule_rejects_exactly_the_conversations_planted_for_it(corpus, judged):
    found = judged.rejects.group_by("reason").agg("conversation_id")
    by_reason = {reason: tuple(sorted(set(ids))) for reason, ids in found.iter_rows()}
    planted = {name: ids for name, ids in corpus.planted.items() if name not in REPAIRED}
    assert by_reason == planted
    found = {name: count for name, count in judged.reasons.items() if count}
    assert found == {name: len(ids) for name, ids in planted.items()}


@pytest.mark.parametrize("name", REPAIRED)
def test_each_repair_mends_as_many_turns_as_were_broken(name, corpus, mended):
    assert mended.changed[name] == len(corpus.planted[name])


def test_no_planted_personal_value_survives_anywhere(corpus, private):
    assert len(corpus.personal_data) >= 10 and set(corpus.personal_data) <= set(KINDS)
    texts = dict(private.group_by("conversation_id").agg("content").iter_rows())
    alive = [
        (name, value)
        for pairs in corpus.personal_data.values()
        for name, value in pairs
        if any(value in text for text in texts[name])
    ]
    assert alive == []
    assert count_personal_data(private["content"], KINDS).sum() == 0


@pytest.mark.parametrize("kind", KINDS)
def test_each_planted_value_is_one_placeholder_and_there_are_no_others(kind, corpus, private):
    placeholders = private.select(
        "conversation_id", pl.col("content").str.extract_all(rf"\[{kind.upper()}_[0-9]+\]")
    ).explode("content")
    found = placeholders.drop_nulls().unique().sort("conversation_id")
    planted = corpus.personal_data.get(kind, ())
    assert found["conversation_id"].to_list() == [name for name, _ in planted]


def test_no_twin_crosses_over_to_another_split(judged, params):
    whole = transcripts(judged.kept)
    cluster = near_duplicates(whole["transcript"], params.split.near_duplicates)
    kinds = kinds_of(judged.kept, params.split)
    placed = assigned(whole["conversation_id"], cluster, kinds, params.split)
    assert placed.height == judged.kept["conversation_id"].n_unique()
    inside = placed.filter(pl.col("reason").is_null())
    assert inside.height >= placed.height - 6
    assert inside.group_by("cluster").agg(pl.col("split").n_unique())["split"].max() == 1
