"""A machine of its own, as far as chatloop can tell: another process, clone and place for locks.

It records and registers the candidate of its clone, and then one that nobody else has.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from projects import Project

CODE = """
import json, sys
from pathlib import Path
from chatloop.io.files import folder_sha256, read_json, write_json
from chatloop.io.registry.register import register
from chatloop.io.tracking import record

def once():
    verdict, candidate = Path("reports/verdict.json"), Path("models/candidate")
    write_json(verdict, {**read_json(verdict), "candidate_sha256": folder_sha256(candidate)})
    return register(sys.argv[1], candidate, record(Path()), verdict)

print("ready", flush=True)
sys.stdin.readline()
same = once()
card = Path("models/candidate/card.json")
write_json(card, {**read_json(card), "mark": sys.argv[2]})
print(json.dumps([same, once()]))
"""


def start(project: Project, name: str, tracking: str) -> subprocess.Popen[str]:
    """Waits for a line on its input before it registers."""
    locks = project.root / "locks"
    locks.mkdir()
    path = os.pathsep.join(sys.path)
    env = {**os.environ, "PYTHONPATH": path, "MLFLOW_TRACKING_URI": tracking, "TMPDIR": str(locks)}
    command = [sys.executable, "-c", CODE, name, project.root.name]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, cwd=project.root, env=env, stdin=pipe, stdout=pipe, stderr=pipe, text=True
    )


def at_once(machines: list[subprocess.Popen[str]]) -> list[list[int]]:
    """What each of them registered: the version of all, and that of its own."""
    for one in machines:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    found = []
    for one in machines:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    try:
        for one in machines:
            out, err = one.communicate(timeout=600)
            assert one.returncode == 0, err
            found.append(json.loads(out.splitlines()[-1]))
    finally:
        for one in machines:
            one.kill()
    return found


def clones(
    project: Project, make: Callable[[Path], Project], folder: Path, count: int
) -> list[Project]:
    """As many projects with the same candidate."""
    made = [make(folder / f"machine{at}") for at in range(count)]
    for one in made:
        card = (project.candidate / "card.json").read_bytes()
        (one.candidate / "card.json").write_bytes(card)
        (one.root / "mlflow.db").unlink()
    return made
