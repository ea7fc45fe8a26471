"""`mlflow models serve` answers OpenAI's chat schema with the champion, as MLflow's users run it."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from projects import Project

from chatloop.io.registry.moving import promote
from chatloop.io.registry.register import register
from chatloop.io.tracking import record


@pytest.fixture
def url(alone: Project) -> Iterator[str]:
    run_id = record(alone.root)
    number = register(alone.name, alone.candidate, run_id, alone.verdict)
    promote(alone.name, number, alone.verdict)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    bin_folder = Path(sys.executable).parent  # MLflow starts uvicorn by its name
    told = {
        "MLFLOW_TRACKING_URI": "sqlite:///mlflow.db",
        "PATH": f"{bin_folder}:{os.environ['PATH']}",
    }
    command = ["-m", "mlflow", "models", "serve", "-m", f"models:/{alone.name}@champion"]
    served = subprocess.Popen(
        [sys.executable, *command, "--env-manager", "local", "-p", str(port)],
        cwd=alone.root,
        env=os.environ | told,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(served.pid, 9)
        served.wait()


@pytest.mark.server
def test_a_chat_request_is_answered_by_the_champion(url: str) -> None:
    request = {"messages": [{"role": "user", "content": "where is my order"}], "max_tokens": 8}
    transport = httpx.HTTPTransport(retries=0)
    with httpx.Client(transport=transport, timeout=120) as client:
        answer = _when_up(client, f"{url}/invocations", request)
    (said,) = answer.json()
    assert said["object"] == "chat.completion"
    assert said["choices"][0]["message"]["role"] == "assistant"
    assert 0 < said["usage"]["completion_tokens"] <= 8


def _when_up(client: httpx.Client, url: str, request: object) -> httpx.Response:
    """The answer once there is somebody to give it."""
    while True:
        try:
            return client.post(url, json=request).raise_for_status()
        except httpx.ConnectError:
            time.sleep(0.2)
