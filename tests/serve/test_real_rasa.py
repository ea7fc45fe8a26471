"""A real Rasa 3.6 in an environment of its own asks chatloop: `make test-rasa` sets it up."""

import json
import os
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI

from chatloop.connectors import routers
from chatloop.params.serving import ConnectorParams
from tests.unit.connectors.fakes import Fake

RASA = os.environ.get("CHATLOOP_RASA", "")
pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(not RASA, reason="opt-in: make test-rasa"),
]
TOKEN = "s3cret"
FILES = {
    "config.yml": """
recipe: default.v1
language: en
assistant_id: chatloop-test
pipeline: [{name: KeywordIntentClassifier}]
policies: [{name: RulePolicy}]
""",
    "domain.yml": """
version: "3.1"
intents: [greet, order, chatloop_feedback]
entities: [rating]
actions: [chatloop_reply, chatloop_feedback]
responses: {utter_greet: [{text: said by nobody}]}
""",
    "data/nlu.yml": """
version: "3.1"
nlu:
- {intent: greet, examples: "- hello"}
- {intent: order, examples: "- order"}
- {intent: chatloop_feedback, examples: "- thumb"}
""",
    "data/rules.yml": """
version: "3.1"
rules:
- {rule: greet, steps: [{intent: greet}, {action: utter_greet}]}
- {rule: order, steps: [{intent: order}, {action: chatloop_reply}]}
- {rule: thumb, steps: [{intent: chatloop_feedback}, {action: chatloop_feedback}]}
""",
    "credentials.yml": "rest:\n",
    "endpoints.yml": """
nlg: {url: "URL/rasa/nlg", token: TOKEN}
action_endpoint: {url: "URL/rasa/webhook", token: TOKEN}
""",
}


@pytest.fixture(scope="module")
def fake() -> Fake:
    return Fake()


@pytest.fixture(scope="module")
def chatloop(fake: Fake) -> Iterator[str]:
    app = FastAPI()
    params = ConnectorParams(use={"rasa": {}})
    for router in routers(params, fake.seams, {"CHATLOOP_RASA_TOKEN": TOKEN}, loopback=False):
        app.include_router(router)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def rasa(chatloop: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("bot")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text.replace("URL", chatloop).replace("TOKEN", TOKEN))
    environment = {**os.environ, "RASA_TELEMETRY_ENABLED": "false", "HOME": str(folder),
                   "COMPRESS_ACTION_SERVER_REQUEST": "true"}  # fmt: skip
    environment.pop("PYTHONPATH", None)
    command = str(Path(RASA).absolute())
    subprocess.run([command, "train"], cwd=folder, env=environment, check=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    running = subprocess.Popen(
        [command, "run", "-i", "127.0.0.1", "-p", str(port), "--endpoints", "endpoints.yml",
         "--credentials", "credentials.yml"], cwd=folder, env=environment,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        _until_there(url, running)
        yield url
    finally:
        running.terminate()
        running.wait(timeout=60)


def _until_there(url: str, running: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 300
    while time.monotonic() < end and running.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.5)
    pytest.fail("Rasa did not start")


def say(rasa: str, message: str) -> Any:
    body = json.dumps({"sender": "u1", "message": message}).encode()
    asked = urllib.request.Request(
        f"{rasa}/webhooks/rest/webhook", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(asked, timeout=60) as said:
        return [one["text"] for one in json.load(said)]


def test_rasa_says_what_the_model_says_by_nlg_and_by_action_and_passes_thumbs_on(
    rasa: str, fake: Fake
) -> None:
    fake.answer = "Hello from the model."
    assert say(rasa, "hello you") == ["Hello from the model."]
    fake.answer = "It left us today."
    assert say(rasa, "where is my order?") == ["It left us today."]
    assert say(rasa, '/chatloop_feedback{"rating": "up"}') == []

    assert [m.content for m in fake.asked[1][1]] == [
        "hello you", "Hello from the model.", "where is my order?",
    ]  # fmt: skip
    ((external_id, rating, caller, source, *_),) = fake.feedback
    assert (rating, caller, source) == ("up", "rasa:u1", "rasa")
    assert external_id == fake.asked[1][4]
