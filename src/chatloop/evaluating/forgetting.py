"""What a model knows of general text, to see what was forgotten.

{"candidate": General(bits_per_byte=2.914, knows=True), "base": General(…)}
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from chatloop.evaluating.subject import Subject
from chatloop.metrics.bits_per_byte import bits_per_byte
from chatloop.probing.general import blind_bits_per_byte, plain

NO_NUMBER = 64.0  # bits per byte of a model whose scores are none: worse than any guess


@dataclass(frozen=True)
class General:
    """Bits per byte, and whether these are surely fewer than a blind guess needs."""

    bits_per_byte: float
    knows: bool


def general(subject: Subject, texts: Sequence[str], blank_share: float) -> General:
    """Of one model."""
    examples = plain(subject.tokenizer, texts, subject.context)
    size = sum(example.answer_bytes for example in examples)
    found = bits_per_byte(float(subject.nats(examples).sum()), size)
    bits = round(found, 6) if isfinite(found) else NO_NUMBER
    blind = blind_bits_per_byte(examples, len(subject.tokenizer))
    return General(bits, bits < blank_share * blind)


def forgotten(found: Mapping[str, General]) -> dict[str, Any]:
    """All models side by side."""
    return {
        "bits_per_byte": {name: one.bits_per_byte for name, one in found.items()},
        "knows": {name: one.knows for name, one in found.items() if name != "candidate"},
    }
