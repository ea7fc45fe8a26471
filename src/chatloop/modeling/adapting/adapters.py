"""Adapters through peft: attached for training, and merged into the weights they were trained on.

    weight (rows, columns), frozen  +  alpha / rank · up (rows, rank) · down (rank, columns)

The model stays what it is, with a layer of peft's in the place of each adapted one, so the loop,
the replicas and the scores know nothing of it. Merging is done in float32.
"""

import warnings
from collections.abc import Collection, Mapping
from typing import Any

import torch
from torch import Tensor
from transformers.pytorch_utils import Conv1D

from chatloop.errors import UserError
from chatloop.modeling.adapting.freezing import near
from chatloop.params.data import Adapter

ALL = "all-linear"
PREFIX = "base_model.model."  # peft's, before the name of every weight
# What of an adapter_config.json is understood; anything else that is set is refused.
UNDERSTOOD = (
    "r", "lora_alpha", "lora_dropout", "target_modules", "exclude_modules", "use_rslora",
    "use_dora", "bias", "rank_pattern", "alpha_pattern", "layers_to_transform", "layers_pattern",
    "trainable_token_indices", "modules_to_save",
)  # fmt: skip
# Set by everybody, and of no consequence once an adapter is trained.
IDLE = (
    "peft_type", "peft_version", "task_type", "base_model_name_or_path", "revision",
    "inference_mode", "fan_in_fan_out", "init_lora_weights", "auto_mapping", "loftq_config",
    "megatron_core", "qalora_group_size", "ensure_weight_tying", "eva_config", "corda_config",
)  # fmt: skip


def adapted_layers(model: Any, target: str | Collection[str], frozen: Collection[str]) -> list[str]:
    """Full names of the linear layers that get an adapter, in the order of the model.

    All but the head with `all-linear`; none whose weight is in `frozen`.

    Raises:
        UserError: a name that no linear layer has, or nothing is left.
    """
    head = model.get_output_embeddings()
    layers = {name: one for name, one in model.named_modules() if is_linear(one)}
    if target == ALL:
        chosen = {name for name, one in layers.items() if one is not head}
    else:
        chosen = set().union(*(_layers_named(each, layers) for each in target))
    if any(layers[name] is head for name in chosen) and _tied(model):
        raise UserError(
            "train.adapter.target: the head is tied to the embeddings, which an adapter cannot "
            "change on one side only; leave it out"
        )
    kept = [name for name in layers if name in chosen and f"{name}.weight" not in frozen]
    if not kept:
        raise UserError("train.freeze: freezes every layer that train.adapter.target names")
    return kept


def attach(model: Any, params: Adapter, layers: list[str], tokens: Mapping[str, list[int]]) -> Any:
    """Freeze all weights, put adapters beside `layers`; returns peft's model around this one.

    `tokens` are rows of embeddings and head that learn as well, by the name of their module: those
    that a base was given to learn to chat are still all the same, and could not be told apart.
    """
    return _wrapped(
        model,
        {
            "r": params.rank,
            "lora_alpha": params.alpha,
            "lora_dropout": params.dropout,
            "target_modules": layers,
            "use_rslora": params.rank_stabilized,
            "trainable_token_indices": dict(tokens) or None,
        },
    )


def token_rows(model: Any, added: list[int]) -> dict[str, list[int]]:
    """Where rows of added tokens stand: the embeddings, and the head where it is not tied."""
    if not added:
        return {}
    tables = [model.get_input_embeddings()]
    if not _tied(model):
        tables.append(model.get_output_embeddings())
    return {
        name: added for name, one in model.named_modules() if any(one is each for each in tables)
    }


def state(tuner: Any) -> dict[str, Tensor]:
    """The adapter's weights by peft's names, on the CPU."""
    from peft import get_peft_model_state_dict

    found = get_peft_model_state_dict(tuner, save_embedding_layers=False)
    return {name: value.detach().cpu().contiguous() for name, value in sorted(found.items())}


def configuration(tuner: Any) -> dict[str, Any]:
    """adapter_config.json as a value that is the same for the same adapter."""
    known = tuner.peft_config["default"].to_dict()
    kept = {name: known[name] for name in UNDERSTOOD if known.get(name) is not None}
    return {name: _plain(value) for name, value in kept.items()} | {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "fan_in_fan_out": bool(known["fan_in_fan_out"]),
        "inference_mode": True,
    }


def merged(model: Any, config: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> Any:
    """The model with an adapter merged into its weights, in place and in float32.

    Raises:
        UserError: the adapter is of another kind, or its weights do not fit this model.
    """
    from peft import set_peft_model_state_dict

    tuner = _wrapped(model.float(), _settings(config))
    wanted = set(state(tuner))
    if wanted != set(tensors):
        odd = sorted(wanted ^ set(tensors))[0].removeprefix(PREFIX)
        raise UserError(f"the adapter does not fit the layers of {type(model).__name__}: {odd}")
    try:
        set_peft_model_state_dict(tuner, dict(tensors))
        return tuner.merge_and_unload(safe_merge=True)
    except (RuntimeError, ValueError, KeyError) as error:
        lines = [line.strip() for line in str(error).splitlines()]
        raise UserError(f"the adapter does not fit its base: {' '.join(lines)[:200]}") from error


def is_linear(module: Any) -> bool:
    """A matrix product with weights: torch's, or GPT-2's, which holds them the other way round."""
    return isinstance(module, torch.nn.Linear | Conv1D)


def _wrapped(model: Any, settings: dict[str, Any]) -> Any:
    from peft import LoraConfig, get_peft_model

    turned = any(isinstance(module, Conv1D) for module in model.modules())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of layers that are held the other way round
        config = LoraConfig(**settings, fan_in_fan_out=turned, task_type="CAUSAL_LM")
        try:
            return get_peft_model(model, config)
        except (ValueError, TypeError, RuntimeError) as error:
            said = " ".join(str(error).split())[:200]
            raise UserError(
                f"no adapter can be attached to {type(model).__name__}: {said}"
            ) from error


def _settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """What of a read adapter_config.json is passed on.

    Raises:
        UserError: another method than LoRA, or a setting of it that is not understood.
    """
    if config.get("peft_type") != "LORA":
        raise UserError(f"the adapter is {config.get('peft_type')}, only LORA is understood")
    odd = [name for name, value in config.items() if value and name not in (*UNDERSTOOD, *IDLE)]
    if odd:
        raise UserError(f"the adapter sets {', '.join(sorted(odd))}, which is not understood")
    return {name: config[name] for name in UNDERSTOOD if config.get(name) is not None}


def _layers_named(wanted: str, layers: Mapping[str, Any]) -> set[str]:
    found = {name for name in layers if name == wanted or name.endswith(f".{wanted}")}
    if not found:
        ends = {name.rpartition(".")[2] for name in layers}
        hint = near(wanted, ends) or f"; there are: {', '.join(sorted(ends))}"
        raise UserError(f"train.adapter.target: {wanted}: no linear layer has this name{hint}")
    return found


def _tied(model: Any) -> bool:
    head = model.get_output_embeddings()
    return head is not None and head.weight is model.get_input_embeddings().weight


def _plain(value: Any) -> Any:
    """JSON's own kinds; peft keeps names in sets, whose order is another every time."""
    if isinstance(value, set | frozenset):
        return sorted(value)
    return dict(sorted(value.items())) if isinstance(value, dict) else value
