"""What keeps its weights: parts of a model by the names that people have for them.

    embeddings     every table of tokens or positions      layers.0-3     the first four blocks
    head           the output layer (lm_head)              *.mlp, norm    modules, by their names

Names are those of `model.named_modules()`, whole or their last parts, with * and ? as in a shell.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any

import torch

from chatloop.errors import UserError

HEADS = ("head", "lm_head")
LAYERS = re.compile(r"layers\.(\d+)(?:-(\d+))?")


def frozen_names(model: Any, patterns: Sequence[str]) -> set[str]:
    """Full names of the parameters that the patterns mean.

    Raises:
        UserError: a pattern that means nothing here, with what is near.
    """
    found: set[str] = set()
    for pattern in patterns:
        matched = _parameters_of(model, pattern)
        if not matched:
            raise UserError(_nothing(model, pattern))
        found |= matched
    return found


def freeze(model: Any, names: Iterable[str]) -> list[str]:
    """Freeze these parameters; returns lines about what was frozen along with them.

    Raises:
        UserError: nothing is left to learn.
    """
    chosen = set(names)
    for name, weight in model.named_parameters():
        if name in chosen:
            weight.requires_grad_(False)
    if not any(weight.requires_grad for weight in model.parameters()):
        raise UserError("train.freeze: freezes every weight; leave something that can learn")
    head, table = model.get_output_embeddings(), model.get_input_embeddings()
    tied = head is not None and head.weight is table.weight and not head.weight.requires_grad
    return ["the head is tied to the embeddings and frozen with them"] if tied else []


def learning(model: Any) -> Iterator[tuple[str, Any]]:
    """Weights that change, by name; the others are what they are in the base."""
    return ((name, value) for name, value in model.named_parameters() if value.requires_grad)


def trainable(model: Any) -> int:
    """Numbers that learn; a weight that is tied counts once."""
    return sum(weight.numel() for weight in model.parameters() if weight.requires_grad)


def blocks(model: Any) -> str | None:
    """Name of the list of blocks: as long as the model is deep, and with most weights."""
    text = getattr(model.config, "get_text_config", lambda: model.config)()
    depth = getattr(text, "num_hidden_layers", None)
    lists = {
        name: sum(weight.numel() for weight in module.parameters())
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.ModuleList) and len(module) == depth
    }
    return max(lists, key=lambda name: lists[name]) if lists else None


def near(name: str, known: Iterable[str]) -> str:
    """`; near: q_proj, k_proj`, or nothing."""
    close = get_close_matches(name, sorted(set(known)), n=4, cutoff=0.5)
    return f"; near: {', '.join(close)}" if close else ""


def _parameters_of(model: Any, pattern: str) -> set[str]:
    prefixes = tuple(f"{name}." for name in _modules_of(model, pattern))
    # A tied weight has several names, and the model lists the first of them.
    names = {id(weight): name for name, weight in model.named_parameters()}
    return {
        names[id(weight)]
        for name, weight in model.named_parameters(remove_duplicate=False)
        if name.startswith(prefixes) or _fits(name, pattern)
    }


def _modules_of(model: Any, pattern: str) -> list[str]:
    modules = dict(model.named_modules())
    if pattern == "embeddings":
        return [name for name, one in modules.items() if isinstance(one, torch.nn.Embedding)]
    if pattern in HEADS:
        return [name for name, one in modules.items() if one is model.get_output_embeddings()]
    if numbers := LAYERS.fullmatch(pattern):
        return _layers(model, int(numbers[1]), int(numbers[2] or numbers[1]))
    return [name for name in modules if name and _fits(name, pattern)]


def _layers(model: Any, first: int, last: int) -> list[str]:
    name, modules = blocks(model), dict(model.named_modules())
    depth = 0 if name is None else len(modules[name])
    if not first <= last < depth:
        raise UserError(
            f"train.freeze: layers.{first}-{last}: the model has {depth} layers, "
            f"layers.0 to layers.{depth - 1}"
        )
    return [f"{name}.{at}" for at in range(first, last + 1)]


def _fits(name: str, pattern: str) -> bool:
    return fnmatchcase(name, pattern) or fnmatchcase(name, f"*.{pattern}")


def _nothing(model: Any, pattern: str) -> str:
    names = [name for name, _ in model.named_modules() if name]
    ends = {part for name in names for part in name.split(".") if not part.isdigit()}
    known = {*names, *ends, "embeddings", "head"}
    hint = near(pattern, known) or "; try embeddings, head, layers.0-1 or a name such as " + (
        ", ".join(sorted(ends)[:6])
    )
    return f"train.freeze: {pattern}: no such part of {type(model).__name__}{hint}"
