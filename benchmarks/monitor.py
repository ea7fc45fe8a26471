"""What a look of the monitor costs over a store of a million exchanges.

    python -m benchmarks.monitor --json

A store with the tables of `serve.store` is filled with exchanges and opinions, the training split
with prompts. The figure is the CPU time (user and system, imports among it) of `chatloop monitor`
in a process of its own; there is no rival.
"""

import argparse
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from benchmarks.report import report
from chatloop.io.tables import TURNS
from chatloop.serve.store.opening import database_url, open_database

ROOT = Path(__file__).parents[1]
WORDS = [f"word{number}" for number in range(3000)]
TEXTS = 20_000
SAID = "CREATE TABLE said (id INTEGER PRIMARY KEY, text JSON)"
COUNT = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :count)"
EXCHANGES = f"""
INSERT INTO exchanges {COUNT}
SELECT i + 1, printf('chatcmpl-%032x', i), '1', 'f', printf('h:%d', i % 5000), 'api',
  :now - (:count - i) * :step, 40, 30, 0.5, 'stop', NULL, NULL,
  (SELECT text FROM said WHERE id = 1 + i % {TEXTS}), printf('An answer, %d words long.', i % 90)
FROM n
"""
OPINIONS = f"""
INSERT INTO feedback {COUNT}
SELECT NULL, printf('fb-%032x', i), printf('chatcmpl-%032x', i),
  CASE WHEN i / :every % 4 = 3 THEN 'down' ELSE 'up' END, NULL, NULL, '[]',
  printf('h:%d', i % 5000), 'api', :now - (:count - i) * :step, NULL, 'b'
FROM n WHERE i % :every = 0
"""
CHAMPION = """
CREATE TABLE registered_model_aliases (alias VARCHAR, version INTEGER, name VARCHAR);
CREATE TABLE model_versions (name VARCHAR, version INTEGER, creation_time BIGINT);
CREATE TABLE model_version_tags (key VARCHAR, value TEXT, name VARCHAR, version INTEGER);
INSERT INTO registered_model_aliases VALUES ('champion', 1, 'chatloop');
INSERT INTO model_versions VALUES ('chatloop', 1, 1000);
"""


def said(chance: random.Random) -> str:
    """A prompt of some words."""
    return " ".join(chance.choices(WORDS, k=chance.randint(3, 30)))


def fill(path: Path, exchanges: int, opinions: int) -> None:
    """Exchanges of the last thirty days, one in ten of them with an opinion; SQLite counts."""
    chance = random.Random(5)
    values = {
        "count": exchanges,
        "every": exchanges // opinions,
        "now": time.time(),
        "step": 30 * 86_400 / exchanges,
    }
    open_database(database_url(None, path.parent)).dispose()
    with closing(sqlite3.connect(path)) as database:
        database.execute(SAID)
        turns = ((json.dumps([{"role": "user", "content": said(chance)}]),) for _ in range(TEXTS))
        database.executemany("INSERT INTO said (text) VALUES (?)", turns)
        database.execute(EXCHANGES, values)
        database.execute(OPINIONS, values)
        database.commit()


def project(root: Path, prompts: int) -> None:
    """A project with params, a champion and a training split."""
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(ROOT / name, root / name)
    chance = random.Random(7)
    rows = [
        {"conversation_id": f"c-{at}", "turn": 0, "role": "user", "content": said(chance),
         "topics": [f"topic-{at % 12}"], "source": "s"}
        for at in range(prompts)
    ]  # fmt: skip
    (root / "data/split").mkdir(parents=True)
    known = {name: kind for name, kind in TURNS.items() if name in rows[0]}
    pl.DataFrame(rows, schema=known).write_parquet(root / "data/split/train.parquet")
    with sqlite3.connect(root / "mlflow.db") as database:
        database.executescript(CHAMPION)


def look(root: Path) -> tuple[float, str]:
    """CPU seconds of one `chatloop monitor`, and what it said."""
    before = os.times()
    command = [sys.executable, "-m", "chatloop", "monitor"]
    done = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
    after = os.times()
    spent = after.children_user + after.children_system
    return spent - before.children_user - before.children_system, done.stdout


def main() -> None:
    """Fill, look once so that the training's numbers are there, look again; the last line counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="accepted, as every benchmark does")
    parser.add_argument("--exchanges", type=int, default=1_000_000)
    args = parser.parse_args()
    with TemporaryDirectory() as name:
        root = Path(name)
        project(root, 20_000)
        (root / "data/store").mkdir()
        fill(root / "data/store/chatloop.db", args.exchanges, args.exchanges // 10)
        first, _ = look(root)
        spent, said = zip(*(look(root) for _ in range(3)), strict=True)
    print(said[-1])
    ours = round(min(spent), 2)
    report(
        "monitor",
        ours,
        None,
        "CPU seconds of one look, imports among them",
        None,
        "at most 2",
        exchanges=args.exchanges,
        first_look_after_a_training=round(first, 2),
        reached=ours <= 2,
    )


if __name__ == "__main__":
    main()
