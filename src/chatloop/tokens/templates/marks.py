"""The marks that a chat template sets around what is said, which nobody may type.

    <|im_start|>user\\nHi<|im_end|>\\n<|im_start|>assistant\\n   →  <|im_start|>, <|im_end|>
    <s>[INST] Hi [/INST] Hello</s>                            →  [INST], [/INST], …

Some vocabularies hold such a mark as a token not called special (DeepSeek's <｜User｜>), and
some templates write theirs as plain text (Llama 2's [INST], Zephyr's <|user|>). Whoever could type
one could speak for somebody else.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any

# Shapes of marks that no one writes by chance; a heading such as "### Response:" is not among them.
SHAPE = re.compile(
    r"<\|[^|<>\s]{1,40}\|>|<｜[^｜<>\s]{1,40}｜>|\[/?[A-Z_]{3,40}\]|<</?[A-Z]{3,40}>>"
    r"|</?[a-z]+_of_[a-z]+>"
)
TAG = re.compile(r"<(/?)([a-z_]+)>")


def special_tokens(tokenizer: Any) -> set[str]:
    """Texts that the tokenizer turns into control tokens wherever they stand."""
    added = tokenizer.added_tokens_decoder.values()
    return {str(t) for t in tokenizer.all_special_tokens} | {t.content for t in added if t.special}


def added_tokens(tokenizer: Any) -> set[str]:
    """Texts that are tokens of their own, called special or not."""
    return {token.content for token in tokenizer.added_tokens_decoder.values()}


def any_of(texts: Iterable[str]) -> re.Pattern[str]:
    """The longest first: one may begin with another."""
    ordered = sorted(texts, key=lambda text: (-len(text), text))
    return re.compile("|".join(map(re.escape, ordered)) or r"(?!)")


def written(text: str) -> set[str]:
    """What looks like a mark in a rendered conversation whose contents have none."""
    return set(SHAPE.findall(text))


def tokens_around(text: str, contents: Sequence[str], added: Collection[str]) -> set[str]:
    """Those `added` tokens that stand around `contents`: a question, its answer, and so on.

    A tag that opens within an answer (<think>) belongs to what is said.
    """
    between: list[str] = []
    before_answers: list[str] = []
    for i, content in enumerate(contents):
        gap, _, text = text.partition(content)
        (before_answers if i % 2 else between).append(gap)
    between.append(text)
    turns, inner = "\n".join(between), "\n".join(before_answers)
    return {
        token for token in added if token in turns or (token in inner and not _within(token, turns))
    }


def _within(token: str, turns: str) -> bool:
    """Whether it is a tag whose other half does not stand between turns."""
    tag = TAG.fullmatch(token)
    return tag is not None and f"<{'' if tag[1] else '/'}{tag[2]}>" not in turns
