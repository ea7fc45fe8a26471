"""Tokens a second and seconds to the first token over HTTP: ours and `transformers serve`.

    python -m benchmarks.serve_cpu --json

GPT-2's 124 M shape with seeded random weights and a ChatML template, greedy, in a folder that both serve;
1, 8 and 32 clients stream at once. Each server is a process of its own, asked alone, in turn; its
processor time is measured, too, and the client takes next to none. Random weights repeat themselves, which the server would guess ahead
(`serve.engine.drafts`): here it does not, and no prompt is asked twice, so that nothing is known
before. `--drafts` lets it; `--model` takes another folder.
"""

import argparse
import json
import os
import random
import re
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import psutil

from benchmarks.report import SGD, report, without
from benchmarks.streams import streamed

ROOT = Path(__file__).parents[1]
WORDS = "where is the order that I sent to my sister in the north last week and what did it cost"
CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def made(folder: Path, tokenizer: Path) -> Path:
    """GPT-2's shape with a template, as a version has it."""
    import torch
    from transformers import AutoTokenizer, GPT2Config, GPT2LMHeadModel

    torch.manual_seed(7)
    GPT2LMHeadModel(GPT2Config()).save_pretrained(folder)
    words = AutoTokenizer.from_pretrained(tokenizer)
    words.chat_template = CHATML
    words.save_pretrained(folder)
    return folder


@contextmanager
def running(command: list[str], cwd: Path, url: str) -> Iterator[psutil.Process]:
    """A server, from when it answers."""
    with (cwd / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=cwd, stdout=log, stderr=log)
        try:
            for _ in range(1200):
                assert process.poll() is None, (cwd / "log").read_text()[-2000:]
                try:
                    if httpx.get(f"{url}/readyz").status_code in (200, 404):
                        break
                except httpx.HTTPError:
                    pass
                time.sleep(0.1)
            yield psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait(60)


def commands(
    folder: Path, made_in: Path, threads: int, drafts: bool
) -> dict[str, tuple[list[str], Path, str]]:
    """What starts each server, where, and its address."""
    found = {}
    for kind in ("float32", "int8"):
        project = made_in / kind
        project.mkdir()
        shutil.copy(ROOT / "dvc.yaml", project)
        params = (ROOT / "params.yaml").read_text()
        params = re.sub(r"(\n    quantization:) \w+", rf"\1 {kind}", params)
        params = re.sub(r"(\n    threads:) \w+(\s+# of the CPU)", rf"\1 {threads}\2", params)
        params = re.sub(r"(\n    drafts:) \w+", rf"\1 {str(drafts).lower()}", params)
        (project / "params.yaml").write_text(params)
        port = free_port()
        serve = [
            sys.executable,
            "-m",
            "chatloop",
            "serve",
            "--model",
            str(folder),
            "--port",
            str(port),
        ]
        found[f"chatloop {kind}"] = (serve, project, f"http://127.0.0.1:{port}")
    for name, more in (
        ("transformers", []),
        ("transformers continuous", ["--continuous-batching"]),
    ):
        cwd, port = made_in / name.replace(" ", "-"), free_port()
        cwd.mkdir()
        serve = [
            sys.executable, "-m", "transformers.cli.transformers", "serve", str(folder),
            "--device", "cpu", "--dtype", "float32", "--port", str(port), *more,
        ]  # fmt: skip
        found[name] = (serve, cwd, f"http://localhost:{port}")
    return found


def free_port() -> int:
    """One that nobody has just now."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def asked_of(model: str, number: int, tokens: int) -> dict[str, Any]:
    """A request that nobody has made before."""
    words = WORDS.split()
    random.Random(number).shuffle(words)
    body = {
        "messages": [{"role": "user", "content": " ".join(words[:16])}], "max_tokens": tokens,
        "stream": True, "stream_options": {"include_usage": True},
    }  # fmt: skip
    # Greedy is what the rival does unless asked.
    return body | ({"temperature": 0} if model == "chatloop" else {"model": model})


def load(url: str, model: str, streams: int, tokens: int, asked: Iterator[int]) -> dict[str, float]:
    """All streams at once."""
    streamed(url, [asked_of(model, next(asked), 4)])
    bodies = [asked_of(model, next(asked), tokens) for _ in range(streams)]
    began = time.perf_counter()
    came = streamed(url, bodies)
    seconds = time.perf_counter() - began
    assert all(one.status == 200 for one in came), [one.status for one in came]
    return {
        "tokens_per_second": round(sum(one.tokens for one in came) / seconds, 1),
        "first_token_s": round(statistics.median(one.first for one in came), 4),
    }


def measured(command: tuple[list[str], Path, str], name: str, folder: Path, args: Any) -> Any:
    """One server's figures by number of streams; the best of the rounds."""
    figures: dict[int, dict[str, float]] = {}
    asked = count()
    with running(*command) as process:
        for streams in args.streams:
            for _ in range(args.rounds):
                before = sum(process.cpu_times()[:2])
                model = "chatloop" if name.startswith("chatloop") else str(folder)
                found = load(command[2], model, streams, args.tokens, asked)
                cpu = sum(process.cpu_times()[:2]) - before
                found["cpu_ms_per_token"] = round(1000 * cpu / (streams * args.tokens), 2)
                best = figures.get(streams)
                if best is None or found["tokens_per_second"] > best["tokens_per_second"]:
                    figures[streams] = found
            print(json.dumps({"server": name, "streams": streams, **figures[streams]}), flush=True)
    return figures


def main() -> None:
    """The last line is the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="accepted, as every benchmark does")
    parser.add_argument("--model", type=Path, help="a folder instead of GPT-2's shape")
    parser.add_argument("--streams", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--tokens", type=int, default=48)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--drafts", action="store_true", help="guess repeated text, as shipped")
    parser.add_argument("--only", help="servers whose name begins so")
    args = parser.parse_args()
    tokenizer = SGD.parents[1] / "models" / "gpt2-tokenizer"
    if args.model is None and not tokenizer.is_dir():
        without("GPT-2's tokenizer is not here")
        return
    os.environ["OMP_NUM_THREADS"] = str(args.threads)
    found: dict[str, Any] = {}
    with TemporaryDirectory() as name:
        folder = args.model.resolve() if args.model else made(Path(name) / "gpt2", tokenizer)
        for server, command in commands(folder, Path(name), args.threads, args.drafts).items():
            if server.startswith(args.only or ""):
                found[server] = measured(command, server, folder, args)
    main_one = 8 if 8 in args.streams else args.streams[0]
    rivals = [figures for server, figures in found.items() if server.startswith("transformers")]
    best = max((figures[main_one]["tokens_per_second"] for figures in rivals), default=None)
    report(
        "serve_cpu",
        found.get("chatloop float32", {}).get(main_one, {}).get("tokens_per_second", 0.0),
        best,
        f"tokens/s over HTTP, {main_one} streams, float32; the rival's better way",
        None,
        "at least 3 times, int8 5 times; time to the first token at most half",
        servers=found,
        threads=args.threads,
        drafts=args.drafts,
    )


if __name__ == "__main__":
    main()
