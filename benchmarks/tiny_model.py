"""The embedded base model as it is shipped, and GPT-2's own shape trained as it used to be.

    python -m benchmarks.tiny_model --json

Both have the same width, layers, heads, tokenizer, rows and epochs, and learn from the built-in
corpus without its defects: ours is `tiny` with the optimizer and learning rate of params.yaml; the
rival GPT-2 (Radford et al. 2019) with AdamW at the best of three learning rates. The figure is bits
per byte of held-out answers: lower is better, so a ratio below 1 is for ours.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import torch
from transformers import GPT2Config, GPT2LMHeadModel

from benchmarks.report import report
from chatloop.conversation import Conversation, Message
from chatloop.corpus import generate
from chatloop.modeling.scoring import be_deterministic
from chatloop.modeling.tiny import build_model, build_tokenizer
from chatloop.params import Params, Tiny, TrainParams
from chatloop.params.file import read_params
from chatloop.tokens.fitting import Fitter
from chatloop.tokens.packing import Packed, pack
from chatloop.tokens.rendering import Renderer
from chatloop.training.loop import train_model

RATES = (1.0e-3, 2.0e-3, 4.0e-3)
EVERY = 10  # of the conversations, one in so many is held out


def conversations(params: Params) -> list[Conversation]:
    """Those of the built-in corpus that nothing is planted in."""
    corpus = generate(params.ingest.builtin.conversations, params.ingest.builtin.seed)
    planted = {name for names in corpus.planted.values() for name in names}
    return [
        Conversation(
            str(record["id"]), tuple(Message(m["role"], m["content"]) for m in record["messages"])
        )
        for record in corpus.records
        if record["id"] not in planted
    ]  # fmt: skip


def gpt2(tokenizer: Any, params: Tiny) -> Any:
    """GPT-2's shape without dropout, which one or two epochs do not need; seeded."""
    config = GPT2Config(
        vocab_size=len(tokenizer),
        n_positions=params.context,
        n_embd=params.width,
        n_layer=params.layers,
        n_head=params.heads,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(params.seed)
        return GPT2LMHeadModel(config)


def packed(talks: list[Conversation], tokenizer: Any, params: Params) -> tuple[Packed, int]:
    """Rows of the context's size, and the bytes of their answers."""
    fitted = Fitter(Renderer(tokenizer), params.tokenize.context, params.tokenize.too_long).fit(
        talks
    )
    answer_bytes = sum(example.answer_bytes for example in fitted.examples)
    return pack(fitted.examples, params.tokenize.context, tokenizer.pad_token_id), answer_bytes


def trained(
    model: Any, train: Packed, held_out: tuple[Packed, int], params: TrainParams
) -> tuple[float, float]:
    """Bits per byte of the held-out answers at the end, and the seconds it took."""
    be_deterministic(params.seed, params.threads)
    started = time.perf_counter()
    *_, last = train_model(model, train, *held_out, params)
    assert last.validation_bits_per_byte is not None
    return last.validation_bits_per_byte, time.perf_counter() - started


def main() -> None:
    """Train ours and the rivals in turn; the last line is the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="accepted, as every benchmark does")
    parser.add_argument("--epochs", type=float, default=1.0)
    args = parser.parse_args()
    params = read_params(Path("params.yaml"))
    tiny, train = params.base.tiny, params.train.model_copy(update={"epochs": args.epochs})
    talks = conversations(params)
    learn, held = [t for i, t in enumerate(talks) if i % EVERY], talks[::EVERY]
    tokenizer = build_tokenizer([m.content for t in learn for m in t.messages], tiny)
    rows, held_out = packed(learn, tokenizer, params)[0], packed(held, tokenizer, params)
    ours, seconds = trained(build_model(tokenizer, tiny), rows, held_out, train)
    rivals = {}
    for rate in RATES:
        as_it_was = train.model_copy(
            update={"optimizer": "adamw", "learning_rate": rate, "batch_rows": 2}
        )
        rivals[rate] = trained(gpt2(tokenizer, tiny), rows, held_out, as_it_was)
        print(json.dumps({"learning_rate": rate, "bits_per_byte": rivals[rate][0]}), flush=True)
    best = min(rivals, key=lambda rate: rivals[rate][0])
    report(
        "tiny_model",
        round(ours, 4),
        round(rivals[best][0], 4),
        "bits per byte, lower is better",
        None,
        "below 1: ours is lower",
        seconds=round(seconds, 1),
        rival_seconds=round(rivals[best][1], 1),
        rival_learning_rate=best,
        epochs=args.epochs,
    )


if __name__ == "__main__":
    main()
