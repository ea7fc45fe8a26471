"""A stage from the command line: what ends it, in which words, with which exit code."""

import errno
import sys

import pytest

from chatloop import stages


@pytest.mark.parametrize(("number", "code"), [(errno.ENOSPC, 2), (errno.EIO, 1)])
def test_a_disk_that_refuses_is_the_users_to_mend(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: int, code: int
) -> None:
    def split(_: object) -> None:
        raise OSError(number, "no", "data/split/train.parquet")

    monkeypatch.setattr(stages, "_section", lambda _: None)
    monkeypatch.setattr(sys, "argv", ["split"])
    with pytest.raises(SystemExit) as ended:
        stages.main(split)
    said = capsys.readouterr().err
    assert ended.value.code == code
    assert ("Traceback" in said) == (code == 1)
    assert "chatloop split: error: " in said
