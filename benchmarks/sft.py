"""The same fine-tuning by chatloop and by TRL's SFTTrainer: data, shapes, clocks.

Both learn the answers of the real dialogues (../shared/data/sgd) in the ids of GPT-2's tokenizer:
same ids, same mask, same random weights, AdamW. A useful token is a token of a dialogue that a
step has seen: neither padding nor cut away.
"""

import gzip
import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

from benchmarks.report import SGD
from chatloop.conversation import Conversation, Message
from chatloop.modeling.scoring import be_deterministic
from chatloop.params import TrainParams
from chatloop.tokens.fitting import Fitter
from chatloop.tokens.packing import Packed, pack
from chatloop.tokens.rendering import Example, Renderer
from chatloop.training.loop import train_model
from chatloop.training.progress import NoKeeper

TEMPLATE = (
    "{% for m in messages %}{{ m['role'] + ': ' + m['content'] + eos_token + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ 'assistant: ' }}{% endif %}"
)
CONTEXT, RATE, ROWS = 512, 1.0e-3, 8


def examples(count: int, context: int = CONTEXT) -> list[Example] | None:
    """Of so many real dialogues; None where the data or the tokenizer are not here."""
    folder, data = SGD.parents[1] / "models" / "gpt2-tokenizer", SGD / "train.jsonl.gz"
    if not (folder.is_dir() and data.is_file()):
        return None
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.chat_template = TEMPLATE
    with gzip.open(data, "rt", encoding="utf-8") as lines:
        records = [json.loads(line) for line, _ in zip(lines, range(count), strict=False)]
    talks = [
        Conversation(r["id"], tuple(Message(m["role"], m["content"]) for m in r["messages"]))
        for r in records
    ]
    return Fitter(Renderer(tokenizer), context, "split").fit(talks).examples


def llama(
    width: int = 192, layers: int = 4, heads: int = 4, vocabulary: int = 50_257, **more: Any
) -> Any:
    """Llama's shape with seeded random weights; 11.4 M of them where nothing else is said."""
    torch.manual_seed(7)
    given = {"intermediate_size": 8 * width // 3, "tie_word_embeddings": True} | more
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=vocabulary, hidden_size=width, num_hidden_layers=layers,
            num_attention_heads=heads, max_position_embeddings=2048, bos_token_id=None,
            eos_token_id=50_256, pad_token_id=50_256, **given,
        )
    )  # fmt: skip


@dataclass
class Clock:
    """Marks (steps, seconds, CPU seconds, useful tokens) after each step; stops when it is time.

    `each_minute` is called with the model's minute, its time is not counted.
    """

    steps: int | None = None
    minutes: float | None = None
    cpu: bool = False
    each_minute: Callable[[int], None] | None = None
    tokens: int = 0
    marks: list[tuple[float, float, int]] = field(default_factory=list)
    _away: tuple[float, float] = (0.0, 0.0)
    _began: tuple[float, float] = (0.0, 0.0)
    _minute: int = 0

    def start(self) -> None:
        """From here on."""
        self._began = (time.perf_counter(), time.process_time())

    def step(self) -> bool:
        """One more is done; whether that is all."""
        now = (time.perf_counter(), time.process_time())
        wall, cpu = (n - b - a for n, b, a in zip(now, self._began, self._away, strict=True))
        self.marks.append((wall, cpu, self.tokens))
        passed = (cpu if self.cpu else wall) / 60
        while self.each_minute and self._minute + 1 <= passed:
            self._minute += 1
            self.each_minute(self._minute)
        late = (time.perf_counter() - now[0], time.process_time() - now[1])
        self._away = (self._away[0] + late[0], self._away[1] + late[1])
        return bool(
            (self.steps and len(self.marks) >= self.steps)
            or (self.minutes and passed >= self.minutes)
        )

    def speed(self, warm: int = 0, cpu: bool = False) -> float:
        """Useful tokens a second after `warm` steps, or of all where that is 0."""
        first = self.marks[warm - 1] if warm else (0.0, 0.0, 0)
        last = self.marks[-1]
        at = 1 if cpu else 0
        return (last[2] - first[2]) / (last[at] - first[at])


class Enough(Exception):  # noqa: N818 nothing is wrong
    """The clock says so."""


class _Watch(NoKeeper):
    """A keeper that keeps nothing and looks at the clock after each step."""

    def __init__(self, clock: Clock, useful: float) -> None:
        self.clock, self.useful = clock, useful

    def wants(self, _step: int) -> bool:
        self.clock.tokens += round(self.useful)
        if self.clock.step():
            raise Enough
        return False


def ours(model: Any, rows: Packed, clock: Clock, **settings: Any) -> None:
    """chatloop's loop until the clock stops it; whole rows, so that tokens are counted by share."""
    given = {
        "epochs": 900.0, "batch_rows": ROWS, "rows_at_once": ROWS, "optimizer": "adamw",
        "learning_rate": RATE, "schedule": "wsd", "warmup_share": 0.0, "weight_decay": 0.0,
        "clip_norm": 1.0, "compile": False, "evaluate_every": 10**9, "checkpoint_every": 1, "device": "auto",
        "threads": torch.get_num_threads(), "seed": 7,
    }  # fmt: skip
    params = TrainParams(**(given | settings))
    be_deterministic(params.seed, params.threads)
    useful = float((rows.examples >= 0).mean()) * rows.ids.shape[1] * params.batch_rows
    clock.start()
    try:
        for _ in train_model(model, rows, rows, 1, params, _Watch(clock, useful)):
            pass
    except Enough:
        pass


def trainer(model: Any, learn: list[Example], clock: Clock, **settings: Any) -> Any:
    """TRL's SFTTrainer on the same ids and masks, `settings` as its documentation has them."""
    from datasets import Dataset
    from transformers import TrainerCallback
    from trl import SFTConfig, SFTTrainer

    class Stop(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> Any:
            control.should_training_stop = clock.step()
            return control

    tokenizer = AutoTokenizer.from_pretrained(SGD.parents[1] / "models" / "gpt2-tokenizer")
    tokenizer.pad_token = tokenizer.eos_token
    columns = {
        "input_ids": [one.ids.tolist() for one in learn],
        "assistant_masks": [one.supervised.astype(int).tolist() for one in learn],
    }
    given = {
        "output_dir": tempfile.mkdtemp(), "max_length": CONTEXT, "max_steps": 10**6,
        "per_device_train_batch_size": ROWS, "learning_rate": RATE, "seed": 7,
        "lr_scheduler_type": "constant", "save_strategy": "no", "report_to": "none",
        "disable_tqdm": True, "logging_steps": 10**6, "use_cpu": not torch.cuda.is_available(),
    }  # fmt: skip
    torch.use_deterministic_algorithms(False)
    made = SFTTrainer(
        model=model, args=SFTConfig(**(given | settings)), processing_class=tokenizer,
        train_dataset=Dataset.from_dict(columns), callbacks=[Stop()],
    )  # fmt: skip
    collate = made.data_collator

    def counted(batch: list[Any]) -> Any:
        clock.tokens += sum(len(one["input_ids"]) for one in batch)
        return collate(batch)

    made.data_collator = counted
    return made


def theirs(model: Any, learn: list[Example], clock: Clock, **settings: Any) -> Any:
    """SFTTrainer until the clock stops it; what it made ready before is not counted."""
    made = trainer(model, learn, clock, **settings)
    clock.tokens = 0
    clock.start()
    made.train()
    return made


def as_rows(learn: list[Example], context: int = CONTEXT) -> Packed:
    """Packed rows, in an order of chance as the loop takes them anyway."""
    return pack(learn, context, 50_256)


def matrix_rate(dtype: torch.dtype, device: str = "cpu", size: int = 1024) -> float:
    """Operations a second of a square product: the machine's own limit; best of ten."""
    one = torch.randn(size, size, dtype=dtype, device=device)
    best = np.inf
    for _ in range(10):
        started = time.perf_counter()
        float((one @ one)[0, 0])
        best = min(best, time.perf_counter() - started)
    return 2 * size**3 / best


def operations(model: Any, supervised: float) -> float:
    """Products of a useful token, forward and backward: 6 x the weights that it goes through; the
    head counts for supervised tokens only, attention is left out."""
    weights = sum(one.numel() for one in model.parameters())
    table = model.get_input_embeddings().weight.numel()
    head = model.get_output_embeddings().weight
    tied = head is model.get_input_embeddings().weight
    body = weights - table - (0 if tied else head.numel())
    return 6.0 * (body + supervised * head.numel())


# SFTTrainer as it comes, and the best that its documentation names for speed.
AS_IT_COMES: dict[str, Any] = {}
BEST: dict[str, Any] = {"packing": True, "activation_checkpointing": False, "bf16": True}
