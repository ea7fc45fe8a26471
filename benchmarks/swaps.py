"""Thirty champions, one after the other, while clients ask over HTTP: does any request fail?

    python -m benchmarks.swaps --json

Versions are small models with weights of their own, each loaded into a real engine beside the one that
serves, tested, and switched to; eight clients stream all the while. The figure is the requests that
failed: no 200, no end, or an answer of several versions. What was served before has to be freed.
"""

import argparse
import asyncio
import gc
import json
import os
import weakref
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import psutil

from benchmarks.report import SGD, report, without
from benchmarks.serve_cpu import CHATML
from chatloop.params.serving import EngineParams
from chatloop.serve.app import create_app
from chatloop.serve.loading.holder import FollowedModels
from chatloop.serve.loading.releases import Release, Wanted
from chatloop.serve.loading.version import LoadedModel, load
from chatloop.serve.store.keeping import Store
from tests.serve.fake import Server, clean_params, serve_params

CLIENTS = 8
ASK = {
    "messages": [{"role": "user", "content": "Where is my order?"}],
    "max_tokens": 24,
    "stream": True,
}


class Registry:
    """An alias that moves."""

    def __init__(self, folders: list[Path]) -> None:
        self.releases = [
            Release(str(at), f"content {at}", lambda folder=folder: folder)
            for at, folder in enumerate(folders)
        ]
        self.at = 0

    def wanted(self) -> Wanted:
        """Which one is the champion now."""
        return Wanted(self.releases[self.at], None)


def made(folder: Path, tokenizer: Path, seed: int) -> Path:
    """A version with random weights."""
    import torch
    from transformers import AutoTokenizer, GPT2Config, GPT2LMHeadModel

    torch.manual_seed(seed)
    GPT2LMHeadModel(GPT2Config(n_embd=64, n_layer=2, n_head=2)).save_pretrained(folder)
    words = AutoTokenizer.from_pretrained(tokenizer)
    words.chat_template = CHATML
    words.save_pretrained(folder)
    return folder


async def answered(http: httpx.AsyncClient) -> str | None:
    """The version that answered; None where the answer failed."""
    models: set[str] = set()
    ended = False
    try:
        async with http.stream("POST", "/v1/chat/completions", json=ASK) as answer:
            if answer.status_code != 200:
                return None
            async for line in answer.aiter_lines():
                ended = ended or line == "data: [DONE]"
                if line.startswith("data: {"):
                    chunk = json.loads(line[6:])
                    models.add(chunk.get("model", "an error"))
    except httpx.HTTPError:
        return None
    return models.pop() if ended and len(models) == 1 else None


async def under_load(url: str, models: FollowedModels, registry: Registry, swaps: int) -> Any:
    """Answers while the champion moves `swaps` times."""
    answers: list[str | None] = []
    ended = asyncio.Event()

    async def client(http: httpx.AsyncClient) -> None:
        while not ended.is_set():
            answers.append(await answered(http))

    async with httpx.AsyncClient(base_url=url, timeout=120) as http:
        clients = [asyncio.create_task(client(http)) for _ in range(CLIENTS)]
        for number in range(1, swaps + 1):
            registry.at = number % len(registry.releases)
            before = len(answers)
            await asyncio.to_thread(models.look)
            while len(answers) < before + CLIENTS:
                await asyncio.sleep(0.01)
        ended.set()
        await asyncio.gather(*clients)
    return answers


def main() -> None:
    """The last line is the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="accepted, as every benchmark does")
    parser.add_argument("--swaps", type=int, default=30)
    args = parser.parse_args()
    tokenizer = SGD.parents[1] / "models" / "gpt2-tokenizer"
    if not tokenizer.is_dir():
        without("GPT-2's tokenizer is not here")
        return
    alive: weakref.WeakSet[LoadedModel] = weakref.WeakSet()
    loads: list[str] = []

    def loaded(wanted: Release) -> LoadedModel:
        loads.append(wanted.version)
        model = load(wanted.fetch(), wanted.version, EngineParams(max_streams=CLIENTS))
        alive.add(model)
        return model

    memory: list[int] = []
    with TemporaryDirectory() as name:
        os.environ["XDG_CACHE_HOME"] = name
        registry = Registry([made(Path(name) / str(at), tokenizer, at) for at in range(3)])
        models = FollowedModels("chatloop", registry, loaded, 0.0, 60.0)
        models.look()
        settings = serve_params(Path(name) / "store")
        app = create_app(models, Store(settings.store, clean_params()), settings)
        with Server(app) as server:
            asyncio.run(under_load(server.url, models, registry, 2))
            memory.append(psutil.Process().memory_info().rss // 2**20)
            answers = asyncio.run(under_load(server.url, models, registry, args.swaps))
            memory.append(psutil.Process().memory_info().rss // 2**20)
        gc.collect()
        held = len(alive)
    failed = sum(answer is None for answer in answers)
    report(
        "swaps",
        failed,
        None,
        "requests that failed while the champion moved",
        not failed and held <= 1,
        f"0 in {args.swaps} swaps",
        requests=len(answers),
        swaps=len(loads) - 3,
        versions_that_answered=len(set(answers)),
        versions_still_held=held,
        memory_growth_mib=memory[1] - memory[0],
    )


if __name__ == "__main__":
    main()
