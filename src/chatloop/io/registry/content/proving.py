"""A version has to be what was judged: the same bytes and, from the registry, the same answers.

    proof.json {"max_tokens": 48, "asked": [{"messages": [{"role": "user", …}], "answer": "…"}]}

The answers are those that the evaluation wrote out, greedy. They are asked again before an alias
moves: a file that loads otherwise than it did is found before anybody talks to it.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chatloop.conversation import Message
from chatloop.errors import UserError
from chatloop.io.files import read_json, read_yaml, sha256
from chatloop.io.mlflow_store.connection import Store
from chatloop.io.registry.versions import MODEL, Version, damaged, fetched, place_of

PROOF = "proof.json"
GENERATIONS, PARAMS = Path("reports/generations.json"), Path("params.yaml")
ASKED = 4  # seconds count: a promotion waits for it


def proof(generations: Path = GENERATIONS, params: Path = PARAMS) -> dict[str, Any]:
    """What the candidate was asked and answered, of the files of an evaluation; without any where
    the evaluation generated nothing."""
    rows = read_json(generations) if generations.exists() else []
    settings = (read_yaml(params) or {}) if params.exists() else {}
    found = [
        {"messages": row["messages"], "answer": row["candidate"]}
        for row in rows
        if "candidate" in row and row.get("messages")
    ]
    limit = settings.get("evaluate", {}).get("max_new_tokens", 0)
    return {"max_tokens": limit, "asked": found[:ASKED]}


def prove(store: Store, version: Version) -> None:
    """Compare bytes and answers with what was registered.

    Raises:
        UserError: a file is gone or altered, or the model answers otherwise.
    """
    whole = place_of(store, version).removesuffix(f"/{MODEL}")
    with fetched(store, whole) as stored:
        for file, digest in version.files.items():
            if not (stored / MODEL / file).is_file():
                raise damaged(version, file, f"is gone from {stored / MODEL}")
            if sha256(stored / MODEL / file) != digest:
                raise damaged(version, file, "is not what was registered")
        _check_answers(version, stored)


def prove_answers(store: Store, version: Version) -> None:
    """Compare answers alone, of a version whose bytes were compared as they were stored.

    Raises:
        UserError: the model answers otherwise.
    """
    whole = place_of(store, version).removesuffix(f"/{MODEL}")
    with fetched(store, whole) as stored:
        _check_answers(version, stored)


def _check_answers(version: Version, stored: Path) -> None:
    kept = stored / PROOF
    expected = json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else {}
    if other := _other_answers(stored / MODEL, expected):
        raise UserError(
            f"{version} answers {other} of {len(expected['asked'])} questions otherwise than when "
            "it was judged; it stays as it is. `chatloop rebuild` says whether its files are right"
        )


def _other_answers(folder: Path, expected: Mapping[str, Any]) -> int:
    """How many of the questions get another answer."""
    if not expected.get("asked"):
        return 0
    from chatloop.io.models import hub
    from chatloop.modeling.answering import Chatter, Sampling, answer
    from chatloop.tokens.rendering import Renderer

    tokenizer = hub.load_tokenizer(folder)
    chatter = Chatter(hub.load_model(folder), tokenizer, Renderer(tokenizer))
    wish = Sampling(max_tokens=int(expected["max_tokens"]))
    return sum(
        answer(chatter, [Message(m["role"], m["content"]) for m in one["messages"]], wish)
        != one["answer"]
        for one in expected["asked"]
    )
