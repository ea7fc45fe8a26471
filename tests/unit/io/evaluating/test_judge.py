"""A real server on loopback that answers, and one for each way in which it does not."""

import socket
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from pydantic import ValidationError

from chatloop.errors import UserError
from chatloop.io.evaluating.judge import open_judge
from chatloop.params.evaluate import JudgeParams, Prices
from tests.judges import Server, completion, judge_server, says

ASK = [{"role": "user", "content": "which is better?"}]
OTHER = [[{"role": "user", "content": f"question {n}"}] for n in range(9)]


def stays_silent(to: BaseHTTPRequestHandler) -> None:
    to.server.over.wait(20)


def drips(to: BaseHTTPRequestHandler) -> None:
    to.wfile.write(b"HTTP/1.1 200 OK\r\nX-A: ")
    while not to.server.over.wait(0.05):
        to.wfile.write(b"a")


def redirects(to: BaseHTTPRequestHandler) -> None:
    to.send_response(302)
    to.send_header("Location", "http://192.0.2.1/steal")
    to.end_headers()


@pytest.fixture
def server() -> Iterator[Server]:
    with judge_server() as one:
        yield one


def params(server: Server, **changed: object) -> JudgeParams:
    return JudgeParams(**{
        "url": f"http://127.0.0.1:{server.server_port}/v1", "model": "judge", "key_env": None,
        "timeout_seconds": 10.0, "max_calls": 9, "max_tokens": 64,
        "prices": Prices(input=0.0, output=0.0), "plain_http": False, **changed,
    })  # fmt: skip


def test_a_question_is_asked_once_and_its_reply_kept(server: Server, tmp_path: Path) -> None:
    for cached in (False, True):
        with open_judge(params(server), tmp_path) as judge:
            reply = judge.ask(ASK)
        assert (reply.text, reply.failure) == ('{"better": "A"}', None)
        assert (reply.input_tokens, reply.output_tokens, reply.cached) == (12, 3, cached)
    ((path, body, key),) = server.seen
    assert (path, key) == ("/v1/chat/completions", "")
    assert body == {"model": "judge", "messages": ASK, "temperature": 0, "max_tokens": 64}


def test_another_model_or_question_is_asked_again(server: Server, tmp_path: Path) -> None:
    for model, ask in (("judge", ASK), ("other", ASK), ("judge", OTHER[0])):
        with open_judge(params(server, model=model), tmp_path) as judge:
            judge.ask(ask)
    assert len(server.seen) == 3


def test_a_kept_reply_that_is_damaged_is_asked_for_again(server: Server, tmp_path: Path) -> None:
    for _ in range(2):
        with open_judge(params(server), tmp_path) as judge:
            assert judge.ask(ASK).text
        for path in tmp_path.iterdir():
            path.write_text('{"text": 3}')
    assert len(server.seen) == 2


@pytest.mark.parametrize(
    ("behave", "failure"),
    [
        (says(b"no", status=500), "refused"),
        (says(b"{}", status=401), "refused"),
        (says(b"slow down", status=429), "refused"),
        (redirects, "refused"),
        (says(b"<html>hello</html>"), "junk"),
        (says(b"[" * 100_000), "junk"),
        (says(b"{}"), "junk"),
        (says(b"[1]"), "junk"),
        (says(completion(text=None)), "junk"),
        (says(completion(text=["x"])), "junk"),
        (says(b"\xff\xfe"), "junk"),
        (says(completion()[:30], length=4000), "junk"),
        (says(b" " * (2**20 + 1)), "junk"),
    ],
)
def test_what_goes_wrong_is_a_word_and_is_not_kept(
    server: Server, tmp_path: Path, behave: Callable[..., None], failure: str
) -> None:
    server.behave = behave
    with open_judge(params(server), tmp_path) as judge:
        reply = judge.ask(ASK)
    assert (reply.text, reply.failure) == (None, failure)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("behave", [stays_silent, drips])
def test_an_endpoint_that_is_silent_or_drips_is_left(
    server: Server, tmp_path: Path, behave: Callable[..., None]
) -> None:
    server.behave = behave
    with open_judge(params(server, timeout_seconds=0.3), tmp_path) as judge:
        assert judge.ask(ASK).failure == "timeout"


def test_an_endpoint_that_is_not_there_is_given_up(server: Server, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
    with open_judge(params(server, url=url), tmp_path) as judge:
        words = [judge.ask(ask).failure for ask in OTHER[:5]]
    assert words == ["unreachable"] * 3 + ["not_asked"] * 2


def test_no_more_calls_than_allowed(server: Server, tmp_path: Path) -> None:
    with open_judge(params(server, max_calls=2), tmp_path) as judge:
        assert [judge.ask(ask).failure for ask in OTHER[:3]] == [None, None, "not_asked"]
    assert len(server.seen) == 2


@pytest.mark.parametrize(
    "usage", [None, [], {"prompt_tokens": "12"}, {"prompt_tokens": -1}, {"prompt_tokens": True}]
)
def test_tokens_that_nobody_said_are_unknown(server: Server, tmp_path: Path, usage: object) -> None:
    server.behave = says(completion(usage=usage))
    with open_judge(params(server), tmp_path) as judge:
        assert judge.ask(ASK).input_tokens is None


def test_the_key_is_sent_and_is_nowhere_else(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUDGE_KEY", "very-secret")
    with open_judge(params(server, key_env="JUDGE_KEY"), tmp_path) as judge:
        judge.ask(ASK)
    assert server.seen[0][2] == "Bearer very-secret"
    assert not any("very-secret" in path.read_text() for path in tmp_path.iterdir())


@pytest.mark.parametrize("key", ["", "two\nlines", "schlüssel"])
def test_a_variable_without_a_key_is_one_line(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("JUDGE_KEY", key)
    with (
        pytest.raises(UserError, match=r"^evaluate\.judge\.key_env: JUDGE_KEY holds no key[^\n]*$"),
        open_judge(params(server, key_env="JUDGE_KEY"), tmp_path),
    ):
        pass


@pytest.mark.parametrize(
    "url",
    [
        "http://judge.example/v1", "http://10.0.0.8:8000/v1", "ftp://127.0.0.1/", "127.0.0.1:80",
        "https://me:secret@judge.example/v1", "https://judge.example/v1?key=1", "http://127.0.0.1@judge.example",
        "http://127.0.0.1.judge.example/", "http://127.0.0.1\\@judge.example/", "",
    ],
)  # fmt: skip
def test_addresses_that_are_not_safe_are_refused(server: Server, url: str) -> None:
    with pytest.raises(ValidationError):
        params(server, url=url)


@pytest.mark.parametrize(
    ("url", "told"),
    [("https://judge.example/v1", False), ("http://localhost:1/v1", False),
     ("http://[::1]:1/v1", False), ("http://judge.example/v1", True)],
)  # fmt: skip
def test_https_loopback_and_what_was_told_are_allowed(server: Server, url: str, told: bool) -> None:
    assert params(server, url=url, plain_http=told).url == url
