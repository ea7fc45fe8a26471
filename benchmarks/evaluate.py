"""An evaluation in batches, and what a plain loop over transformers makes of the same model.

    python -m benchmarks.evaluate --json

500 conversations of the built-in corpus: every answer scored, and the last one of each written
anew, greedily. Ours scores and writes in batches of about one length; the rival scores each
conversation by itself with a mask of its answers and calls `model.generate` for one prompt at a
time. The model is small and really pretrained (../shared/models/tinystories-260k, with the
project's template) or, where that is not there, the embedded one with random weights. The ratio is
of the wall clock; `cpu_ratio` is of the time that the CPU gave, which other work does not change:
with several threads the first is the larger one, since ours use them. `equal` says that all answers
are the same texts and the scores agree to a hundred-thousandth.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.report import report
from chatloop.conversation import Conversation, Message
from chatloop.corpus import generate
from chatloop.io.models import hub
from chatloop.modeling.answering import Chatter, Sampling
from chatloop.modeling.chatready import make_chat_ready
from chatloop.modeling.measuring.generating import generate_answers
from chatloop.modeling.measuring.judging import score_conversations
from chatloop.modeling.scoring import be_deterministic
from chatloop.modeling.tiny import build_model, build_tokenizer
from chatloop.params.file import read_params
from chatloop.tokens.rendering import Renderer

STORIES = Path(__file__).parents[2] / "shared" / "models" / "tinystories-260k"
COUNT, CONTEXT, BATCH_ROWS, NEW, THREADS, GOAL = 500, 512, 8, 32, 2, 4.0
Found = tuple[list[float], list[str]]


def conversations(chatter: Chatter, count: int) -> list[Conversation]:
    """Those that end with an answer and leave room for another in the context."""
    found = []
    for record in generate(max(100, 4 * count), 7).records:
        said = tuple(
            Message(m["role"], str(m["content"] or "")) for m in record.get("messages", [])
        )
        roles = [message.role for message in said]
        if roles != ["user", "assistant"] * (len(said) // 2) or not said:
            continue
        if len(chatter.renderer.prompt(said)) + NEW <= CONTEXT:
            found.append(Conversation(str(record["id"]), said))
    return found[:count]


def ours(chatter: Chatter, talks: Sequence[Conversation]) -> Found:
    """Nats of each conversation, and the last answer of each, all of them in batches."""
    scores = score_conversations(chatter.model, chatter.tokenizer, talks, CONTEXT, BATCH_ROWS)
    prompts = [talk.messages[:-1] for talk in talks]
    written = generate_answers(chatter, prompts, Sampling(max_tokens=NEW))
    return scores.nats.tolist(), [one.text if one else "" for one in written]


@torch.inference_mode()
def theirs(chatter: Chatter, talks: Sequence[Conversation]) -> Found:
    """The same by transformers alone, one at a time."""
    nats, texts, tokenizer = [], [], chatter.tokenizer
    for talk in talks:
        (example,) = chatter.renderer.encode(chatter.renderer.render(talk.messages))
        ids = torch.from_numpy(example.ids.astype(np.int64))[None]
        labels = ids.masked_fill(~torch.from_numpy(example.supervised), -100)
        loss = chatter.model(input_ids=ids, labels=labels).loss
        nats.append(float(loss) * int(example.supervised[1:].sum()))
        prompt = torch.tensor([chatter.renderer.prompt(talk.messages[:-1])])
        out = chatter.model.generate(
            prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=NEW, do_sample=False
        )
        answer = tokenizer.decode(out[0, prompt.shape[1] :], skip_special_tokens=True)
        texts.append(answer.strip())
    return nats, texts


def model() -> tuple[Any, Any, str]:
    """Model, tokenizer, and which it is."""
    if STORIES.is_dir():
        tokenizer, found = hub.load_tokenizer(STORIES), hub.load_model(STORIES)
        make_chat_ready(found, tokenizer)
        return found, tokenizer, STORIES.name
    tiny = read_params(Path("params.yaml")).base.tiny
    texts = [str(m["content"]) for r in generate(500, 7).records for m in r.get("messages", [])]
    tokenizer = build_tokenizer(texts, tiny)
    found = build_model(tokenizer, tiny).eval()
    make_chat_ready(found, tokenizer)
    return found, tokenizer, "tiny"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="accepted, as every benchmark does")
    parser.add_argument("--conversations", type=int, default=COUNT)
    parser.add_argument("--threads", type=int, default=THREADS)
    args = parser.parse_args()
    be_deterministic(7, args.threads)
    loaded, tokenizer, name = model()
    chatter = Chatter(loaded, tokenizer, Renderer(tokenizer))
    talks = conversations(chatter, args.conversations)
    ours(chatter, talks[:2])
    theirs(chatter, talks[:2])  # what is done once only, before any clock runs
    start, began = time.perf_counter(), time.process_time()
    nats, texts = ours(chatter, talks)
    between, changed = time.perf_counter(), time.process_time()
    expected, wanted = theirs(chatter, talks)
    end, ended = time.perf_counter(), time.process_time()
    same = sum(a == b for a, b in zip(texts, wanted, strict=True))
    equal = same == len(talks) and bool(np.allclose(nats, expected, rtol=1e-5))
    mine, rival = len(talks) / (between - start), len(talks) / (end - between)
    report(
        "evaluate", mine, rival, "conversations/s", equal, f"at least {GOAL:g} times",
        model=name, conversations=len(talks), same_answers=same, threads=args.threads,
        cpu_ratio=(ended - changed) / (changed - began),
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
