"""10,000 generated conversations with hostile contents: is the mask exact on each?

    python -m benchmarks.masks --json

The oracle of tests/unit/tokens/test_families.py looks at every one: what is learned is what comes
after the ids that serving would send, up to the end of the turn, and nothing else.
"""

import argparse
import time

from benchmarks.report import report
from chatloop.tokens.rendering import Renderer
from tests.unit.tokens.templates import FAMILIES
from tests.unit.tokens.test_families import check, conversations, examples_of, tokenizer_of


def exact(family: str, count: int, seed: int) -> int:
    """How many of the conversations of one family of templates have an exact mask."""
    renderer, good = Renderer(tokenizer_of(family)), 0
    talks = list(conversations(count, seed))
    for talk, examples in zip(talks, examples_of(renderer, talks), strict=True):
        try:
            check(renderer, talk, examples)
            good += 1
        except AssertionError:
            print(f"{family}: a mask is not exact")
    return good


def main() -> None:
    """Check and print; with --json the last line is one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--count", type=int, default=10_000)
    wanted = parser.parse_args()
    each = -(-wanted.count // len(FAMILIES))
    start = time.perf_counter()
    good = sum(exact(family, each, seed) for seed, family in enumerate(FAMILIES))
    total = each * len(FAMILIES)
    print(f"{good:,} of {total:,} exact in {time.perf_counter() - start:.0f} s")
    if wanted.json:
        report("masks", good, total, "conversations", good == total, "all exact")


if __name__ == "__main__":
    main()
