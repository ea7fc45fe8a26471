"""Redaction of the real turns: five kinds against Presidio's recognizers, and all kinds.

Ours finds and replaces; Presidio's pattern recognizers (no model) only find. Presidio reads a
sample, every 200th turn, and its time is scaled by bytes. Recall is counted on that sample with a
planted value of each of the five kinds in every tenth turn.
"""

import itertools
import sys
from collections import Counter

import polars as pl

from benchmarks.dialogues import turns
from benchmarks.planted import planted as carried
from benchmarks.report import report, seconds, without
from chatloop.privacy.kinds import KINDS
from chatloop.privacy.redaction import redact

FIVE = ("email", "phone", "card", "iban", "ipv4")
_EVERY, _PLANTED_EVERY = 200, 10


def recognizers() -> dict[str, object]:
    """Presidio's recognizer of each of the five kinds."""
    import tldextract
    from presidio_analyzer.predefined_recognizers import (
        CreditCardRecognizer,
        EmailRecognizer,
        IbanRecognizer,
        IpRecognizer,
        PhoneRecognizer,
    )

    # Its list of domain endings is the one in the package: the rival waits for no network.
    tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=())
    classes = (EmailRecognizer, PhoneRecognizer, CreditCardRecognizer, IbanRecognizer, IpRecognizer)
    return {kind: one() for kind, one in zip(FIVE, classes, strict=True)}


def found_by(rivals: dict[str, object], texts: list[str]) -> list[dict[str, list[tuple[int, int]]]]:
    """Spans by kind, text by text."""
    return [
        {
            kind: [
                (hit.start, hit.end)
                for hit in one.analyze(text, one.supported_entities, None) or []  # type: ignore[attr-defined]
            ]
            for kind, one in rivals.items()
        }
        for text in texts
    ]


def planted(texts: list[str]) -> list[tuple[str, str, str]]:
    """Kind, value and a real turn with the value behind it."""
    values = {
        kind: itertools.cycle([(one.text, one.value) for one in carried(1) if one.kind == kind])
        for kind in FIVE
    }
    hosts = texts[::_PLANTED_EVERY]
    return [
        (kind, value, f"{host} {sentence}")
        for host in hosts
        for kind in FIVE
        for sentence, value in [next(values[kind])]
    ]


def recalls(rivals: dict[str, object], texts: list[str]) -> dict[str, dict[str, float]]:
    """The share of planted values of which nothing is left, by kind, ours and the rival's."""
    rows = planted(texts)
    table = pl.DataFrame(
        {"conversation_id": [str(n) for n in range(len(rows))], "content": [r[2] for r in rows]}
    ).with_columns(turn=pl.lit(0))
    ours = redact(table, FIVE).turns["content"]
    theirs = found_by(rivals, [text for _, _, text in rows])
    hits: dict[str, Counter[str]] = {"ours": Counter(), "rival": Counter(), "all": Counter()}
    for (kind, value, text), left, spans in zip(rows, ours, theirs, strict=True):
        start = text.rindex(value)
        whole = any(a <= start and start + len(value) <= b for a, b in spans[kind])
        hits["all"][kind] += 1
        hits["ours"][kind] += value not in left
        hits["rival"][kind] += whole
    return {
        who: {kind: hits[who][kind] / hits["all"][kind] for kind in FIVE}
        for who in ("ours", "rival")
    }


def main() -> None:
    """Measure and print."""
    table = turns()
    if table is None:
        return without("the real dialogues (../shared/data/sgd) are not here")
    size = table["content"].str.len_bytes().sum() / 1e6
    try:
        rivals = recognizers()
    except ImportError:
        rivals = {}
    texts = table["content"].to_list()[::_EVERY]
    sample = sum(len(text.encode()) for text in texts) / 1e6
    five, full, theirs = seconds(
        lambda: redact(table, FIVE), lambda: redact(table, KINDS), lambda: found_by(rivals, texts)
    )
    print(f"{table.height:,} turns, {size:.1f} MB; all {len(KINDS)} kinds {size / full:.1f} MB/s")
    if not rivals:
        return without("Presidio is not installed: make bench-setup")
    recall = recalls(rivals, texts)
    for kind in FIVE:
        print(f"{kind}: recall {recall['ours'][kind]:.3f}, Presidio {recall['rival'][kind]:.3f}")
    equal = all(recall["ours"][kind] >= recall["rival"][kind] for kind in FIVE)
    goal = "at least 300 times, recall no less; all kinds at least 20 MB/s"
    return report(
        "redaction", size / five, sample / theirs, "MB/s", equal, goal,
        all_kinds=size / full, rival_sample=f"{len(texts):,} turns, {sample:.3f} MB", recall=recall,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
