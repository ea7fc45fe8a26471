"""What each placeholder stands for: private/mapping.jsonl, written only when asked.

    {"conversation_id": "shop-00007", "placeholder": "[EMAIL_1]", "value": "anna@example.org"}

The file is for its owner alone (mode 0600), is no out of DVC and is ignored by git, so that nothing
caches, pushes or logs it.
"""

import json
import os
from collections.abc import Sequence
from pathlib import Path

MAPPING = Path("private/mapping.jsonl")


def write_mapping(mapping: Sequence[tuple[str, str, str]], *, wanted: bool) -> None:
    """Write the rows, or, where they are not wanted, remove those of a run before."""
    MAPPING.unlink(missing_ok=True)
    if not wanted:
        return
    MAPPING.parent.mkdir(mode=0o700, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with os.fdopen(os.open(MAPPING, flags, 0o600), "w", encoding="utf-8") as file:
        for conversation, placeholder, value in mapping:
            row = {"conversation_id": conversation, "placeholder": placeholder, "value": value}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
