"""An answer to a chat framework in time: the model's, or the safe sentence.

complete = completing(serving)
await complete("slack:C01:1782…", messages, 2.5, source="slack", external_id="Ev01…")
"""

import asyncio
import logging
import secrets
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace

from chatloop.connectors.complete import Complete, Reply
from chatloop.conversation import Message
from chatloop.errors import UserError
from chatloop.serve.answering.generating import Wish, generate
from chatloop.serve.model import Model, NoModelError
from chatloop.serve.observe.logs import log
from chatloop.serve.serving import Serving, Timing, exchange
from chatloop.serve.wire.errors import ApiError
from chatloop.serve.wire.replies import Collected

REASONS = {"queue_full": "busy", "queue_wait": "busy", "no_model": "no_model",
           "context_length_exceeded": "too_long"}  # fmt: skip


class _NoAnswerError(Exception):
    """Why the safe sentence is said instead."""


def completing(serving: Serving) -> Complete:
    """What connectors call; see `Complete`."""

    async def complete(
        session: str,
        messages: Sequence[Message],
        deadline: float,
        *,
        source: str,
        external_id: str | None = None,
    ) -> Reply:
        try:
            async with asyncio.timeout(deadline):
                return await _answered(serving, session, messages, source, external_id)
        except TimeoutError:
            reason = "deadline"
        except _NoAnswerError as why:
            reason = str(why)
        except NoModelError:
            reason = "no_model"
        except (ApiError, UserError) as error:
            reason = REASONS.get(getattr(error, "code", None) or "", "refused")
        except Exception as error:
            log("error", logging.ERROR, error, source=source)
            reason = "error"
        serving.metrics.fallbacks.labels(source, reason).inc()
        log("fallback", logging.WARNING, source=source, reason=reason)
        return Reply(serving.settings.fallback, None, None, fallback=True)

    return complete


async def _answered(
    serving: Serving,
    session: str,
    messages: Sequence[Message],
    source: str,
    external_id: str | None,
) -> Reply:
    pepper = serving.store.pepper
    model = serving.model(None, f"{source}:{session}")
    limits = serving.settings.limits
    sampling = replace(model.defaults, max_tokens=min(model.defaults.max_tokens, limits.tokens))
    kept = messages[-limits.messages :]
    prompt = await serving.prompting.chat(model, kept, sampling.max_tokens, truncate=True)
    begun = replace(
        exchange(
            f"chatcmpl-{secrets.token_hex(16)}",
            model,
            pepper.caller(f"connector:{source}", None),
            source,
            kept,
        ),
        session=pepper.hash("session", source, session),
        external_id=external_id,
        prompt_tokens=len(prompt.ids),
    )
    timing, said = Timing(), Collected()
    wish = (prompt.ids, replace(sampling, max_tokens=prompt.room))
    await _listen(serving, model, wish, timing, said)
    answer = said.text.strip()
    if not answer:
        raise _NoAnswerError("empty")
    done = replace(
        begun,
        completion_tokens=said.count,
        seconds=timing.end(),
        finish=said.finish or "stop",
        answer=answer,
    )
    serving.record(done, False, timing)
    return Reply(answer, done.id, done.version, fallback=False)


async def _listen(
    serving: Serving, model: Model, wish: Wish, timing: Timing, said: Collected
) -> None:
    async with (
        serving.admission.slots(1),
        aclosing(generate(model, [wish])) as pieces,
    ):
        async for _, piece in pieces:
            timing.token()
            said.add(piece, keep_tokens=False)
