"""Length ratio: words of the answers over words of the references, all together.

1 where a model talks as much as the people it learned from.
"""

from collections.abc import Sequence


def length_ratio(answers: Sequence[str], references: Sequence[str]) -> float:
    """At least 0; 0 where the references have no words."""
    said, wanted = (sum(len(text.split()) for text in texts) for texts in (answers, references))
    return said / wanted if wanted else 0.0
