import errno
import os
import signal
import sys
from pathlib import Path

import pytest

from chatloop import project
from chatloop.cli import main
from chatloop.errors import UserError


def test_ctrl_c_says_what_the_next_run_does(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(project, "enter", interrupt)
    monkeypatch.setattr(sys, "argv", ["chatloop", "run"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 130
    assert capsys.readouterr().err == (
        "chatloop: interrupted; the next run goes on where this one stopped\n"
    )


def test_sigterm_says_the_same_and_is_what_a_shell_says_of_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(project, "enter", lambda: os.kill(os.getpid(), signal.SIGTERM))
    monkeypatch.setattr(sys, "argv", ["chatloop", "run"])
    try:
        with pytest.raises(SystemExit) as ended:
            main()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert ended.value.code == 143
    assert "the next run goes on where this one stopped" in capsys.readouterr().err


def test_what_the_disk_refuses_is_one_line_and_what_broke_is_not_hidden(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def raises(error: OSError) -> None:
        raise error

    monkeypatch.setattr(sys, "argv", ["chatloop", "run"])
    full = OSError(errno.EROFS, "Read-only file system", ".dvc/tmp/flow.lock")
    monkeypatch.setattr(project, "enter", lambda: raises(full))
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert capsys.readouterr().err == (
        "chatloop: error: .dvc/tmp/flow.lock: cannot be used (Read-only file system)\n"
    )
    monkeypatch.setattr(project, "enter", lambda: raises(OSError(errno.EIO, "broken", "x")))
    with pytest.raises(OSError, match="broken"):
        main()


def test_a_name_that_is_new_says_how_it_is_put_in(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "params.yaml").write_bytes((root / "params.yaml").read_bytes())
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"use \+clean.patterns=\{order: ORD\}"):
        project.override_params(["clean.patterns={order: ORD}"])
    assert (tmp_path / "params.yaml").read_bytes() == (root / "params.yaml").read_bytes()
