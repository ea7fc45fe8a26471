"""The real server of a project, in a process of its own, and what customers and the team ask of it.

with serving(project) as server:
    server.wait_for(1, 60)
    server.ask([(Message("user", "Where is order #48213?"),)], temperature=0.0, seed=7)
    →  [Answer("chatcmpl-9f…", "1", "Order #48213 left us on Monday.")]
    server.tell("chatcmpl-9f…", rating="up", user="rater-3")
"""

import json
import subprocess
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from benchmarks.team.project import Project, environment
from benchmarks.team.rater import Prompt
from flows.processes import child

AT_ONCE, LONGEST = 24, 64  # requests open at a time, tokens of an answer
LOOK_SECONDS, UP_SECONDS = 0.5, 600.0


@dataclass(frozen=True)
class Answer:
    """What was served: the completion's id, the version that it says it comes from, the text."""

    id: str
    version: str
    text: str


class Server:
    """A client of one; `wait_for` before anything else."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def versions(self) -> list[str]:
        """Those that are loaded, by number."""
        names = [
            one["id"] for one in self._http.get("/v1/models").raise_for_status().json()["data"]
        ]
        return [name.partition("@")[2] for name in names if "@" in name]

    def wait_for(self, version: int, seconds: float) -> float:
        """Seconds until that version is served, by itself: nobody tells the server.

        Raises:
            TimeoutError: it is not, after so many.
        """
        began = time.perf_counter()
        while str(version) not in self.versions():
            if time.perf_counter() - began > seconds:
                raise TimeoutError(f"version {version} is not served after {seconds:.0f} s")
            time.sleep(LOOK_SECONDS)
        return time.perf_counter() - began

    def ask(
        self,
        prompts: Sequence[Prompt],
        temperature: float,
        seed: int,
        users: Sequence[str] | None = None,
    ) -> list[Answer]:
        """An answer to each prompt, in order; with users the exchange is kept, as theirs."""

        def one(at: int) -> Answer:
            messages = [{"role": said.role, "content": said.content} for said in prompts[at]]
            body: dict[str, Any] = {"model": "chatloop", "messages": messages}
            body |= {"temperature": temperature, "seed": seed + at, "max_tokens": LONGEST}
            if users is not None:
                body |= {"store": True, "user": users[at]}
            found = self._post("/v1/chat/completions", body)
            said = found["choices"][0]["message"]["content"]
            return Answer(found["id"], found["model"].partition("@")[2], said.strip())

        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(one, range(len(prompts))))

    def tell(self, completion_id: str, **opinion: Any) -> None:
        """POST /v1/feedback."""
        self._post("/v1/feedback", {"completion_id": completion_id, **opinion})

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self._http.post(path, json=body).raise_for_status().json()
        return found


@contextmanager
def serving(project: Project) -> Iterator[Server]:
    """`chatloop serve` on a free port, from when it listens; it follows the registry's champion."""
    log, command = project.folder.with_name("serve.log"), ["serve", "--port", "0"]
    with log.open("wb") as written:
        process = child.start(
            "chatloop", command, project.folder, stdout=written, env=environment()
        )
    try:
        with httpx.Client(base_url=_listening(log, process), timeout=120) as http:
            yield Server(http)
    finally:
        child.end(process)


def _listening(log: Path, process: subprocess.Popen[bytes]) -> str:
    """Its address, from its own log."""
    began = time.perf_counter()
    while process.poll() is None and time.perf_counter() - began < UP_SECONDS:
        whole = log.read_text(encoding="utf-8").rpartition("\n")[0]
        for line in whole.splitlines():
            if line.startswith("{") and json.loads(line)["event"] == "listening":
                return str(json.loads(line)["url"])
        time.sleep(LOOK_SECONDS)
    raise RuntimeError(f"chatloop serve does not listen: {log.read_text(encoding='utf-8')[-2000:]}")
