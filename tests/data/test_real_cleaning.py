"""Real dialogues: all are kept, and of personal data they hold telephone numbers, addresses and names."""

import gzip
import json

import polars as pl
import pytest

from chatloop.formats import FORMATS
from chatloop.io.tables import turns_of
from chatloop.params import CleanParams
from chatloop.params.file import read_params
from chatloop.params.sources import Source
from chatloop.privacy.kinds import KINDS
from chatloop.privacy.redaction import count_personal_data, redact
from tests.stages_of_clean import judge_all, repair

SOURCE = Source(path="sgd")


@pytest.fixture(scope="module")
def params(root) -> CleanParams:
    return read_params(root / "params.yaml").clean


@pytest.fixture(scope="module")
def mended(sgd, params) -> pl.DataFrame:
    with gzip.open(sgd / "dev.jsonl.gz", "rt", encoding="utf-8") as lines:
        records = [
            talk for line in lines for talk in FORMATS["messages"].parse(json.loads(line), SOURCE)
        ]
    return repair(turns_of(records, "sgd"), params).turns


def test_real_dialogues_are_all_kept(mended, params):
    judged = judge_all(mended, params)
    assert not any(judged.reasons.values())
    assert judged.kept.height == mended.height


def test_only_numbers_addresses_and_names_are_redacted_and_none_is_left(mended):
    private, counts, _ = redact(mended, KINDS)
    found = {kind: count for kind, count in counts.items() if count}
    assert found["phone"] == 514
    assert set(found) == {"phone", "postal_address", "person"}
    assert count_personal_data(private["content"], KINDS).sum() == 0
