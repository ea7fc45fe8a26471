"""What rendering and encoding hand on: a text that knows its answers, ids that know theirs.

Rendered("…<|im_start|>assistant\\nHello!<|im_end|>\\n", spans=((49, 65),), answers=(1,), …)
Example(ids=[1, 512, …], supervised=[False, …, True, True, False], ends=((1, 14),), …)
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Anchors:
    """Where answers are between the control tokens of a text, the same for all texts of a frame.

    `controls` counts these tokens; of each answer, `opens` is the index of the last one before it,
    `heads` the text from that one on, up to the answer, and `closes` the index of the one that ends
    it, whose id is in `enders`.
    """

    controls: int
    opens: NDArray[np.int64]
    heads: tuple[str, ...]
    closes: NDArray[np.int64]
    enders: NDArray[np.int32]


@dataclass(frozen=True)
class Rendered:
    """A text with the character spans of its answers, and which messages these are.

    `cuts` are the beginnings of answers in it that are not learned from.
    """

    text: str
    spans: tuple[tuple[int, int], ...]
    answers: tuple[int, ...]
    answer_bytes: int
    anchors: Anchors | None = None
    cuts: tuple[int, ...] = ()


@dataclass(frozen=True)
class Example:
    """ids (n,) int32; supervised (n,) bool: True where the token is to be predicted.

    `ends` holds, for each answer, the index of its message (in the whole conversation, once this is
    a piece that was fitted to a context) and the tokens up to its end; `answer_bytes` counts the
    UTF-8 bytes of the answers' text; `last` says that the last answer of the conversation is the
    last one here.
    """

    ids: Ids
    supervised: Mask
    ends: tuple[tuple[int, int], ...]
    answer_bytes: int
    last: bool = False
