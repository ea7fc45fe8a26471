"""Keys, limits, the queue, slow and hostile clients."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from chatloop.errors import UserError
from chatloop.serve.guard.keys import FILE, Keys
from chatloop.serve.guard.rates import Rates
from chatloop.serve.wire.errors import ApiError
from tests.serve.fake import FakeModel, Server, serving

pytestmark = pytest.mark.server
CHAT = "/v1/chat/completions"
ASK: dict[str, Any] = {"messages": [{"role": "user", "content": "Hi"}]}


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def client(server: Server) -> httpx.Client:
    return httpx.Client(base_url=server.url, timeout=30)


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Server]:
    with serving(
        tmp_path, FakeModel(), api_keys="on", limits={"requests_per_minute": 5}
    ) as running:
        yield running


def test_a_key_opens_and_its_end_is_known_at_the_next_request(
    guarded: Server, tmp_path: Path
) -> None:
    keys = Keys(tmp_path / FILE)
    key = keys.add("website", 0)
    with client(guarded) as http:
        assert http.post(CHAT, json=ASK).status_code == 401
        assert http.post(CHAT, json=ASK, headers=bearer(key[:-1])).status_code == 401
        assert http.post(CHAT, json=ASK, headers=bearer("cl-")).status_code == 401
        assert http.post(CHAT, json=ASK, headers={"authorization": "Basic eDp5"}).status_code == 401
        assert http.get("/metrics").status_code == 401
        assert http.get("/healthz").status_code == 200
        said = http.post(CHAT, json=ASK, headers=bearer(key))
        assert said.status_code == 200
        keys.revoke("website")
        refused = http.post(CHAT, json=ASK, headers=bearer(key))
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"] == "Bearer"
        assert refused.json()["error"]["code"] == "invalid_api_key"


def test_keys_are_hashed_and_for_their_owner_only(tmp_path: Path) -> None:
    keys = Keys(tmp_path / "store" / FILE)
    key = keys.add("website", 0)
    assert key.encode() not in (tmp_path / "store" / FILE).read_bytes()
    assert (tmp_path / "store" / FILE).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "store").stat().st_mode & 0o777 == 0o700
    found = keys.owner(key)
    assert found and found.name == "website"


def test_keys_that_are_made_at_once_all_open(tmp_path: Path) -> None:
    keys: list[str] = []
    makers = [
        threading.Thread(target=lambda: keys.append(Keys(tmp_path / FILE).add("many", 0)))
        for _ in range(8)
    ]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()
    assert all(Keys(tmp_path / FILE).owner(key) for key in keys)
    assert len(keys) == len(makers)


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "\x1b[31mred"])
def test_a_name_that_no_list_can_show_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match="is no name"):
        Keys(tmp_path / FILE).add(name, 0)


def test_one_key_cannot_use_another_ones_completion(guarded: Server, tmp_path: Path) -> None:
    mine, theirs = (Keys(tmp_path / FILE).add(name, 0) for name in "ab")
    with client(guarded) as http:
        identity = http.post(CHAT, json=ASK, headers=bearer(mine)).json()["id"]
        opinion = {"completion_id": identity, "rating": "down"}
        assert http.post("/v1/feedback", json=opinion, headers=bearer(theirs)).status_code == 404
        assert http.post("/v1/feedback", json=opinion, headers=bearer(mine)).status_code == 200


def test_a_key_that_asks_too_often_is_told_when_to_come_back(
    guarded: Server, tmp_path: Path
) -> None:
    key = Keys(tmp_path / FILE).add("a", 0)
    with client(guarded) as http:
        said = [http.get("/v1/models", headers=bearer(key)) for _ in range(6)]
    assert [one.status_code for one in said] == [200] * 5 + [429]
    assert int(said[-1].headers["retry-after"]) in range(1, 13)


def test_a_bucket_fills_with_time() -> None:
    now = 0.0
    rates = Rates(60, 2, lambda: now)

    def asks(count: int) -> int:
        served = 0
        for _ in range(count):
            try:
                with rates.request("k"):
                    served += 1
            except ApiError as error:
                assert error.code == "rate_limit_exceeded"
        return served

    assert asks(70) == 60
    now = 10.0
    assert asks(20) == 10
    with rates.request("other"), rates.request("other"), pytest.raises(ApiError) as caught:
        rates.request("other").__enter__()
    assert caught.value.code == "key_concurrency"


def test_beyond_loopback_keys_are_asked_for() -> None:
    from tests.serve.fake import serve_params

    assert serve_params(Path("x"), host="0.0.0.0").asks_for_keys
    assert not serve_params(Path("x")).asks_for_keys
    assert not serve_params(Path("x"), host="0.0.0.0", api_keys="off").asks_for_keys


@pytest.fixture
def narrow(tmp_path: Path) -> Iterator[tuple[Server, FakeModel]]:
    """One stream, one place to wait, and a model that holds back its second token."""
    model = FakeModel()
    limits = {"waiting": 1, "wait_seconds": 30.0}
    with serving(tmp_path, model, limits=limits, engine={"max_streams": 1}) as running:
        yield running, model


def wait_for(condition: Any) -> None:
    for _ in range(1000):
        if condition():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it did not come to that")


def test_more_than_may_wait_are_told_to_come_back(narrow: tuple[Server, FakeModel]) -> None:
    import asyncio

    server, model = narrow
    model.hold = asyncio.Event()
    admission = server.serving.admission
    done: list[int] = []

    def ask() -> None:
        with client(server) as http:
            done.append(http.post(CHAT, json=ASK).status_code)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    threads[0].start()
    wait_for(lambda: model.open == 1)
    threads[1].start()
    wait_for(lambda: admission.waiting == 1)
    with client(server) as http:
        refused = http.post(CHAT, json=ASK)
        assert refused.status_code == 429
        assert refused.json()["error"]["code"] == "queue_full"
        assert int(refused.headers["retry-after"]) >= 1
        assert 'chatloop_refusals_total{reason="queue_full"} 1.0' in http.get("/metrics").text
    loop = model.hold._loop  # type: ignore[attr-defined]
    loop.call_soon_threadsafe(model.hold.set)
    for thread in threads:
        thread.join(10)
    assert done == [200, 200]
    assert (admission.in_flight, admission.waiting) == (0, 0)


@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_leaves_frees_its_stream(
    narrow: tuple[Server, FakeModel], stream: bool
) -> None:
    import asyncio

    server, model = narrow
    model.hold = asyncio.Event()
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2]))) as raw:
        body = f'{{"messages": [{{"role": "user", "content": "Hi"}}], "stream": {str(stream).lower()}}}'
        raw.sendall(
            f"POST {CHAT} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        wait_for(lambda: model.open == 1)
    assert model.closed.wait(5)
    wait_for(lambda: server.serving.admission.in_flight == 0)
    model.hold = None
    with client(server) as http:
        assert http.post(CHAT, json=ASK).status_code == 200
        assert "chatloop_disconnects_total 1.0" in http.get("/metrics").text


def test_a_body_that_is_too_large_is_not_read(http: httpx.Client) -> None:
    with socket.create_connection((http.base_url.host, http.base_url.port or 0)) as raw:
        raw.sendall(
            f"POST {CHAT} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n".encode()
        )
        assert b" 413 " in raw.recv(1000)

    def trickle() -> Iterator[bytes]:
        for _ in range(70):
            yield b" " * 16_384

    assert http.post(CHAT, content=trickle()).status_code == 413


def test_headers_and_bodies_that_do_not_come_are_given_up(tmp_path: Path) -> None:
    limits = {"body_seconds": 0.05}
    with serving(tmp_path, FakeModel(), limits=limits) as server:
        at = ("127.0.0.1", int(server.url.rpartition(":")[2]))
        for sent in (b"", b"POST /v1/models HTTP/1.1\r\nHost: x"):
            with socket.create_connection(at, timeout=30) as raw:
                raw.sendall(sent)
                assert raw.recv(100) == b""
        with socket.create_connection(at, timeout=30) as raw:
            raw.sendall(
                f"POST {CHAT} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n".encode()
            )
            assert b" 408 " in raw.recv(1000)


def test_more_open_requests_than_may_be_are_sent_away_wherever_they_go(tmp_path: Path) -> None:
    with serving(tmp_path, FakeModel(), limits={"requests": 1}) as server:
        at = ("127.0.0.1", int(server.url.rpartition(":")[2]))
        with socket.create_connection(at, timeout=30) as raw, client(server) as http:
            raw.sendall(b"POST /elsewhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n")
            wait_for(lambda: http.get("/elsewhere").status_code == 429)
            assert http.get("/healthz").status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example:80", "", "[::2]"])
def test_another_name_in_the_host_header_is_refused(http: httpx.Client, host: str) -> None:
    assert http.get("/v1/models", headers={"host": host}).status_code == 421


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1:1", "[::1]:8000"])
def test_the_names_of_loopback_are_its_own(http: httpx.Client, host: str) -> None:
    assert http.get("/v1/models", headers={"host": host}).status_code == 200


def test_answers_carry_an_id_and_safe_headers(http: httpx.Client) -> None:
    own = http.post(CHAT, json=ASK, headers={"x-request-id": "mine-1"})
    assert own.headers["x-request-id"] == "mine-1"
    other = http.get("/nothing", headers={"x-request-id": "no\tid"})
    assert len(other.headers["x-request-id"]) == 16
    assert other.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in other.headers["content-security-policy"]
