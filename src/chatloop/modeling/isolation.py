"""Whether conversations in a packed row stay apart: change one, and the other's logits are equal.

    │ a a a a a a a a │ b b b b b b b b │      │ c c c c c c c c │ b b b b b b b b │
                        ^ the same logits         for b as here      ^, and as b's alone

A model that takes no positions, carries a state or builds its mask from something else would learn
from its neighbours in silence; none is trained, whatever it is called.
"""

from typing import Any

import torch
from torch import Tensor

from chatloop.errors import UserError
from chatloop.modeling.scoring import Logits, sparse_logits

LENGTH = 8  # tokens of a conversation
# Of the change that the changed conversation itself sees. Where nothing leaks it is exactly zero,
# but for experts that meet other rows of a batched product.
LEAK = 1e-5
# Of the largest logit: the same conversation at another place of a row, in float32.
MOVED = 1e-3


def check_isolated(model: Any) -> None:
    """Three rows of random tokens tell; the model is as before.

    Raises:
        UserError: conversations see one another, or it matters where in a row one stands.
    """
    kind, learns = type(model).__name__, model.training
    try:
        with torch.no_grad():
            found = _faults(model.eval())
    except (TypeError, AttributeError, ValueError, IndexError, RuntimeError) as error:
        said = " ".join(str(error).split()) or type(error).__name__
        raise UserError(
            f"base.model: {kind} cannot be asked for the logits of a packed row ({said[:200]}); "
            "choose a causal language model such as Llama, Qwen, Mistral, Gemma or GPT-2"
        ) from error
    finally:
        model.train(learns)
    if found:
        raise UserError(
            f"base.model: {kind} {found}, so it would learn from other people's conversations; "
            "choose one with rotary or learned positions that takes position ids, such as Llama, "
            "Qwen, Mistral, Gemma or GPT-2"
        )


def _faults(model: Any) -> str | None:
    logits_of = sparse_logits(model)
    first, second, other = _texts(model)
    together = _logits(logits_of, first, second)
    changed = _logits(logits_of, other, second)
    moved = (together - changed).abs()
    if not bool(moved[LENGTH:].max() <= LEAK * moved[: LENGTH - 1].max()):
        return "looks from one conversation of a packed row into another"
    alone = _logits(logits_of, second)
    if not bool((together[LENGTH:] - alone).abs().max() <= MOVED * alone.abs().max()):
        return "does not begin to count anew with each conversation of a packed row"
    return None


def _texts(model: Any) -> tuple[Tensor, ...]:
    """Three rows (1, LENGTH) of tokens, the same every time, no two with a token at one place."""
    vocabulary = len(model.get_input_embeddings().weight)
    generator = torch.Generator().manual_seed(0)
    order = torch.randperm(vocabulary, generator=generator)
    ids = order[torch.arange(3 * LENGTH) % vocabulary].view(3, 1, LENGTH)
    return tuple(ids.to(model.device))


def _logits(logits_of: Logits, *texts: Tensor) -> Tensor:
    """Logits (tokens - 1, vocabulary) of texts packed into one row."""
    ids = torch.cat(texts, dim=1)
    positions = torch.arange(LENGTH, device=ids.device).repeat(len(texts)).unsqueeze(0)
    wanted = torch.ones(1, ids.shape[1] - 1, dtype=torch.bool, device=ids.device)
    return logits_of(ids, positions, wanted).float()
