"""Bits per byte of the answers: comparable across tokenizers, since bytes do not depend on them.

    bits to predict the answers and the tokens that end them, over the answers' UTF-8 bytes

Lower is better. Source: Gao et al. 2020, "The Pile", section 3.1 (there over all of a text).
"""

import math


def bits_per_byte(nats: float, answer_bytes: int) -> float:
    """Bits per byte from a negative log-likelihood in nats.

    Raises:
        ValueError: there are no bytes.
    """
    if answer_bytes <= 0:
        raise ValueError("bits per byte of no bytes")
    return nats / math.log(2) / answer_bytes
