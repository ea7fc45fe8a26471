"""A pretrained start against random weights: the same shape, tokens, order and optimizer.

    python -m benchmarks.pretrained --json

Ours begins with the weights of tinystories-260k, which learned English from children's stories; the
rival has the same shape and tokenizer and begins at random. Both are fine-tuned on the same packed
rows of real dialogues in the same order, each at the best of the same learning rates. The figure is
bits per byte of held-out answers: lower is better, so a ratio below 1 is for ours.
"""

import argparse
import gzip
import json
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM

from benchmarks.report import SGD, report, without
from chatloop.conversation import Conversation, Message
from chatloop.io.models import hub
from chatloop.modeling.chatready import make_chat_ready
from chatloop.modeling.scoring import be_deterministic
from chatloop.params import TrainParams
from chatloop.params.file import read_params
from chatloop.tokens.fitting import Fitter
from chatloop.tokens.packing import Packed, pack
from chatloop.tokens.rendering import Renderer
from chatloop.training.loop import train_model

WEIGHTS = Path(__file__).parents[2] / "shared" / "models" / "tinystories-260k"
RATES = (1.0e-3, 3.0e-3, 9.0e-3, 2.7e-2)
CONTEXT = 512
SETTINGS = {
    "epochs": 1.0, "optimizer": "adamw", "schedule": "cosine", "warmup_share": 0.05,
    "weight_decay": 0.1, "batch_rows": 4, "evaluate_every": 10**9, "checkpoint_every": 10**9,
}  # fmt: skip


def dialogues(name: str, count: int) -> list[Conversation]:
    """The first real dialogues of a file."""
    with gzip.open(SGD / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        records = [json.loads(line) for line in islice(lines, count)]
    return [
        Conversation(r["id"], tuple(Message(m["role"], m["content"]) for m in r["messages"]))
        for r in records
    ]


def packed(talks: list[Conversation], tokenizer: Any) -> tuple[Packed, int]:
    """Rows, and the bytes of their answers."""
    fitted = Fitter(Renderer(tokenizer), CONTEXT, "split").fit(talks)
    answer_bytes = sum(example.answer_bytes for example in fitted.examples)
    return pack(fitted.examples, CONTEXT, tokenizer.pad_token_id), answer_bytes


def pretrained() -> tuple[Any, Any]:
    """The model and its tokenizer, made ready to chat as the base stage does."""
    model, tokenizer = hub.load_model(WEIGHTS), hub.load_tokenizer(WEIGHTS)
    make_chat_ready(model, tokenizer)
    return model, tokenizer


def at_random(seed: int) -> Any:
    """The same shape, as transformers initializes it."""
    torch.manual_seed(seed)
    return AutoModelForCausalLM.from_config(pretrained()[0].config)


def best(
    start: Callable[[], Any], rows: Packed, held_out: tuple[Packed, int], params: TrainParams
) -> tuple[float, float]:
    """Bits per byte at the best learning rate, and which that is."""
    found = {}
    for rate in RATES:
        be_deterministic(params.seed, params.threads)
        wish = params.model_copy(update={"learning_rate": rate})
        *_, last = train_model(start(), rows, *held_out, wish)
        assert last.validation_bits_per_byte is not None
        found[last.validation_bits_per_byte] = rate
        print(
            json.dumps({"rate": rate, "bits_per_byte": last.validation_bits_per_byte}), flush=True
        )
    return min(found), found[min(found)]


def main() -> None:
    """Both starts at each rate; the last line is the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="accepted, as every benchmark does")
    parser.add_argument("--dialogues", type=int, default=200)
    args = parser.parse_args()
    if not (WEIGHTS.is_dir() and SGD.is_dir()):
        without("the real weights and dialogues (../shared) are not here")
        return
    params = read_params(Path("params.yaml")).train.model_copy(update=SETTINGS)
    _, tokenizer = pretrained()
    rows, _ = packed(dialogues("train", args.dialogues), tokenizer)
    held_out = packed(dialogues("dev", 50), tokenizer)
    ours, rate = best(lambda: pretrained()[0], rows, held_out, params)
    rival, rival_rate = best(lambda: at_random(params.seed), rows, held_out, params)
    report(
        "pretrained",
        round(ours, 4),
        round(rival, 4),
        "bits per byte, lower is better",
        None,
        "below 1: the pretrained start is ahead at equal tokens",
        learning_rate=rate,
        rival_learning_rate=rival_rate,
        tokens=int((rows.examples >= 0).sum()),
        supervised_tokens=int(rows.supervised.sum()),
    )


if __name__ == "__main__":
    main()
