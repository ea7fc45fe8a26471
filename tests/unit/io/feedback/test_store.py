"""From the server's own store into the snapshot; files into the store; people out of both."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from chatloop.conversation import Message
from chatloop.feedback.record import Exchange
from chatloop.io.feedback.forgetting import callers_of, forget, sessions_of
from chatloop.io.feedback.importing import Importer
from chatloop.io.feedback.manifest import read_manifest, read_parts
from chatloop.io.feedback.snapshot import snapshot
from chatloop.io.store import Reader, opened, reading
from chatloop.params.file import read_params
from chatloop.serve.store.opening import database_url, open_database
from chatloop.serve.store.privacy import Privacy
from chatloop.serve.store.secret import Pepper
from chatloop.serve.store.statements import Opinion, add_exchange_once, add_feedback
from chatloop.serve.store.tables import EXCHANGES, FEEDBACK
from tests.opinions import said

PEPPER = Pepper(b"secret")
ANNA, BEN = PEPPER.caller("local", "anna"), PEPPER.caller("local", "ben")
FOLDER, PIN = Path("snapshot"), Path("pin.json")


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.chdir(tmp_path)
    engine = open_database(database_url(None, tmp_path / "store"))
    yield engine
    engine.dispose()


@pytest.fixture
def importer(engine: Engine, root: Path) -> Importer:
    privacy = Privacy(read_params(root / "params.yaml").clean)
    return Importer(engine, PEPPER, privacy, ["local"], 200, lambda: 1_782_000_000.0)


def filled(engine: Engine, *numbers: int, caller: str = ANNA) -> None:
    with engine.begin() as connection:
        for at in numbers:
            one = said(at, caller, prompt="Where is it, ünd why?", correction="Here.")
            assert one.exchange
            add_exchange_once(connection, one.exchange)
            add_feedback(connection, Opinion(one.feedback, "body"))


def write(path: Path, *records: object) -> Path:
    path.write_text("\n".join(json.dumps(record) for record in records))
    return path


def test_what_the_store_has_is_what_the_snapshot_has(engine: Engine) -> None:
    filled(engine, 1, 2)
    filled(engine, 3, caller=BEN)
    with engine.begin() as connection:
        lost = said(4, BEN, messages=None)
        assert lost.exchange
        add_exchange_once(connection, Exchange(**{**vars(lost.exchange), "answer": None}))
        add_feedback(connection, Opinion(lost.feedback, "body"))

    assert snapshot(Reader(engine), FOLDER, PIN).startswith("feedback: 4 opinions, 4 of them new")
    (part,) = read_parts(read_manifest(PIN))
    row = part.row(0, named=True)
    assert row["messages"] == [{"role": "user", "content": "Where is it, ünd why?"}]
    assert (row["caller"], row["asked_by"], row["correction"]) == (ANNA, ANNA, "Here.")
    assert row["tags"] == []
    assert part.row(3, named=True)["messages"] is None


def test_no_store_is_no_trouble(tmp_path: Path, root: Path) -> None:
    store = read_params(root / "params.yaml").serve.store.model_copy(
        update={"folder": str(tmp_path / "none")}
    )
    with opened(store) as none, reading(store) as nobody:
        assert (none, nobody) == (None, None)
    assert "no store yet" in snapshot(None, tmp_path / "s", tmp_path / "pin.json")
    assert not (tmp_path / "none").exists()


def test_a_file_is_imported_once_and_says_what_was_rejected(
    engine: Engine, importer: Importer, tmp_path: Path
) -> None:
    filled(engine, 1, 2)
    file = write(
        tmp_path / "said.jsonl",
        {"completion_id": "chatcmpl-1", "rating": "up", "user": "ben"},
        {"completion_id": "chatcmpl-2", "rating": "THUMBS_DOWN", "comment": "no"},
        {"completion_id": "chatcmpl-9", "rating": "up"},
        {"completion_id": "chatcmpl-1", "rating": "maybe"},
        {"completion_id": "chatcmpl-1", "correction": "x" * 201},
        {"completion_id": "chatcmpl-1"},
        {"rating": "up"},
        [3],
    )
    first, again = importer.read(file), importer.read(file)

    assert (first.read, first.kept, first.known) == (8, 2, 0)
    assert dict(first.rejected) == {
        "unknown_completion": [3], "bad_rating": [4], "too_large": [5], "nothing_said": [6],
        "no_completion": [7], "not_an_object": [8],
    }  # fmt: skip
    assert (again.kept, again.known) == (0, 2)
    with engine.connect() as connection:
        callers = connection.execute(
            select(FEEDBACK.c.caller).order_by(FEEDBACK.c.number)
        ).scalars()
        assert [*callers][2:] == [BEN, ANNA]


def test_personal_data_is_redacted_before_it_is_written(
    engine: Engine, importer: Importer, tmp_path: Path
) -> None:
    asked = said(1, ANNA, messages=(Message("user", "I am [EMAIL_1]."),))
    assert asked.exchange
    with engine.begin() as connection:
        add_exchange_once(connection, asked.exchange)
    line = {
        "completion_id": "chatcmpl-1",
        "correction": "Write to anna@example.org",
        "comment": "+49 30 901820",
    }
    importer.read(write(tmp_path / "said.jsonl", line))

    with engine.connect() as connection:
        (row,) = connection.execute(select(FEEDBACK.c.correction, FEEDBACK.c.comment)).all()
    assert row.correction == "Write to [EMAIL_2]"
    assert row.comment == "[PHONE_1]"
    raw = b"".join(path.read_bytes() for path in (tmp_path / "store").iterdir())
    assert b"anna@example.org" not in raw


def test_a_frameworks_own_id_finds_its_exchange(
    engine: Engine, importer: Importer, tmp_path: Path
) -> None:
    one = said(1).exchange
    assert one
    whose = PEPPER.caller("connector:dialogflow_cx", None)
    external = {"external_id": "a-1", "source": "dialogflow_cx", "caller": whose}
    with engine.begin() as connection:
        add_exchange_once(connection, Exchange(**{**vars(one), **external}))
    line = {"external_id": "a-1", "source": "dialogflow_cx", "rating": True}

    assert importer.read(write(tmp_path / "said.jsonl", line)).kept == 1


def test_who_is_forgotten_leaves_store_and_snapshot_and_nothing_else_goes(engine: Engine) -> None:
    filled(engine, 1, 2)
    filled(engine, 3, caller=BEN)
    with engine.begin() as connection:  # Ben's word on Anna's exchange
        add_feedback(connection, Opinion(said(5, BEN, exchange=1).feedback, "body"))
    snapshot(Reader(engine), FOLDER, PIN)
    callers = callers_of(engine, PEPPER, ["local"], "anna")
    assert ANNA in callers

    gone = forget(engine, callers, sessions_of(engine, PEPPER, "anna"), FOLDER, PIN)
    assert (gone.opinions, gone.exchanges, gone.rows) == (3, 2, 3)
    manifest = read_manifest(PIN)
    (part,) = read_parts(manifest)
    assert part["caller"].to_list() == [BEN]
    assert [one.caller for one in manifest.forgotten] == [ANNA]
    assert sum(one.rows for one in manifest.forgotten) == 3
    with engine.connect() as connection:
        assert connection.execute(select(EXCHANGES.c.id)).scalars().all() == ["chatcmpl-3"]
        assert len(connection.execute(select(FEEDBACK.c.id)).all()) == 1

    snapshot(Reader(engine), FOLDER, PIN)
    assert read_manifest(PIN) == manifest
    assert len([*FOLDER.iterdir()]) == 1
