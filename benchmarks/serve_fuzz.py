"""Requests that nobody thought of: 100,000 of them, over HTTP. None may be a 5xx.

    python -m benchmarks.serve_fuzz --json

Valid bodies are bent at random places: other types, huge and tiny numbers, half characters, deep
nesting, unknown fields, bytes that are no JSON, wrong lengths, other routes and headers. The server runs
in a process of its own over a model that answers at once; at the end it has to answer as ever.
"""

import argparse
import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from benchmarks.report import report

SEED = 7
CLIENTS = 16
CHAT: dict[str, Any] = {
    "model": "chatloop",
    "messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Where is it?"}],
    "temperature": 0.5, "top_p": 0.9, "top_k": 5, "min_p": 0.1, "presence_penalty": 0.1,
    "frequency_penalty": 0.1, "repetition_penalty": 1.1, "logit_bias": {"5": 1.0}, "seed": 1,
    "stop": ["word3"], "n": 2, "max_tokens": 4, "logprobs": True, "top_logprobs": 2, "user": "u",
    "stream": False, "store": True, "metadata": {"session": "s"}, "truncation": "auto",
}  # fmt: skip
TEXT: dict[str, Any] = {"prompt": "once upon", "max_tokens": 3, "n": 1, "logprobs": 1, "stop": "x"}
FEEDBACK: dict[str, Any] = {
    "completion_id": "chatcmpl-1", "rating": "up", "correction": "No.", "comment": "c",
    "tags": ["t"], "idempotency_key": "k", "user": "u",
}  # fmt: skip
ROUTES = {"/v1/chat/completions": CHAT, "/v1/completions": TEXT, "/v1/feedback": FEEDBACK}
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**63, -(2**63), 10**400, 0.0, -0.0, 1e308, float("nan"),
    float("inf"), "", " ", "\x00", "\ud800", "\U0001f600" * 50, "9" * 5000, "word " * 200, [], {}, [[]],
    [None], [1, 2], {"a": 1}, {"": {}}, {"type": "text", "text": 3}, [{"type": "image_url"}], "null", "tool",
)  # fmt: skip


def bend(value: Any, chance: random.Random) -> Any:  # noqa: PLR0911
    """The same value with one place of it changed."""
    if isinstance(value, dict) and value and chance.random() < 0.8:
        key = chance.choice(sorted(value))
        if chance.random() < 0.15:
            return {name: one for name, one in value.items() if name != key}
        if chance.random() < 0.1:
            return {**value, str(chance.choice(ODD))[:40]: chance.choice(ODD)}
        return {**value, key: bend(value[key], chance)}
    if isinstance(value, list) and value and chance.random() < 0.7:
        at = chance.randrange(len(value))
        if chance.random() < 0.2:
            return value * chance.choice((2, 50, 400))
        return [*value[:at], bend(value[at], chance), *value[at + 1 :]]
    if chance.random() < 0.05:
        deep: Any = chance.choice(ODD)
        for _ in range(chance.choice((3, 100))):
            deep = [deep] if chance.random() < 0.5 else {"a": deep}
        return deep
    return chance.choice(ODD)


def broken(body: bytes, chance: random.Random) -> bytes:
    """The same bytes, some of them others."""
    at = chance.randrange(len(body))
    ways: tuple[Callable[[], bytes], ...] = (
        lambda: body[:at],
        lambda: body[:at] + chance.randbytes(3) + body[at:],
        lambda: body.replace(b'"', b"'", 1),
        lambda: b"\xef\xbb\xbf" + body,
        lambda: b"[" * 50_000,
        lambda: body * 2,
        lambda: b"",
    )
    return chance.choice(ways)()


def request(chance: random.Random) -> tuple[str, str, bytes, dict[str, str]]:
    """Method, path, body and headers of one request."""
    path = chance.choice(sorted(ROUTES))
    value: Any = ROUTES[path]
    for _ in range(chance.choice((0, 1, 1, 1, 2, 3))):
        value = bend(value, chance)
    if isinstance(value, dict) and chance.random() < 0.2:
        value = {**value, "stream": True}
    body = json.dumps(value).encode()
    if chance.random() < 0.1:
        body = broken(body, chance)
    headers = {"content-type": "application/json"}
    if chance.random() < 0.05:
        headers["content-type"] = chance.choice(("text/plain", "", "application/json; x", "a/b/c"))
    if chance.random() < 0.1:
        headers["idempotency-key"] = chance.choice(("k", "x" * 300, " "))
    if chance.random() < 0.05:
        headers["authorization"] = chance.choice(("Bearer", "Bearer x-y-z", "Basic eDp5", "\t"))
    method = "POST"
    if chance.random() < 0.05:
        method = chance.choice(("GET", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH"))
    if chance.random() < 0.05:
        path = chance.choice(
            ("/", "/v1/models/%00", "/v1/models/..", "/v1/nothing", "//", "/v1/" + "x" * 2000)
        )
    return method, path, body, headers


async def run(url: str, count: int) -> Counter[str]:
    """All requests; what came back, by status."""
    statuses: Counter[str] = Counter()
    numbers = iter(range(count))
    async with httpx.AsyncClient(base_url=url, timeout=60) as http:

        async def client() -> None:
            for number in numbers:
                method, path, body, headers = request(random.Random(SEED * 10**9 + number))
                try:
                    said = await http.request(method, path, content=body, headers=headers)
                except (httpx.LocalProtocolError, httpx.InvalidURL, UnicodeEncodeError):
                    statuses["not sent"] += 1
                    continue
                except httpx.HTTPError as error:
                    statuses[type(error).__name__] += 1
                    print(json.dumps({"number": number, "error": repr(error)}), flush=True)
                    continue
                statuses[str(said.status_code)] += 1
                if said.status_code >= 500:
                    print(json.dumps({"number": number, "status": said.status_code}), flush=True)

        await asyncio.gather(*[client() for _ in range(CLIENTS)])
        last = await http.post("/v1/chat/completions", json=CHAT)
        statuses["answers at the end"] += last.status_code == 200
    return statuses


def main() -> None:
    """The last line is the result."""
    from tests.serve.fake import child

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="accepted, as every benchmark does")
    parser.add_argument("--requests", type=int, default=100_000)
    args = parser.parse_args()
    began = time.perf_counter()
    with (
        TemporaryDirectory() as folder,
        child(Path(folder), limits={"waiting": 64}) as server,
    ):
        statuses = asyncio.run(run(server.url, args.requests))
        alive = server.process.poll() is None
    failed = sum(
        count
        for status, count in statuses.items()
        if status.startswith("5") or status.endswith("Error")
    )
    report(
        "serve_fuzz",
        failed,
        None,
        "of the fuzzed requests, a 5xx or no answer",
        alive and not failed and statuses["answers at the end"] == 1,
        f"0 of {args.requests}",
        statuses=dict(sorted(statuses.items())),
        seconds=round(time.perf_counter() - began, 1),
    )


if __name__ == "__main__":
    main()
