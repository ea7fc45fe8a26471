"""A child cannot outlive us, however we end; and what it says arrives line by line."""

import os
import signal
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest
from flow_project import Start, descendants, gone, until

from flows.processes.child import run

pytestmark = pytest.mark.server
SHELL = """\
import subprocess
subprocess.run(["sh", "-c", "sleep 300 & sleep 300"])
"""


def module(folder: Path, text: str) -> str:
    """A module in the child's folder, where `python -m` finds it."""
    (folder / "command.py").write_text(textwrap.dedent(text))
    return "command"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_the_child_and_its_children_end_when_we_are_ended(
    background: Start, tmp_path: Path, number: signal.Signals
) -> None:
    command = module(tmp_path, SHELL)
    us = background(
        "-c",
        f"from pathlib import Path; from flows.processes.child import run;"
        f"run({command!r}, [], Path('.'), on_line=print)",
        cwd=tmp_path,
    )
    until(lambda: len(descendants(us.pid)) == 4)  # the child, the shell, two times sleep
    family = descendants(us.pid)

    us.send_signal(number)

    until(lambda: gone(family))


def test_what_a_tick_raises_ends_the_child(tmp_path: Path) -> None:
    family = []

    def tick() -> None:
        family[:] = descendants(os.getpid())
        if len(family) == 4:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        run(module(tmp_path, SHELL), [], tmp_path, on_line=print, on_tick=tick)
    assert gone(family)


def test_lines_come_as_a_terminal_shows_them(tmp_path: Path) -> None:
    command = module(
        tmp_path,
        r"""
        import sys
        sys.stdout.write("  1 %\r 50 %\r100 %\nsaid\r\n\nto the end")
        sys.stdout.flush()
        sys.stderr.buffer.write(b"\nbroken \xff here")
        """,
    )
    lines: list[str] = []
    assert run(command, [], tmp_path, on_line=lines.append) == 0
    assert lines == ["100 %", "said", "", "to the end", "broken \ufffd here"]


def test_lines_come_before_the_child_ends(tmp_path: Path) -> None:
    command = module(tmp_path, "import time\nprint('now')\ntime.sleep(300)\n")

    def enough(line: str) -> None:
        raise RuntimeError(line)

    with pytest.raises(RuntimeError, match="now"):
        run(command, [], tmp_path, on_line=enough)


@pytest.mark.parametrize(
    ("ends", "code"), [("sys.exit(3)", 3), ("os.kill(os.getpid(), 9)", 137), ("pass", 0)]
)
def test_the_exit_code_is_the_childs(tmp_path: Path, ends: str, code: int) -> None:
    command = module(tmp_path, f"import os, sys\n{ends}\n")
    assert run(command, [], tmp_path, on_line=print) == code


def test_a_process_that_the_child_leaves_behind_ends_with_it(tmp_path: Path) -> None:
    command = module(tmp_path, "import subprocess\nprint(subprocess.Popen(['sleep', '300']).pid)\n")
    lines: list[str] = []
    assert run(command, [], tmp_path, on_line=lines.append) == 0
    assert gone([process for process in psutil.process_iter() if process.pid == int(lines[0])])


def test_the_child_has_no_input_and_our_python_first_on_its_path(tmp_path: Path) -> None:
    command = module(
        tmp_path, "import os, sys\nprint(repr(sys.stdin.read()), os.environ['PATH'])\n"
    )
    lines: list[str] = []
    began = time.monotonic()
    run(command, [], tmp_path, on_line=lines.append, on_tick=lambda: _within(began, 30))
    said, _, path = lines[0].partition(" ")
    assert said == "''"
    assert path.split(os.pathsep)[0] == str(Path(sys.executable).parent)


def _within(began: float, seconds: float) -> None:
    assert time.monotonic() - began < seconds
