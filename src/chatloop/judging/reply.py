"""What came back from one call of a judge, in words that can be counted.

Reply(text='{"better": "A"}', failure=None, input_tokens=212, output_tokens=9, cached=False)
"""

from dataclasses import dataclass
from typing import Literal, get_args

Failure = Literal["timeout", "unreachable", "refused", "junk", "not_asked"]
FAILURES: tuple[Failure, ...] = get_args(Failure)


@dataclass(frozen=True)
class Reply:
    """`text` is None exactly where there is a `failure`; tokens are None where nobody said."""

    text: str | None
    failure: Failure | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached: bool = False
