"""Processes that are started together end together, in every way that one can end."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from chatloop.errors import UserError
from chatloop.io.ranks import is_rank, supervise

RANK = """
import os, signal, sys, threading
from chatloop.io.ranks import LOST, live_with_the_supervisor
live_with_the_supervisor()
number, way = int(os.environ["RANK"]), sys.argv[1]
assert os.environ["WORLD_SIZE"] == "3"
signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
if way == "well":
    sys.exit(0)
if way == "lost" and number != 1:
    sys.exit(LOST)
if number == 1 and way in ("dies", "lost"):
    os.kill(os.getpid(), signal.SIGKILL)
if number == 1 and way == "fails":
    sys.exit("Traceback ...\\nValueError: no such thing")
if way == "says":
    sys.stderr.write("chatloop: error: said once\\n")
    sys.exit(2)
if number == 2 and way == "term":
    os.kill(os.getppid(), signal.SIGTERM)
if number == 0 and way == "orphans":
    os.kill(os.getppid(), signal.SIGKILL)
threading.Event().wait(120)
"""


@pytest.fixture
def ranks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "a_rank.py").write_text(RANK)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("chatloop.io.ranks.GRACE_SECONDS", 0.2)
    return tmp_path


def alive(folder: Path) -> list[psutil.Process]:
    return [p for p in psutil.process_iter(["cwd"]) if p.info["cwd"] == str(folder)
            and p.pid != os.getpid()]  # fmt: skip


@pytest.mark.parametrize(("way", "code"), [("well", 0), ("says", 2), ("term", 130)])
def test_all_end_as_the_first_one_does(
    ranks: Path, way: str, code: int, capfd: pytest.CaptureFixture[str]
) -> None:
    assert supervise("a_rank", [way], 3) == code
    assert capfd.readouterr().err.count("said once") == (way == "says")
    assert alive(ranks) == []


@pytest.mark.parametrize(
    ("way", "how"),
    [
        ("dies", "process 1 of 3 was ended by SIGKILL; all were ended"),
        ("lost", "process 1 of 3 was ended by SIGKILL; all were ended"),
        ("fails", "process 1 of 3 ended with 1: ValueError: no such thing; all were ended"),
    ],
)
def test_one_that_dies_ends_all_and_is_named_in_a_line(ranks: Path, way: str, how: str) -> None:
    with pytest.raises(UserError, match=how):
        supervise("a_rank", [way], 3)
    assert alive(ranks) == []


def test_none_outlives_a_supervisor_that_is_killed(ranks: Path) -> None:
    code = "from chatloop.io.ranks import supervise; supervise('a_rank', ['orphans'], 3)"
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == -signal.SIGKILL
    assert psutil.wait_procs(alive(ranks), timeout=60)[1] == []


def test_one_process_is_no_rank(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not is_rank()
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert is_rank()
