"""What each placeholder stands for: private/mapping.jsonl, written only when asked.

    {"conversation_id": "shop-00007", "placeholder": "[EMAIL_1]", "value": "anna@example.org"}

The file is for its owner alone (mode 0600), is no out of DVC and is ignored by git, so that nothing
caches, pushes or logs it.
"""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

MAPPING = Path("private/mapping.jsonl")


Rows = Sequence[tuple[str, str, str]]


@contextmanager
def mapping_writer(*, wanted: bool, more: bool = False) -> Iterator[Callable[[Rows], None]]:
    """What writes rows; where they are not wanted, nothing.

    Those of a run before are removed, but for `more` of the same run.
    """
    if not more:
        MAPPING.unlink(missing_ok=True)
    if not wanted:
        yield lambda _: None
        return
    MAPPING.parent.mkdir(mode=0o700, exist_ok=True)
    flags = os.O_WRONLY | (os.O_APPEND if more else os.O_CREAT | os.O_EXCL)
    with os.fdopen(os.open(MAPPING, flags, 0o600), "w", encoding="utf-8") as file:

        def write(mapping: Rows) -> None:
            for conversation, placeholder, value in mapping:
                row = {"conversation_id": conversation, "placeholder": placeholder, "value": value}
                file.write(json.dumps(row, ensure_ascii=False) + "\n")

        yield write
