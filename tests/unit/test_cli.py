import sys

import pytest

from chatloop import project
from chatloop.cli import main


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
