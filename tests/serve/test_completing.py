"""What chat frameworks are given: an answer in time, or the safe sentence with its reason."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from chatloop.conversation import Message
from chatloop.io.store import Reader
from chatloop.serve.answering.completing import completing
from chatloop.serve.app import create_app
from chatloop.serve.model import Sampling
from chatloop.serve.opinions import recording
from chatloop.serve.store.keeping import Store
from chatloop.serve.store.opening import connect, database_url
from tests.serve.fake import FakeModel, FakeModels, clean_params, serve_params

TALK = [Message("user", "Where is it?")]


def asked(
    folder: Path, *models: FakeModel, talk: Any = TALK, deadline: float = 20.0, **changes: Any
) -> Any:
    """The reply, the fallbacks counted, and whether an opinion on it and on another was kept."""

    async def run() -> Any:
        settings = serve_params(folder, **changes)
        app = create_app(FakeModels(*models), Store(settings.store, clean_params()), settings)
        serving = app.state.serving
        serving.store.start()
        reply = await completing(serving)(
            "slack:C1", talk, deadline, source="slack", external_id="E1"
        )
        record = recording(serving)
        known = await record("E1", "down", "U1", "slack", tags=("late",))
        unknown = await record("E2", "down", "U1", "slack")
        await serving.store.close()
        counted = [
            (sample.labels["reason"], sample.value)
            for metric in serving.metrics.fallbacks.collect()
            for sample in metric.samples
            if sample.name.endswith("_total")
        ]
        return reply, counted, known, unknown

    return asyncio.run(run())


def test_an_answer_is_kept_with_the_frameworks_own_id(tmp_path: Path) -> None:
    reply, counted, known, unknown = asked(tmp_path, FakeModel())

    assert reply.text == " ".join(f"word{at}" for at in range(8))
    assert (reply.version, reply.fallback, counted) == ("3", False, [])
    assert (known, unknown) == (True, False)
    engine = connect(database_url(None, tmp_path))
    ((_, exchange),) = Reader(engine).exchanges()
    ((_, opinion),) = Reader(engine).feedback()
    engine.dispose()
    assert (exchange.id, exchange.external_id, exchange.source) == (
        reply.exchange_id,
        "E1",
        "slack",
    )
    assert exchange.session and "C1" not in exchange.session
    assert exchange.messages is None
    assert (opinion.exchange_id, opinion.rating, opinion.tags) == (exchange.id, "down", ("late",))


def test_texts_are_kept_where_the_server_keeps_all(tmp_path: Path) -> None:
    asked(tmp_path, FakeModel(), store={"exchanges": True})
    engine = connect(database_url(None, tmp_path))
    ((_, exchange),) = Reader(engine).exchanges()
    engine.dispose()
    assert exchange.messages == tuple(TALK)


def test_without_a_model_the_safe_sentence_is_said(tmp_path: Path) -> None:
    reply, counted, known, _ = asked(tmp_path)
    assert reply.fallback
    assert reply.text.startswith("I cannot answer right now")
    assert (counted, known) == ([("no_model", 1.0)], False)


def test_a_slow_model_is_not_waited_for(tmp_path: Path) -> None:
    model = FakeModel(seconds=60.0)
    reply, counted, _, _ = asked(tmp_path, model, deadline=0.05)
    assert (reply.fallback, counted) == (True, [("deadline", 1.0)])
    assert model.open == 0


@pytest.mark.parametrize(
    ("breaks", "talk", "reason"),
    [
        (RuntimeError("x"), TALK, "error"),
        (None, [Message("user", "word " * 100)], "too_long"),
    ],
)
def test_what_goes_wrong_is_counted_by_its_reason(
    tmp_path: Path, breaks: Exception | None, talk: Any, reason: str
) -> None:
    model = FakeModel()
    model.breaks = breaks
    reply, counted, _, _ = asked(tmp_path, model, talk=talk)
    assert (reply.fallback, counted) == (True, [(reason, 1.0)])


def test_an_empty_answer_is_a_fallback(tmp_path: Path) -> None:
    model = FakeModel()
    model.defaults = Sampling(8, stop=("word0",))
    reply, counted, _, _ = asked(tmp_path, model)
    assert (reply.fallback, counted) == (True, [("empty", 1.0)])
