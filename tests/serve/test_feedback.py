"""Opinions over HTTP, and what the disk has of them."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from chatloop.io.store import Reader
from chatloop.serve.store.opening import connect, database_url
from tests.serve.fake import FakeModel, Server, serving

pytestmark = pytest.mark.server
SECRET = "maria.lindqvist@example.org"


def ask(http: httpx.Client, **more: Any) -> str:
    body = {"messages": [{"role": "user", "content": f"I am {SECRET}"}], **more}
    said = http.post("/v1/chat/completions", json=body)
    assert said.status_code == 200, said.text
    return str(said.json()["id"])


def rate(http: httpx.Client, identity: str, once: str | None = None, **more: Any) -> httpx.Response:
    headers = {} if once is None else {"Idempotency-Key": once}
    body = {"completion_id": identity, "rating": "up", **more}
    return http.post("/v1/feedback", json=body, headers=headers)


def client(server: Server) -> httpx.Client:
    return httpx.Client(base_url=server.url, timeout=30)


def kept(server: Server) -> tuple[dict[str, Any], list[Any]]:
    folder = Path(server.serving.store.folder)
    engine = connect(database_url(None, folder))
    exchanges = {one.id: one for _, one in Reader(engine).exchanges()}
    opinions = [one for _, one in Reader(engine).feedback()]
    engine.dispose()
    return exchanges, opinions


def test_an_opinion_is_kept_with_the_version_it_is_about(
    http: httpx.Client, server: Server
) -> None:
    identity = ask(http)
    said = rate(http, identity, correction="It left on Monday.", tags=["late"])

    assert said.status_code == 200
    assert said.json()["completion_id"] == identity
    assert said.json()["model"] == "chatloop@3"
    exchanges, opinions = kept(server)
    (mine,) = [one for one in opinions if one.exchange_id == identity]
    assert (mine.rating, mine.correction, mine.tags) == ("up", "It left on Monday.", ("late",))
    assert mine.caller == exchanges[identity].caller
    assert mine.caller.startswith("h:")


def test_texts_are_kept_only_where_asked_and_never_with_personal_data(
    http: httpx.Client, server: Server
) -> None:
    without, with_text = ask(http), ask(http, store=True, user=SECRET, metadata={"session": SECRET})
    rate(http, with_text, once=SECRET, correction=f"Write to {SECRET}", comment=SECRET, tags=[SECRET], user=SECRET)  # fmt: skip

    exchanges, opinions = kept(server)
    assert exchanges[without].messages is None and exchanges[without].answer is None
    assert exchanges[with_text].messages[0].content == "I am [EMAIL_1]"
    assert exchanges[with_text].answer.startswith("word0")
    assert exchanges[with_text].session
    assert opinions[-1].correction == "Write to [EMAIL_1]"
    assert opinions[-1].tags == ("[EMAIL_1]",)
    written = b"".join(path.read_bytes() for path in Path(server.serving.store.folder).iterdir())
    assert b"[EMAIL_1]" in written
    assert SECRET.encode() not in written


def test_the_same_key_is_one_opinion(http: httpx.Client, server: Server) -> None:
    identity = ask(http)
    first, again = (rate(http, identity, once="k1") for _ in range(2))
    other = rate(http, identity, once="k1", rating="down")

    assert first.json() == again.json()
    assert first.status_code == again.status_code == 200
    assert other.status_code == 409
    assert other.json()["error"]["param"] == "idempotency_key"
    assert len([one for one in kept(server)[1] if one.exchange_id == identity]) == 1


def test_a_second_opinion_is_kept_beside_the_first(http: httpx.Client, server: Server) -> None:
    identity = ask(http)
    rate(http, identity)
    rate(http, identity, rating="down")
    mine = [one.rating for one in kept(server)[1] if one.exchange_id == identity]
    assert mine == ["up", "down"]


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        ({"completion_id": "chatcmpl-nobody"}, 404, "completion_id"),
        ({"completion_id": 3}, 400, "completion_id"),
        ({"rating": "great"}, 400, "rating"),
        ({"rating": None}, 400, "rating"),
        ({"correction": "x" * 40_000}, 400, "correction"),
        ({"tags": ["x" * 65]}, 400, "tags[0]"),
        ({"idempotency_key": "another"}, 400, "idempotency_key"),
    ],
)
def test_a_wrong_opinion_names_the_field(
    http: httpx.Client, body: dict[str, Any], status: int, param: str
) -> None:
    sent = {"completion_id": "chatcmpl-x", "rating": "up", **body}
    said = http.post("/v1/feedback", json=sent, headers={"Idempotency-Key": "o"})
    assert said.status_code == status
    assert said.json()["error"]["param"] == param


def test_a_correction_of_a_megabyte_is_too_large(http: httpx.Client) -> None:
    assert rate(http, "chatcmpl-x", correction="x" * 1_048_576).status_code == 413


def test_where_the_store_is_away_answers_go_on_and_feedback_says_so(tmp_path: Path) -> None:
    database = tmp_path / "store" / "chatloop.db"
    with serving(tmp_path / "store", FakeModel()) as server, client(server) as http:
        first = ask(http)
        assert rate(http, first).status_code == 200
        server.serving.store._writer._engine.dispose()
        database.rename(tmp_path / "gone.db")
        database.mkdir()

        second = ask(http)
        said = rate(http, second)
        assert said.status_code == 503
        assert said.json()["error"]["code"] == "store_away"
        assert "away" in http.get("/readyz").json()["store"]

        database.rmdir()
        (tmp_path / "gone.db").rename(database)
        assert rate(http, second).status_code == 200  # it was waiting in memory


def test_where_the_disk_is_full_answers_go_on_and_feedback_says_so(tmp_path: Path) -> None:
    with serving(tmp_path / "store", FakeModel()) as server, client(server) as http:
        first = ask(http)
        assert rate(http, first).status_code == 200
        with server.serving.store._writer._engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count=1")  # no page more than there are

        full = rate(http, first, correction="It left on Monday. " * 1000)
        assert full.status_code == 503
        assert full.json()["error"]["code"] == "store_away"
        assert full.headers["retry-after"]
        assert ask(http)
