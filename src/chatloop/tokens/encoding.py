"""Texts with their answers' spans into ids and a supervised mask.

    "<|im_start|>user\\nHi<|im_end|>\\n<|im_start|>assistant\\nHello!<|im_end|>\\n"
                                                         ^^^^^^^^^^^^^^^^
    ids of the whole text, at once; the answer is found by the control tokens around it

What a text is when it stands in a prompt is what it is when an answer follows: where a tokenizer
would join the end of a prompt with the beginning of an answer, it is asked for both by themselves.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chatloop.tokens.example import Anchors, Example, Ids, Mask, Rendered


class Encoder:
    """A tokenizer, and the control tokens at which it begins anew whatever stands around them."""

    def __init__(self, tokenizer: Any, special: Sequence[str]) -> None:
        self._tokenizer = tokenizer
        self._backend = tokenizer.backend_tokenizer
        self.controls = {token: tokenizer.convert_tokens_to_ids(token) for token in special}
        self.controls = {
            token: at for token, at in self.controls.items() if _stands_alone(tokenizer, at)
        }
        self._is_control = np.zeros(len(tokenizer) + 1, dtype=np.bool_)
        self._is_control[list(self.controls.values())] = True
        self._heads: dict[str, Ids] = {}

    def encode(self, rendered: Sequence[Rendered]) -> Iterator[Example]:
        """Ids and supervised mask of each text, in order."""
        anchored = [i for i, one in enumerate(rendered) if one.anchors is not None]
        found = dict(zip(anchored, self._by_anchors([rendered[i] for i in anchored]), strict=True))
        for i, one in enumerate(rendered):
            yield found.get(i) or self._by_offsets(one)

    def ids(self, text: str, begins: Sequence[int]) -> list[int]:
        """Ids of a text in which earlier answers begin at these characters."""
        ids, offsets = self._with_offsets(text)
        cuts = self._cuts(text, ids, offsets[:, 0], begins)
        return self._divided(text, cuts)[0] if cuts else ids

    def _by_anchors(self, rendered: Sequence[Rendered]) -> list[Example | None]:
        """All at once, without offsets; None for a text in which something is not where it was."""
        if not rendered:
            return []
        many = self._backend.encode_batch_fast(
            [one.text for one in rendered], add_special_tokens=False
        )
        parts = [np.asarray(one.ids, dtype=np.int32) for one in many]
        ids = np.concatenate(parts)
        ends = np.cumsum([len(part) for part in parts])
        control = np.flatnonzero(self._is_control[ids])
        upto = np.searchsorted(control, ends)
        before = np.concatenate(([0], upto[:-1]))
        anchors = [one.anchors for one in rendered if one.anchors is not None]
        whole = upto - before == [one.controls for one in anchors]
        found = _Answers.of(anchors, before, whole, control, self._head_ids)
        good = whole.copy()
        good[found.owner[~found.agree(ids)]] = False
        supervised = found.mask(len(ids), good)
        starts = ends - [len(part) for part in parts]
        closes = (found.end - starts[found.owner]).tolist()
        at = np.searchsorted(found.owner, np.arange(len(rendered) + 1)).tolist()
        return [
            Example(
                ids[start:end],
                supervised[start:end],
                tuple(zip(one.answers, closes[first:last], strict=True)),
                one.answer_bytes,
            )
            if fine
            else None
            for one, start, end, fine, first, last in zip(
                rendered, starts.tolist(), ends.tolist(), good.tolist(), at, at[1:], strict=False
            )
        ]

    def _head_ids(self, text: str) -> Ids:
        if text not in self._heads:
            self._heads[text] = np.asarray(self._plain(text), dtype=np.int32)
        return self._heads[text]

    def _by_offsets(self, one: Rendered) -> Example:
        """One text, by the characters that each token stands for."""
        ids, offsets = self._with_offsets(one.text)
        begins = [*one.cuts, *(begin for begin, _ in one.spans)]
        cuts = self._cuts(one.text, ids, offsets[:, 0], begins)
        starts = offsets[:, 0]
        if cuts:
            ids, starts = self._divided(one.text, cuts)
        supervised = np.zeros(len(ids), dtype=np.bool_)
        ends = []
        for answer, (begin, end) in zip(one.answers, one.spans, strict=True):
            first, last = np.searchsorted(starts, [begin, end])
            supervised[first:last] = True
            ends.append((answer, int(last)))
        return Example(np.asarray(ids, dtype=np.int32), supervised, tuple(ends), one.answer_bytes)

    def _cuts(
        self, text: str, ids: list[int], starts: NDArray[np.int64], begins: Sequence[int]
    ) -> list[int]:
        """Those beginnings of answers before which the tokens are not those of the prompt."""
        cuts = []
        for begin in begins:
            since = max((text.rfind(token, 0, begin) for token in self.controls), default=-1)
            first, last = np.searchsorted(starts, [max(since, 0), begin])
            if self._plain(text[max(since, 0) : begin]) != ids[first:last]:
                cuts.append(begin)
        return cuts

    def _divided(self, text: str, cuts: Sequence[int]) -> tuple[list[int], NDArray[np.int64]]:
        """Ids and first characters of a text whose parts are encoded by themselves."""
        edges = [0, *cuts, len(text)]
        ids: list[int] = []
        starts = []
        for begin, end in pairwise(edges):
            some, offsets = self._with_offsets(text[begin:end])
            ids += some
            starts.append(offsets[:, 0] + begin)
        return ids, np.concatenate(starts)

    def _plain(self, text: str) -> list[int]:
        return list(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def _with_offsets(self, text: str) -> tuple[list[int], NDArray[np.int64]]:
        found = self._tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        offsets = np.asarray(found["offset_mapping"], dtype=np.int64).reshape(-1, 2)
        return list(found["input_ids"]), offsets


@dataclass(frozen=True)
class _Answers:
    """The answers of many texts on end: whose, first token of the head, of the answer, and end."""

    owner: NDArray[np.int64]
    head: NDArray[np.int64]
    begin: NDArray[np.int64]
    end: NDArray[np.int64]
    heads: list[Ids]
    enders: NDArray[np.int32]

    @classmethod
    def of(
        cls,
        anchors: Sequence[Anchors],
        before: NDArray[np.int64],
        whole: Mask,
        control: NDArray[np.int64],
        head_ids: Any,
    ) -> "_Answers":
        """Looked up among the control tokens of all texts; a text without all of them has none."""
        kept = [(i, anchors[i]) for i in np.flatnonzero(whole).tolist()]
        none = np.zeros(0, dtype=np.int64)
        owner = np.repeat([i for i, _ in kept], [len(one.opens) for _, one in kept]).astype(int)
        heads = list(chain.from_iterable(one.heads for _, one in kept))
        known = {head: head_ids(head) for head in set(heads)}
        sizes = np.asarray([len(known[head]) for head in heads], dtype=np.int64)
        opens = control[np.concatenate([none, *(one.opens + before[i] for i, one in kept)])]
        closes = control[np.concatenate([none, *(one.closes + before[i] for i, one in kept)])]
        enders = np.concatenate([none, *(one.enders for _, one in kept)])
        return cls(owner, opens, opens + sizes, closes + 1, [known[h] for h in heads], enders)

    def agree(self, ids: Ids) -> Mask:
        """Whether the tokens before an answer are those of its prompt, and its last one ends it."""
        good = np.asarray(ids[self.end - 1] == self.enders)
        if len(self.heads):
            tokens = np.concatenate(self.heads)
            sizes = self.begin - self.head
            firsts = np.cumsum(sizes) - sizes
            places = np.arange(len(tokens)) - np.repeat(firsts - self.head, sizes)
            wrong = ids[np.minimum(places, len(ids) - 1)] != tokens
            good &= np.add.reduceat(wrong, firsts) == 0
            good &= self.begin < self.end
        return good

    def mask(self, size: int, good: Mask) -> Mask:
        """True from the beginning of an answer to its end, in texts that are `good`."""
        kept = good[self.owner]
        steps = np.zeros(size + 1, dtype=np.int64)
        np.add.at(steps, self.begin[kept], 1)
        np.add.at(steps, self.end[kept], -1)
        return np.asarray(np.cumsum(steps[:-1]) > 0)


def _stands_alone(tokenizer: Any, at: int) -> bool:
    """Whether a text can be cut before this token and is encoded to the same ids.

    It is found before anything is normalized, takes no white space with it and is part of no other.
    """
    added = tokenizer.added_tokens_decoder
    token = added.get(at)
    if token is None or not token.special or token.lstrip or token.rstrip or token.single_word:
        return False
    if token.normalized and tokenizer.backend_tokenizer.normalizer is not None:
        return False
    return not any(token.content in other.content for other in added.values() if other is not token)
