from pathlib import Path
from typing import Any

import pytest
import yaml

from chatloop.errors import UserError
from chatloop.params.file import parse_params, read_params, unknown_key


@pytest.fixture
def data(root: Path) -> dict[str, Any]:
    return yaml.safe_load((root / "params.yaml").read_text())


def changed(data: dict[str, Any], key: str, value: object) -> dict[str, Any]:
    *path, last = key.split(".")
    section = data
    for part in path:
        section = section[part]
    section[last] = value
    return data


def test_shipped_params_are_allowed(root: Path) -> None:
    assert read_params(root / "params.yaml").base.model == "tiny"


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("train.learning_rate", "2e-5", "train.learning_rate: '2e-5' is text, not a number; write 2.0e-5"),
        ("train.lerning_rate", 1.0, "train.lerning_rate: no such key; known here: epochs,"),
        ("train.epochs", True, "train.epochs: True: Input should be a valid number"),
        ("split.test_share", 0.9, "split.test_share: 0.9: Input should be less than 0.5"),
        ("base.revision", "main", "base.revision: 'main': String should match pattern"),
        ("clean.near_duplicates.treshold", 1, "known here: threshold, permutations"),
        ("clean.rules", ["too_lnog"], "clean.rules.0: 'too_lnog': Input should be 'empty_turn',"),
        ("clean.repairs", ["html"], "clean.repairs.0: 'html': Input should be 'encoding_repaired',"),
        ("clean.languages", [], "clean.languages: its value: Tuple should have at least 1 item"),
        ("clean.own_rules", {"Has Space": "turn > 1"}, "clean.own_rules.Has Space"),
        ("split.caps.sources", {"logs": 0}, "split.caps.sources.logs: 0"),
        ("split.weights.topics", {"returns": 1.5}, "split.weights.topics.returns: 1.5"),
        ("validate.drift.action", "halt", "validate.drift.action: 'halt': Input should be 'warn' or"),
        ("ingest.sources", [], "ingest.sources: its value: name at least one source"),
        ("ingest.sources", [{"pat": "x"}], "ingest.sources.0.pat: no such key; known here: path, format"),
        ("validate.topics", {"min": 5, "max": 2}, "validate.topics: its value: min 5 is above max 2"),
        ("base.tiny.width", 30, "is not a multiple of twice heads"),
        ("train", 5, "train: is a section with keys of its own: epochs,"),
        ("ingest.sources", [5], "ingest.sources.0: is a section with keys of its own: path, format"),
        ("typo", {}, "typo: no such key; known here: ingest, clean"),
    ],
)  # fmt: skip
def test_a_wrong_key_type_or_range_is_one_line_that_names_it(
    data: dict[str, Any], key: str, value: object, says: str
) -> None:
    with pytest.raises(UserError) as caught:
        parse_params(changed(data, key, value), "params.yaml")
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("sources", ["logs", {"path": "logs"}, ["logs"], [{"path": "logs"}]])
def test_a_source_may_be_a_path_or_an_entry_alone_or_in_a_list(
    data: dict[str, Any], sources: object
) -> None:
    params = parse_params(changed(data, "ingest.sources", sources), "params.yaml")
    assert [source.path for source in params.ingest.sources] == ["logs"]


@pytest.mark.parametrize("text", ["a: [", "- 1", "", "\x00"])
def test_a_file_that_holds_no_params_is_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(text)
    with pytest.raises(UserError):
        read_params(path)


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        read_params(tmp_path / "params.yaml")


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("train.lerning_rate", "train.lerning_rate: no such key; known here: epochs, batch_rows"),
        ("trian.epochs", "trian.epochs: no such key; known here: ingest, clean"),
        ("base.tiny.depth", "base.tiny.depth: no such key; known here: vocab_size, layers"),
        ("ingest.sources[0].pth", "ingest.sources[0].pth: no such key; known here: path"),
    ],
)
def test_a_key_that_is_not_there_is_answered_with_those_that_are(key: str, said: str) -> None:
    assert (unknown_key(key) or "").startswith(said)


@pytest.mark.parametrize(
    "key",
    ["train.epochs", "split.caps.sources.mine", "clean.own_rules.mine", "validate.topics.min"],
)
def test_keys_that_are_there_or_are_the_users_own_are_known(key: str) -> None:
    assert unknown_key(key) is None
