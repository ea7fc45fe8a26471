"""A disk that fills up during a run: what is said is what happened, with a user's exit code."""

import errno
import logging
from pathlib import Path

import pytest
from dvc.exceptions import DvcException

from chatloop.errors import UserError
from chatloop.params.file import read_params
from flows.operating import recording
from flows.operating.recording import recorded
from flows.processes import reproduce

FULL = OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("wrapped", [True, False])
def test_what_dvc_cannot_write_is_one_line_and_the_users_to_mend(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], wrapped: bool
) -> None:
    def fails(*_: object) -> bool:
        if wrapped:
            raise DvcException("failed to commit") from FULL
        raise FULL

    monkeypatch.setattr(reproduce, "_reproduce", fails)
    assert reproduce.main("train") == UserError.exit_code
    assert capsys.readouterr().out == "chatloop train: error: .dvc: No space left on device\n"


def test_a_diary_that_cannot_be_written_does_not_hide_why_the_run_failed(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(recording, "get_run_logger", lambda: logging.getLogger("test"))
    monkeypatch.setattr(recording, "FOLDER", tmp_path)
    monkeypatch.setattr(recording.telling, "run_link", tuple)
    monkeypatch.setattr(recording.telling, "tell", lambda *_: [])
    with (
        pytest.raises(UserError, match="train: the disk is full"),
        recorded(read_params(root / "params.yaml"), []),
    ):
        (tmp_path / "runs.json").unlink()  # so that nothing can be closed
        raise UserError("train: the disk is full")
    assert "its line in the diary was left out" in caplog.text
