"""The server as a process: killed, asked to stop, and what it writes to standard error."""

import json
import signal
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from chatloop.io.store import Reader
from chatloop.serve.store.opening import connect, database_url
from tests.serve.fake import child

pytestmark = pytest.mark.server
CHAT = "/v1/chat/completions"
ASK: dict[str, Any] = {
    "messages": [{"role": "user", "content": "a word that no log has: xylophone"}]
}


def comments(folder: Path) -> list[str]:
    """Of all opinions in the store, in order."""
    engine = connect(database_url(None, folder))
    found = [str(one.comment) for _, one in Reader(engine).feedback()]
    engine.dispose()
    return found


def test_a_server_that_restarts_in_the_middle_loses_nothing_and_keeps_nothing_twice(
    tmp_path: Path,
) -> None:
    sent: dict[str, dict[str, str]] = {}
    acknowledged: list[str] = []
    enough = threading.Event()

    def post(url: str, name: str) -> None:
        with httpx.Client(base_url=url, timeout=30) as http:
            identity = http.post(CHAT, json=ASK).json()["id"]
            for number in range(10_000):
                once = f"{name}-{number}"
                body = {"completion_id": identity, "rating": "up", "comment": once}
                sent[once] = body
                try:
                    said = http.post("/v1/feedback", json=body, headers={"Idempotency-Key": once})
                except httpx.HTTPError:
                    return
                if said.status_code == 200:
                    acknowledged.append(once)
                if len(acknowledged) > 60 and len({one[0] for one in acknowledged}) == 4:
                    enough.set()

    with child(tmp_path) as server:
        threads = [threading.Thread(target=post, args=(server.url, name)) for name in "abcd"]
        for thread in threads:
            thread.start()
        assert enough.wait(60)
        server.process.kill()
        for thread in threads:
            thread.join(30)
    kept = comments(tmp_path)
    assert len(kept) == len(set(kept))
    assert set(acknowledged) <= set(kept) <= set(sent)

    with child(tmp_path) as server, httpx.Client(base_url=server.url, timeout=30) as http:
        for once, body in sent.items():  # nobody knows which of them came through
            said = http.post("/v1/feedback", json=body, headers={"Idempotency-Key": once})
            assert said.status_code == 200
    assert sorted(comments(tmp_path)) == sorted(sent)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_answers_in_flight_end(tmp_path: Path, number: int) -> None:
    with (
        child(tmp_path, seconds=0.05) as server,
        httpx.Client(base_url=server.url, timeout=30) as http,
        http.stream("POST", CHAT, json={**ASK, "stream": True}) as answer,
    ):
        lines = answer.iter_lines()
        next(lines)
        server.process.send_signal(number)
        assert list(lines)[-2:] == ["data: [DONE]", ""]
        assert server.process.wait(20) == 0
        server.heard.join()
        said = server.said
    assert said[-1]["event"] == "stopped"
    (request,) = [one for one in said if one["event"] == "request"]
    assert request["route"] == CHAT
    assert (request["status"], request["version"], request["finish"]) == (200, "3", "length")
    assert request["completion_tokens"] == 8
    assert 0 < request["first_token_seconds"] < request["seconds"]
    assert "xylophone" not in json.dumps(said)
