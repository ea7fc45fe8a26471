import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl

from chatloop.io.files import digests
from chatloop.io.tables import TURNS, write_table
from chatloop.params.file import read_params
from chatloop.stages.validate import validate

# Says which machine it asks for, where the network is touched.
WATCHED = """
import runpy, sys
def watch(event, arguments):
    if event.startswith(("socket.connect", "socket.getaddrinfo", "socket.gethost", "socket.send")):
        sys.stderr.write(f"network: {event} {arguments}\\n")
sys.addaudithook(watch)
runpy.run_module("chatloop.stages.validate", run_name="__main__", alter_sys=True)
"""
READS = {name: f"{name}.json" for name in ("ingest", "clean", "profile")} | {
    "turns": "turns.parquet"
}
WRITES = {"report": "validate.json", "docs": "docs"}


def put(folder: Path, params: Path) -> None:
    said = [("user", "Where is it?"), ("assistant", "On its way.")]
    rows = [
        (f"shop-{number:05}", turn, role, text, ["delivery"], "builtin")
        for number in range(120)
        for turn, (role, text) in enumerate(said)
    ]
    write_table(pl.DataFrame(rows, schema=TURNS, orient="row"), folder / READS["turns"])
    (folder / READS["ingest"]).write_text(json.dumps({"records_read": 130, "quarantined": 1}))
    counts = {"in": 129, "out": 120, "rejected": 9}
    (folder / READS["clean"]).write_text(json.dumps({"conversations": counts}))
    (folder / READS["profile"]).write_text(json.dumps({"drift": {}}))
    (folder / "params.yaml").write_bytes(params.read_bytes())


def test_the_command_is_quiet_offline_and_the_same_to_the_byte(root: Path, tmp_path: Path):
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        folder.mkdir()
        put(folder, root / "params.yaml")
    paths = {name: here / path for name, path in (READS | WRITES).items()}
    validate(read_params(root / "params.yaml").validate_, **paths)
    options = [f"--{name}={path}" for name, path in (READS | WRITES).items()]
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, *options],
        cwd=there,
        env={**os.environ, "PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "validate: 15 expectations hold for 120 conversations, 240 turns; see docs/index.html\n"
    )
    assert digests(there) == digests(here)
