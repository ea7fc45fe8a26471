"""Sentences that carry a value, from YAML beside this file.

SENTENCES["urls"]  →  ("clone {v} and run make", …)
"""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

_HERE = Path(__file__).parent


@cache
def data(name: str) -> Any:
    """What a file of this folder holds."""
    return yaml.safe_load((_HERE / name).read_text(encoding="utf-8"))


SENTENCES: dict[str, tuple[str, ...]] = {
    name: tuple(said) for name, said in data("sentences.yaml").items()
}
