"""vLLM on GPUs: its own batches, its own samplers; installed with `chatloop[vllm]`.

Every setting has the meaning that it has here: vLLM, too, takes presence and frequency penalties
over the answer and the repetition penalty over prompt and answer.
"""

import uuid
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from chatloop.errors import UserError
from chatloop.serve.engines.engine import Draw
from chatloop.serve.model import Sampling


class VLLMEngine:
    """An engine over vLLM's AsyncLLM."""

    def __init__(self, folder: Path, slots: int) -> None:
        try:
            import vllm
        except ImportError as error:
            raise UserError(
                "serve.engine.engine: vllm is not installed; pip install 'chatloop[vllm]' on a "
                "machine with a GPU, or set it to auto"
            ) from error
        self.slots = slots
        self._running: set[str] = set()
        self._vllm: Any = vllm
        settings = vllm.AsyncEngineArgs(
            model=str(folder),
            max_num_seqs=slots,
            load_format="safetensors",
            trust_remote_code=False,
        )
        self._engine = vllm.AsyncLLMEngine.from_engine_args(settings)

    @property
    def active(self) -> int:
        """As `Engine.active`."""
        return min(len(self._running), self.slots)

    @property
    def waiting(self) -> int:
        """As `Engine.waiting`."""
        return max(0, len(self._running) - self.slots)

    async def stream(
        self, prompt: Sequence[int], sampling: Sampling, ends: frozenset[int]
    ) -> AsyncIterator[Draw]:
        """As `Engine.stream`; vLLM frees the slot when the iterator is closed."""
        name = uuid.uuid4().hex
        self._running.add(name)
        given = {"prompt_token_ids": list(prompt)}
        try:
            async for output in self._engine.generate(given, self._settings(sampling, ends), name):
                choice = output.outputs[0]
                said = choice.logprobs or [None] * len(choice.token_ids)
                for token, logprobs in zip(choice.token_ids, said, strict=True):
                    yield _draw(token, logprobs, sampling.top_logprobs)
        finally:
            self._running.discard(name)

    def close(self) -> None:
        """As `Engine.close`."""
        self._engine.shutdown()

    def _settings(self, wish: Sampling, ends: frozenset[int]) -> Any:
        return self._vllm.SamplingParams(
            max_tokens=wish.max_tokens,
            temperature=wish.temperature,
            top_p=wish.top_p,
            top_k=wish.top_k,
            min_p=wish.min_p,
            presence_penalty=wish.presence_penalty,
            frequency_penalty=wish.frequency_penalty,
            repetition_penalty=wish.repetition_penalty,
            logit_bias=dict(wish.logit_bias) or None,
            seed=wish.seed,
            logprobs=wish.top_logprobs,
            stop_token_ids=sorted(ends),
            detokenize=False,
            output_kind=self._vllm.sampling_params.RequestOutputKind.DELTA,
        )


def _draw(token: int, logprobs: Any, count: int | None) -> Draw:
    """vLLM gives the likeliest and, besides, the drawn one."""
    if count is None or logprobs is None:
        return Draw(token)
    ranked = sorted(logprobs.items(), key=lambda item: -item[1].logprob)[:count]
    return Draw(
        token, logprobs[token].logprob, tuple((other, one.logprob) for other, one in ranked)
    )
