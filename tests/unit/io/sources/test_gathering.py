"""Rows of one conversation come together, or go together: none has a hole in it."""

from pathlib import Path

import pytest

from chatloop.formats import FORMATS
from chatloop.formats.plain import table
from chatloop.io.sources.gathering import gather
from chatloop.io.sources.record import Record
from chatloop.params.sources import Source

HEAD = b"conversation_id,role,content\n"
GOOD = b"b,user,Open?\nb,assistant,Yes.\n"


def gathered(tmp_path: Path, content: bytes) -> list[Record]:
    path = tmp_path / "talks.csv"
    path.write_bytes(content)
    source = Source(path=path.as_posix(), format="table")
    return list(gather(source, 0, FORMATS["table"]))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b"a,assistant,Yes, until six\n", "bad_row"),
        (b"a,assistant\n", "bad_row"),
        (b"a,assistant,Caf\xe9\n", "not_utf8"),
    ],
)
def test_a_row_that_is_not_understood_takes_its_conversation_with_it(
    tmp_path: Path, row: bytes, reason: str
) -> None:
    content = HEAD + b"a,user,Hi\n" + GOOD + row + b"a,user,Thanks\n"
    good, bad = gathered(tmp_path, content)
    assert good.problem is None
    assert [row["content"] for row in good.value] == ["Open?", "Yes."]  # type: ignore[attr-defined]
    assert bad.problem is not None
    assert bad.problem.reason == reason
    assert "its row in line 5: " in bad.problem.detail
    assert bad.raw.startswith("a,user,Hi\n")
    assert bad.raw.endswith("\na,user,Thanks")
    assert bad.value is None


def test_a_row_that_is_nobodys_goes_alone(tmp_path: Path) -> None:
    records = gathered(tmp_path, HEAD + b",,,,\n" + GOOD)
    assert [record.problem is None for record in records] == [False, True]
    assert table.key(None, Source(path="-")) is None
