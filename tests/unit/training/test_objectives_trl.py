"""The same losses as TRL's trainers, on the same batch and weights; skipped without TRL."""

from typing import Any

import numpy as np
import pytest
import torch

from chatloop.tokens.packing import pack, pack_groups
from chatloop.training.objectives import SFT, dpo, kto, log_probabilities
from tests.unit.training.test_objectives import (
    BETA,
    LIKED,
    kto_groups,
    mean,
    pairs,
    tilted,
)

trl = pytest.importorskip("trl")


def dataset(rows: list[dict[str, Any]]) -> Any:
    from datasets import Dataset

    return Dataset.from_list(rows)


def settings(kind: Any, tmp_path: Any, **more: Any) -> Any:
    return kind(
        output_dir=str(tmp_path), report_to=[], bf16=False, use_cpu=True, max_length=None,
        per_device_train_batch_size=4, gradient_checkpointing=False, disable_tqdm=True, **more,
    )  # fmt: skip


def value(trainer: Any, rows: list[dict[str, Any]]) -> float:
    batch = trainer.data_collator(rows)
    trainer.model.eval()
    with torch.no_grad():
        return float(trainer.compute_loss(trainer.model, batch))


def test_sft_is_trls_loss(small_model: Any, chatml: Any, tmp_path: Any) -> None:
    examples = [one for one, _ in pairs()]
    ours = mean(SFT, small_model, pack(examples, 32, 0))
    rows = [
        {"input_ids": e.ids.tolist(), "labels": np.where(e.supervised, e.ids, -100).tolist()}
        for e in examples
    ]
    trainer = trl.SFTTrainer(
        small_model, settings(trl.SFTConfig, tmp_path), train_dataset=dataset(rows),
        processing_class=chatml,
    )  # fmt: skip
    assert ours == pytest.approx(value(trainer, rows), abs=1e-4)


def test_dpo_is_trls_loss(small_model: Any, chatml: Any, tmp_path: Any) -> None:
    packed = pack_groups(pairs(), 48, 0)
    reference = log_probabilities(small_model, packed, 2)
    rows = []
    for at, (better, worse) in enumerate(pairs()):
        begin = int(better.supervised.argmax())
        rows.append({
            "prompt_ids": better.ids[:begin].tolist(), "chosen_ids": better.ids[begin:].tolist(),
            "rejected_ids": worse.ids[begin:].tolist(), "ref_chosen_logps": reference[2 * at],
            "ref_rejected_logps": reference[2 * at + 1],
        })  # fmt: skip
    model = tilted(small_model)
    chat = [{"role": "user", "content": "a"}], [{"role": "assistant", "content": "b"}]
    stand_in = dataset([{"prompt": chat[0], "chosen": chat[1], "rejected": chat[1]}] * 4)
    config = settings(trl.DPOConfig, tmp_path, beta=BETA, precompute_ref_log_probs=True)
    trainer = trl.DPOTrainer(model, args=config, train_dataset=stand_in, processing_class=chatml)
    ours = mean(dpo(reference, BETA), model, packed)
    assert ours == pytest.approx(value(trainer, rows), abs=1e-4)


def test_kto_is_trls_loss(small_model: Any, chatml: Any, tmp_path: Any) -> None:
    groups = kto_groups()
    packed = pack_groups(groups, 64, 0)
    reference = log_probabilities(small_model, packed, 2)
    rows = []
    for at, (one, other) in enumerate(groups):
        begin = int(one.supervised.argmax())
        rows.append({
            "prompt_ids": one.ids[:begin].tolist(), "completion_ids": one.ids[begin:].tolist(),
            "KL_completion_ids": other.ids[begin:].tolist(), "label": bool(LIKED[at]),
            "ref_logps": reference[2 * at], "ref_KL_logps": reference[2 * at + 1],
        })  # fmt: skip
    model = tilted(small_model)
    chat = [{"role": "user", "content": "a"}], [{"role": "assistant", "content": "b"}]
    stand_in = dataset([{"prompt": chat[0], "completion": chat[1], "label": True}] * 4)
    config = settings(trl.KTOConfig, tmp_path, beta=BETA, precompute_ref_log_probs=True)
    trainer = trl.KTOTrainer(model, args=config, train_dataset=stand_in, processing_class=chatml)
    ours = mean(kto(reference, LIKED, BETA), model, packed)
    assert ours == pytest.approx(value(trainer, rows), abs=1e-4)
