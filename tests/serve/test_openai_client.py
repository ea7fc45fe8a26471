"""The real client of OpenAI's, sync and async, whole and streaming, against a real server."""

import asyncio
from typing import Any

import openai
import pytest

from tests.serve.fake import FakeModel, Server

pytestmark = pytest.mark.server
ASK: Any = {"model": "chatloop", "messages": [{"role": "user", "content": "Where is it?"}]}


def test_a_whole_answer(client: openai.OpenAI) -> None:
    said = client.chat.completions.create(**ASK)

    assert said.id.startswith("chatcmpl-")
    assert said.object == "chat.completion"
    assert said.model == "chatloop@3"
    assert said.system_fingerprint == "fp-3"
    (choice,) = said.choices
    assert choice.message.role == "assistant"
    assert choice.message.content == "".join(f"word{at} " for at in range(8))
    assert choice.finish_reason == "length"
    assert said.usage and (said.usage.prompt_tokens, said.usage.completion_tokens) == (6, 8)


def test_a_stream_ends_with_its_reason_and_usage(client: openai.OpenAI) -> None:
    chunks = list(
        client.chat.completions.create(**ASK, stream=True, stream_options={"include_usage": True})
    )

    assert len({(chunk.id, chunk.created) for chunk in chunks}) == 1
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[0].choices[0].delta.content == ""
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text == "".join(f"word{at} " for at in range(8))
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-2:] == [None, "length"]
    assert chunks[-1].choices == []
    assert chunks[-1].usage and chunks[-1].usage.total_tokens == 14
    assert all(chunk.usage is None for chunk in chunks[:-1])


def test_async_answers_side_by_side(server: Server) -> None:
    async def ask() -> list[str]:
        async with openai.AsyncOpenAI(base_url=f"{server.url}/v1", api_key="none") as client:

            async def one(seed: int) -> str:
                stream = await client.chat.completions.create(**ASK, seed=seed, stream=True)
                return "".join([c.choices[0].delta.content or "" async for c in stream])

            return await asyncio.gather(*[one(seed) for seed in range(8)])

    said = asyncio.run(ask())
    assert [text.split()[0] for text in said] == [f"word{seed}" for seed in range(8)]


def test_the_clients_own_stream_helper_accumulates(client: openai.OpenAI) -> None:
    with client.chat.completions.stream(**ASK, n=2, seed=5, stop="word8") as events:
        final = events.get_final_completion()
    assert [choice.message.content.split()[0] for choice in final.choices] == ["word5", "word6"]  # type: ignore[union-attr]


def test_every_setting_reaches_the_model_with_its_own_meaning(
    client: openai.OpenAI, model: FakeModel
) -> None:
    client.chat.completions.create(
        **ASK, temperature=0.7, top_p=0.9, presence_penalty=0.5, frequency_penalty=-0.5, seed=11,
        logit_bias={"7": -100}, max_completion_tokens=3, stop=["word13"], logprobs=True, top_logprobs=2,
        extra_body={"top_k": 40, "min_p": 0.05, "repetition_penalty": 1.2},
    )  # fmt: skip
    sent = model.asked[-1]

    assert (sent.temperature, sent.top_p, sent.top_k, sent.min_p) == (0.7, 0.9, 40, 0.05)
    assert (sent.presence_penalty, sent.frequency_penalty, sent.repetition_penalty) == (
        0.5,
        -0.5,
        1.2,
    )
    assert (sent.seed, sent.logit_bias, sent.max_tokens) == (11, {7: -100.0}, 3)
    assert (sent.stop, sent.top_logprobs) == (("word13",), 2)


def test_log_probabilities_stand_beside_their_tokens(client: openai.OpenAI) -> None:
    said = client.chat.completions.create(**ASK, logprobs=True, top_logprobs=2, max_tokens=2)
    rows = said.choices[0].logprobs and said.choices[0].logprobs.content
    assert rows and [row.token for row in rows] == ["word0 ", "word1 "]
    assert rows[0].logprob == -0.5 and len(rows[0].top_logprobs) == 2

    chunks = client.chat.completions.create(**ASK, logprobs=True, max_tokens=2, stream=True)
    streamed = [c.choices[0].logprobs for c in chunks if c.choices and c.choices[0].logprobs]
    assert [row.token for one in streamed for row in one.content or []] == ["word0 ", "word1 "]


def test_a_stop_text_ends_the_answer_and_is_not_in_it(client: openai.OpenAI) -> None:
    said = client.chat.completions.create(**ASK, stop="word2")
    assert said.choices[0].message.content == "word0 word1 "
    assert said.choices[0].finish_reason == "stop"


def test_an_answer_can_be_sent_back_as_it_came(client: openai.OpenAI) -> None:
    first = client.chat.completions.create(**ASK)
    history = [*ASK["messages"], first.choices[0].message, {"role": "user", "content": "When?"}]
    assert client.chat.completions.create(model="chatloop", messages=history).choices


def test_parts_of_text_and_developers_are_understood(client: openai.OpenAI) -> None:
    said = client.chat.completions.create(
        model="chatloop@3",
        messages=[
            {"role": "developer", "content": "Be kind."},
            {
                "role": "user",
                "content": [{"type": "text", "text": "Where is"}, {"type": "text", "text": "it?"}],
            },
        ],
    )
    assert said.usage and said.usage.prompt_tokens == 9


def test_bare_text_is_continued(client: openai.OpenAI) -> None:
    said = client.completions.create(
        model="chatloop", prompt=["once upon", "a time"], n=2, logprobs=1, max_tokens=2
    )
    assert said.object == "text_completion"
    assert [choice.index for choice in said.choices] == [0, 1, 2, 3]
    assert said.choices[0].logprobs and said.choices[0].logprobs.text_offset == [0, 6]

    chunks = client.completions.create(model="chatloop", prompt="once", max_tokens=2, stream=True)
    assert "".join(chunk.choices[0].text for chunk in chunks) == "word0 word1 "


def test_models_are_listed_the_default_first(client: openai.OpenAI) -> None:
    assert [one.id for one in client.models.list()] == ["chatloop", "chatloop@3"]
    assert client.models.retrieve("champion").id == "champion"
    with pytest.raises(openai.NotFoundError, match="not served here"):
        client.models.retrieve("gpt-4")


def test_the_oldest_turns_go_only_where_that_is_asked_for(client: openai.OpenAI) -> None:
    turns = [
        {"role": role, "content": "seven words are in this one turn"}
        for role in ("user", "assistant") * 5
    ]
    ask: Any = {
        "model": "chatloop",
        "messages": [{"role": "system", "content": "Be kind."}, *turns[:-1]],
    }

    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(**ask)
    assert caught.value.code == "context_length_exceeded"

    said = client.chat.completions.create(**ask, extra_body={"truncation": "auto"})
    assert said.model_extra and said.model_extra["dropped_messages"] == 4
