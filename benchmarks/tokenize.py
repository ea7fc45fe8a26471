"""Real dialogues from text to packed arrays: chatloop, TRL's own preparation, the bare tokenizer.

    python -m benchmarks.tokenize --json

All get the same conversations, GPT-2's tokenizer and ChatML, TRL's with the generation marks that
its mask needs, and rows of 1,024 tokens, which the longest conversation fits. The bare tokenizer
(`encode_batch_fast`) gets texts that are rendered already, and nothing is done with what it gives.
They take turns; the ratios are of the medians. `equal` compares ids and masks of every conversation
with TRL's, and ids with the bare tokenizer's.
"""

import argparse
import gzip
import importlib.metadata
import json
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from benchmarks.report import SGD, report, without
from chatloop.conversation import Conversation, Message
from chatloop.io.models import hub
from chatloop.tokens.fitting import Fitter
from chatloop.tokens.packing import Packed, pack
from chatloop.tokens.rendering import Renderer
from chatloop.tokens.templates import CHATML, TURN_END, TURN_START

TOKENIZER = Path(__file__).parents[2] / "shared" / "models" / "gpt2-tokenizer"
CONTEXT = 1024
MARKED = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' }}"
    "{% if message['role'] == 'assistant' %}{% generation %}"
    "{{ message['content'] | trim + '<|im_end|>' }}{% endgeneration %}{{ '\n' }}"
    "{% else %}{{ message['content'] | trim + '<|im_end|>\n' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
Sequences = list[tuple[tuple[int, ...], tuple[bool, ...]]]


def dialogues(count: int) -> list[Conversation]:
    """The first conversations of the training file."""
    with gzip.open(SGD / "train.jsonl.gz", "rt", encoding="utf-8") as lines:
        records = [json.loads(line) for line, _ in zip(lines, range(count), strict=False)]
    return [
        Conversation(r["id"], tuple(Message(m["role"], m["content"]) for m in r["messages"]))
        for r in records
    ]


def tokenizer() -> Any:
    """GPT-2's, with the marks of ChatML as tokens of their own."""
    found = hub.load_tokenizer(TOKENIZER)
    found.add_special_tokens({"additional_special_tokens": [TURN_START, TURN_END]})
    found.chat_template = CHATML
    return found


def ours(talks: Sequence[Conversation], fast: Any) -> Packed:
    """Render, encode, fit and pack, as the tokenize stage does."""
    fitted = Fitter(Renderer(fast), CONTEXT, "split").fit(talks)
    return pack(fitted.examples, CONTEXT, fast.eos_token_id)


def theirs(data: Any, fast: Any) -> Any:
    """SFTTrainer's preparation with packing and a mask of the answers, without its cache."""
    from trl import SFTConfig, SFTTrainer

    config = SFTConfig(
        output_dir="unused", max_length=CONTEXT, packing=True, assistant_only_loss=True,
        bf16=False, report_to=[],
    )  # fmt: skip
    trainer = SimpleNamespace(_tokenizer=fast, chat_template=MARKED, completion_only_loss=False)
    return SFTTrainer._prepare_dataset(trainer, data, fast, config, True, None, "train")


def our_sequences(packed: Packed) -> Sequences:
    """ids and mask of each conversation, sorted."""
    found: Sequences = []
    for ids, mask, owner in zip(packed.ids, packed.supervised, packed.examples, strict=True):
        for example in sorted(set(owner.tolist()) - {-1}):
            here = owner == example
            found.append((tuple(ids[here].tolist()), tuple(mask[here].tolist())))
    return sorted(found)


def their_sequences(data: Any) -> Sequences:
    """The same of TRL's packed rows."""
    found: Sequences = []
    for row in data:
        start = 0
        for length in row["seq_lengths"]:
            ids, labels = (row[key][start : start + length] for key in ("input_ids", "labels"))
            found.append((tuple(ids), tuple(label != -100 for label in labels)))
            start += length
    return sorted(found)


def measure(talks: list[Conversation], rounds: int) -> dict[str, Any]:
    """Median seconds of each by name, whether all agree, and the tokens."""
    from datasets import Dataset, disable_caching, disable_progress_bars

    disable_caching()
    disable_progress_bars()
    fast = tokenizer()
    renderer = Renderer(fast)
    texts = [renderer.render(talk.messages)[0].text for talk in talks]
    chats = [[{"role": m.role, "content": m.content} for m in t.messages] for t in talks]
    data = Dataset.from_dict({"messages": chats})
    bare = fast.backend_tokenizer.encode_batch_fast
    tasks: dict[str, Callable[[], Any]] = {
        "ours": lambda: ours(talks, fast),
        "bare": lambda: bare(texts, add_special_tokens=False),
        "trl": lambda: theirs(data, fast),
    }
    taken: dict[str, list[float]] = {name: [] for name in tasks}
    made: dict[str, Any] = {}
    for _ in range(rounds):
        for name, task in tasks.items():
            start = time.perf_counter()
            made[name] = task()
            taken[name].append(time.perf_counter() - start)
    sequences = our_sequences(made["ours"])
    same = sequences == their_sequences(made["trl"])
    same &= [ids for ids, _ in sequences] == sorted(tuple(one.ids) for one in made["bare"])
    seconds = {name: statistics.median(times) for name, times in taken.items()}
    return {"seconds": seconds, "equal": same, "tokens": sum(len(ids) for ids, _ in sequences)}


def main() -> None:
    """Measure and print; with --json the last line is one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--count", type=int, default=12_174)
    parser.add_argument("--rounds", type=int, default=5)
    wanted = parser.parse_args()
    if not (SGD.is_dir() and TOKENIZER.is_dir()):
        without("the real dialogues or GPT-2's tokenizer are not here")
        return
    found = measure(dialogues(wanted.count), wanted.rounds)
    rates = {name: round(found["tokens"] / taken) for name, taken in found["seconds"].items()}
    of_bare = round(found["seconds"]["ours"] / found["seconds"]["bare"], 3)
    print(", ".join(f"{name} {rate:,} tokens/s" for name, rate in rates.items()))
    if wanted.json:
        goal = "at least 4 times TRL, at most 1.3 times the bare tokenizer's time"
        more = {"bare": rates["bare"], "times_the_bare": of_bare, "conversations": wanted.count,
                "rival_is": f"trl {importlib.metadata.version('trl')}"}  # fmt: skip
        report("tokenize", rates["ours"], rates["trl"], "tokens/s", found["equal"], goal, **more)


if __name__ == "__main__":
    main()
