"""Judged answers into groups of two examples, as the objectives want them.

    pair    prompt + chosen     │ prompt + rejected
    thumb   prompt + answer     │ prompt + somebody else's answer

Only what was judged is supervised: not what assistants said in the prompt.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from chatloop.conversation import Preference
from chatloop.tokens.answered import answered
from chatloop.tokens.example import Example
from chatloop.tokens.packing import Packed, pack_groups
from chatloop.tokens.rendering import Renderer
from chatloop.training.objectives import mismatched


@dataclass(frozen=True)
class Groups:
    """Packed groups; `pairs` and `liked` (groups,) say what each is; `too_long` names the others.

    A row is as long as two examples of the model's context.
    """

    packed: Packed
    pairs: NDArray[np.bool_]
    liked: NDArray[np.bool_]
    too_long: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.pairs)


def grouped(judged: Sequence[Preference], renderer: Renderer, context: int) -> Groups:
    """All that fit the context with their prompt; the order is that of `judged`."""
    sides = [[side for side in (one.chosen, one.rejected) if side] for one in judged]
    answers = [(one.prompt, side) for one, both in zip(judged, sides, strict=True) for side in both]
    examples = iter(answered(answers, renderer))
    found = [tuple(next(examples) for _ in both) for both in sides]
    fits = [all(len(one.ids) <= context for one in some) for some in found]
    kept = [(one, some) for one, some, fit in zip(judged, found, fits, strict=True) if fit]
    return Groups(
        pack_groups(
            _in_twos([some for _, some in kept], context),
            2 * context,
            renderer.tokenizer.pad_token_id,
        ),
        np.array([len(some) > 1 for _, some in kept], dtype=np.bool_),
        np.array([bool(one.chosen) for one, _ in kept], dtype=np.bool_),
        tuple(one.id for one, fit in zip(judged, fits, strict=True) if not fit),
    )


def _in_twos(found: Sequence[tuple[Example, ...]], context: int) -> list[tuple[Example, Example]]:
    """A thumb's answer beside its prompt with the answer of the thumb before it, cut to fit."""
    alone = [some[0] for some in found if len(some) == 1]
    others = iter([_cut(one, context) for one in mismatched(alone)])
    return [(some[0], some[1] if len(some) > 1 else next(others)) for some in found]


def _cut(example: Example, context: int) -> Example:
    """The beginning of one that is longer: a divergence is estimated from it, nothing learned."""
    ends = tuple((answer, min(end, context)) for answer, end in example.ends)
    return replace(
        example, ids=example.ids[:context], supervised=example.supervised[:context], ends=ends
    )
