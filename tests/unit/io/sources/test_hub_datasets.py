"""Data sets of a hub: the loading code, on folders of the same layout."""

import json
from pathlib import Path

import pytest

from chatloop.errors import UserError
from chatloop.io.sources import hub, records_by_file
from chatloop.params.sources import Source

pytest.importorskip("datasets")
REVISION = "179a90cf" + "0" * 32
TALK = {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data set of two splits, and nothing from or to the user's own cache."""
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    data = tmp_path / "data"
    data.mkdir()
    (data / "train.jsonl").write_text("\n".join([json.dumps(TALK)] * 3))
    (data / "test.jsonl").write_text(json.dumps(TALK))
    real = hub.load
    monkeypatch.setattr(hub, "load", lambda path, source, at: real(data, source, at))
    return data


def test_every_split_is_read_in_order_and_rows_say_where_they_stood(folder: Path) -> None:
    (records,) = records_by_file(Source(path="owner/name", revision=REVISION), 0)
    read = list(records)
    assert [one.value for one in read] == [TALK] * 4
    assert [(one.file, one.line) for one in read[:2]] == [
        ("owner/name@179a90cf0000/test", 1),
        ("owner/name@179a90cf0000/train", 1),
    ]
    assert json.loads(read[0].raw) == TALK


def test_one_split_is_read_when_it_is_named(folder: Path) -> None:
    source = Source(path="owner/name", revision=REVISION, split="train")
    assert len(list(hub.read_dataset(source, 0))) == 3


@pytest.mark.parametrize("wrong", [{"split": "nope"}, {"subset": "nope"}])
def test_what_a_data_set_does_not_have_is_one_line(folder: Path, wrong: dict[str, str]) -> None:
    source = Source(path="owner/name", revision=REVISION, **wrong)
    with pytest.raises(
        UserError, match=r"sources\[2\]: owner/name at 179a90cf0000 cannot be read"
    ) as caught:
        list(hub.read_dataset(source, 2))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("broken", ['{"messages": "call ann@x.example"', '["ann@x.example"]\n3'])
def test_rows_that_cannot_be_read_are_one_line_that_quotes_none(folder: Path, broken: str) -> None:
    (folder / "train.jsonl").write_text(f"{json.dumps(TALK)}\n{broken}\n")
    with pytest.raises(UserError, match="cannot be read") as caught:
        list(hub.read_dataset(Source(path="owner/name", revision=REVISION), 0))
    assert "ann@" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("path", ["a/b/c", "../a", "/a"])
def test_a_path_with_a_revision_must_be_an_id(path: str) -> None:
    with pytest.raises(UserError, match="the path is the id of a hub data set"):
        hub.check_dataset(Source(path=path, revision=REVISION), 0)
