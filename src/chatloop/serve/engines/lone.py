"""Greedy decoding of one stream by CTranslate2, as fast as the machine reads the weights.

CTranslate2's batches take one set of settings, nobody joins them while they run, and its random
numbers are everybody's. So it answers what it can answer exactly: one greedy stream at a time. When
somebody else comes, the stream goes on in a row of the decoder.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from chatloop.io.files import read_json


class Lone(Protocol):
    """Runs one stream; not for several threads at a time."""

    def run(self, prompt: Sequence[int], most: int, drawn: Callable[[int], bool]) -> None:
        """Up to `most` tokens after the prompt, the likeliest each; `drawn` says when to end."""
        ...


class CTranslate2Lone:
    """A converted model in a folder."""

    def __init__(self, folder: Path, quantization: str, threads: int) -> None:
        import ctranslate2

        self._tokens: list[str] = read_json(folder / "vocabulary.json")
        self._generator: Any = ctranslate2.Generator(
            str(folder),
            device="cpu",
            compute_type=quantization,
            inter_threads=1,
            intra_threads=threads,
        )

    def run(self, prompt: Sequence[int], most: int, drawn: Callable[[int], bool]) -> None:
        """As `Lone.run`."""
        # A worker of CTranslate2 keeps the callback for a while after the answer. Were it to hold
        # the last way to the generator, the worker would have to wait for its own end.
        listener = [drawn]
        try:
            self._generator.generate_batch(
                [[self._tokens[token] for token in prompt]],
                max_length=most,
                end_token=[],
                include_prompt_in_result=False,
                cache_static_prompt=False,
                callback=lambda step: listener[0](step.token_id),
            )
        finally:
            listener.clear()
