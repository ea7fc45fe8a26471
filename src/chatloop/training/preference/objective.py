"""The loss of judged answers and of conversations that are replayed beside them.

    examples 0 1 │ 2 3 │ …     pairs by DPO, thumbs by KTO: a group of two is one
    examples n … m             conversations of the training split by SFT: each is one

What a model learns from judgements alone it pays for elsewhere; replayed, it keeps what it knew
(Ouyang et al. 2022, section 3.5, PPO-ptx).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from chatloop.modeling.scoring import Logits
from chatloop.params.align import AlignParams
from chatloop.tokens.packing import Packed
from chatloop.training.objectives import Batch, Objective, of_pairs, of_thumbs, summed

# Few thumbs of one kind are not blown up beyond this, however many there are of the other.
MOST = 4.0


@dataclass(frozen=True)
class Judged:
    """Of groups: log-probabilities before (2 n,), whether a pair, whether liked (n,)."""

    reference: NDArray[np.float64]
    pairs: NDArray[np.bool_]
    liked: NDArray[np.bool_]

    def on(self, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
        """As tensors."""
        found: Any = (self.reference.astype(np.float32), self.pairs, self.liked)
        return tuple(torch.from_numpy(one).to(device) for one in found)  # type: ignore[return-value]


def preferences(judged: Judged, params: AlignParams) -> Objective:
    """Sums over pairs and thumbs, and of replayed conversations the mean nats of a token."""
    first, weights = 2 * len(judged.pairs), balanced(judged, params)

    def loss(logits_of: Logits, batch: Batch) -> Tensor:
        policy, examples, tokens = summed(logits_of, batch)
        before, pairs, liked = judged.on(policy.device)
        mine = examples < first
        ratios = policy[mine] - before[examples[mine]]
        group = examples[mine][0::2] // 2
        paired, up = pairs[group], liked[group]
        two = ratios.reshape(-1, 2)
        return (
            of_pairs(two[paired].flatten(), params.beta)
            + of_thumbs(two[~paired].flatten(), up[~paired], params.beta, weights)
            - (policy[~mine] / tokens[~mine]).sum()
        )

    def size(packed: Packed, rows: NDArray[np.int64]) -> int:
        found = np.unique(packed.examples[rows][packed.supervised[rows]])
        return int((found < first).sum()) // 2 + int((found >= first).sum())

    return Objective(loss, size)


def balanced(judged: Judged, params: AlignParams) -> tuple[float, float]:
    """Weights of thumbs up and down, such that all of either weigh the same beside one another.

    KTO's authors advise sums of 1 to 4/3 (Ethayarajh et al. 2024, eq. 9).
    """
    thumbs = judged.liked[~judged.pairs]
    ups, downs = int(thumbs.sum()), int((~thumbs).sum())
    if not ups or not downs:
        return params.liked_weight, params.disliked_weight
    up, down = (min(MOST, len(thumbs) / (2 * count)) for count in (ups, downs))
    return params.liked_weight * up, params.disliked_weight * down


def with_replay(groups: Packed, train: Packed, share: float, seed: int) -> Packed:
    """Rows of groups, and so many times as many of the training split, drawn by chance.

    Two rows of the split, of half the length, make one.
    """
    count = min(round(share * len(groups)), len(train) // 2)
    if not count:
        return groups
    drawn = np.random.default_rng([seed, 1]).permutation(len(train))[: 2 * count].reshape(count, 2)
    first = int(groups.examples.max()) + 1
    # Counted through in order of rows: some numbers are left out, which nobody minds.
    owner = np.where(train.examples[drawn] < 0, -1, train.examples[drawn] + first)
    parts = {
        name: getattr(train, name)[drawn].reshape(count, -1)
        for name in ("ids", "positions", "supervised", "last")
    }
    parts["examples"] = owner.reshape(count, -1).astype(np.int32)
    return Packed(
        **{name: np.concatenate((getattr(groups, name), more)) for name, more in parts.items()}
    )
