"""The store by itself: its tables, its order, its reader, its secret."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import inspect

from chatloop.conversation import Message
from chatloop.errors import UserError
from chatloop.feedback.record import Exchange, Feedback
from chatloop.io.store import Reader
from chatloop.serve.store.keeping import Store
from chatloop.serve.store.opening import connect, database_url, migrate, open_database
from chatloop.serve.store.secret import Pepper, owner, read_pepper
from chatloop.serve.store.statements import Opinion, UnknownExchangeError
from chatloop.serve.store.tables import METADATA
from tests.serve.fake import clean_params, serve_params

EXCHANGE = Exchange(
    "chatcmpl-1", "3", "fp", "h:a", "api", 1.0, 5, 6, 0.5, "stop",
    messages=(Message("user", "Write to anna.berg@example.org"),), answer="I wrote.",
)  # fmt: skip
OPINION = Feedback("fb-1", "chatcmpl-1", "up", None, None, (), "h:a", "api", 2.0, None)


def store(folder: Path) -> Store:
    made = Store(serve_params(folder).store, clean_params())
    made.start()
    return made


def test_the_tables_are_what_the_code_says_and_migrating_twice_changes_nothing(
    tmp_path: Path,
) -> None:
    engine = open_database(database_url(None, tmp_path / "deep" / "store"))
    migrate(engine)
    found = inspect(engine)
    for table in METADATA.sorted_tables:
        columns = {column["name"]: column["nullable"] for column in found.get_columns(table.name)}
        assert columns == {column.name: column.nullable for column in table.columns}
        ours = {index.name for index in table.indexes}
        assert ours == {index["name"] for index in found.get_indexes(table.name)} - {
            "feedback_once"
        }
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    engine.dispose()


def test_a_database_of_a_newer_release_is_refused(tmp_path: Path) -> None:
    engine = open_database(database_url(None, tmp_path))
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'later'")
    with pytest.raises(UserError, match="newer chatloop"):
        migrate(engine)
    engine.dispose()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("nonsense", "is no database URL"),
        ("postgresql+psycopg://me:secret@db/x", "leave the password out"),
        ("nodb://x", "driver"),
    ],
)
def test_a_wrong_url_is_one_line(tmp_path: Path, url: str, says: str) -> None:
    with pytest.raises(UserError, match=says) as caught:
        connect(database_url(url, tmp_path))
    assert "secret" not in str(caught.value)


def test_what_is_read_is_what_was_written_in_order_and_from_anywhere(tmp_path: Path) -> None:
    async def write() -> None:
        kept = store(tmp_path)
        for number in range(7):
            kept.keep(replace(EXCHANGE, id=f"chatcmpl-{number}"))
            await kept.add(
                Opinion(replace(OPINION, id=f"fb-{number}", exchange_id=f"chatcmpl-{number}"), "b")
            )
        with pytest.raises(UnknownExchangeError):
            await kept.add(Opinion(replace(OPINION, exchange_id="nobody"), "b"))
        await kept.close()

    asyncio.run(write())
    engine = connect(database_url(None, tmp_path))
    exchanges = dict(Reader(engine).exchanges())
    assert list(exchanges) == list(range(1, 8))
    first = exchanges[1]
    assert first.messages == (Message("user", "Write to [EMAIL_1]"),)
    assert first.answer == "I wrote."
    later = [one.id for _, one in Reader(engine).feedback(after=5)]
    assert later == ["fb-5", "fb-6"]
    engine.dispose()


def test_the_same_value_has_one_placeholder_in_a_conversation(tmp_path: Path) -> None:
    mail, phone = "anna.berg@example.org", "+44 20 7946 0958"
    talk = (Message("user", f"I am at {mail}"), Message("assistant", "And your number?"),
            Message("user", f"{phone}, or {mail}"))  # fmt: skip

    async def write() -> None:
        kept = store(tmp_path)
        kept.keep(replace(EXCHANGE, messages=talk, answer=f"I call {phone}.\x00"))
        await kept.close()

    asyncio.run(write())
    engine = connect(database_url(None, tmp_path))
    ((_, found),) = Reader(engine).exchanges()
    engine.dispose()
    assert [m.content for m in found.messages or ()] == [
        "I am at [EMAIL_1]", "And your number?", "[PHONE_1], or [EMAIL_1]",
    ]  # fmt: skip
    assert found.answer == "I call [PHONE_1].\ufffd"


def test_more_than_may_wait_is_lost_and_counted(tmp_path: Path) -> None:
    params = serve_params(tmp_path, store={"pending": 3}).store
    kept = Store(params, clean_params())  # nobody writes
    for _ in range(5):
        kept.keep(EXCHANGE)
    assert kept.lost == 2


def test_the_secret_is_made_once_for_its_owner_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = read_pepper(tmp_path / "store")
    assert first == read_pepper(tmp_path / "store")
    assert (tmp_path / "store" / "secret").stat().st_mode & 0o777 == 0o600
    assert first != read_pepper(tmp_path / "other")
    monkeypatch.setenv("CHATLOOP_STORE_SECRET", "given")
    assert read_pepper(tmp_path / "store") == Pepper(b"given")


def test_a_caller_is_a_word_that_says_which_key_and_not_who() -> None:
    pepper = Pepper(b"secret")
    anna, ben = (pepper.caller("website", name) for name in ("anna", "ben"))
    assert anna != ben
    assert owner(anna) == owner(ben) == pepper.caller("website", None)
    assert owner(anna) != pepper.caller("app", None)
    assert "anna" not in anna
