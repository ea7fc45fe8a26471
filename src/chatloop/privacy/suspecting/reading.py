"""The values in each of many texts: Polars suspects, Python reads what is suspected.

    4 │ Call me on 408-971-8523   →   {4: [(11, 23, PHONE)]}

A name of a person has no digits, so that Polars asks every text for some. Meanwhile Python reads
what it suspects of other kinds; the few texts that both concern are read again for both.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from operator import itemgetter

import polars as pl

from chatloop.privacy.detector import Detector
from chatloop.privacy.finding import ALIKE, LONG, findings, windows
from chatloop.privacy.policy import Finding, Policy, own_spans
from chatloop.privacy.suspecting.suspicion import suspicions


def found_in(
    content: pl.Series, detectors: Sequence[Detector], policy: Policy
) -> dict[int, list[Finding]]:
    """By row, the values of each text that holds any; what the user allows is none."""
    own, count = _own_findings(content, policy), content.len()
    texts, parts = _windowed(_plain(content))
    asked: dict[int, list[Detector]] = {}
    windowed: dict[int, dict[int, list[Detector]]] = {row: {} for row, _ in parts}
    found: dict[int, list[Finding]] = {}
    for more in suspicions(texts, _parted(detectors)):
        rows = [at for at in more if at < count and at not in windowed]
        for row, text in zip(rows, content.gather(rows), strict=True):
            asked[row] = [*asked.get(row, ()), *more[row]]
            found[row] = findings(text, asked[row], policy, own.get(row, ()))
        for at in (at for at in more if at >= count):
            row, number = parts[at - count]
            windowed[row].setdefault(number, []).extend(more[at])
    for row in {*own, *windowed} - found.keys():
        text, here = content[row], windowed.get(row, {})
        found[row] = findings(text, (), policy, own.get(row, ()), here)
    return {row: values for row, values in found.items() if values}


def _parted(detectors: Sequence[Detector]) -> list[Sequence[Detector]]:
    """Those that few texts concern, then those of people, in order of precedence."""
    people = [one for one in detectors if one.kind == "person"]
    others = detectors[: len(detectors) - len(people)]
    return [group for group in (others, people) if group]


def _windowed(content: pl.Series) -> tuple[pl.Series, list[tuple[int, int]]]:
    """The windows of long texts behind all others, their row and number; a long text is left out.

    So that each window is read for what is suspected in it.
    """
    rows = [row for row in (content.str.len_bytes() > LONG).arg_true() if len(content[row]) > LONG]
    if not rows:
        return content, []
    parts = [
        (row, number, text[start:end])
        for row, text in zip(rows, content.gather(rows), strict=True)
        for number, (start, end) in enumerate(windows(len(text)))
    ]
    short = content.clone().scatter(rows, "").rechunk()
    texts = short.append(pl.Series([text for _, _, text in parts]))
    return texts, [(row, number) for row, number, _ in parts]


def _plain(content: pl.Series) -> pl.Series:
    """Blanks and hyphens as the patterns know them; most data have no other."""
    # Where every character is a byte, there are none of these.
    if (content.str.len_bytes() == content.str.len_chars()).all():
        return content
    other = rf"[{''.join(ALIKE)}]"
    if not content.str.contains(other).any():
        return content
    return content.str.replace_many(ALIKE)


def _own_findings(content: pl.Series, policy: Policy) -> dict[int, list[Finding]]:
    """By row, what the user's patterns match, the first name in the alphabet first."""
    found: dict[int, list[Finding]] = defaultdict(list)
    for _, detector in sorted(policy.own.items()):
        for row, spans in own_spans(content, detector).items():
            taken = list(found[row])
            for start, end in spans:
                # They stand apart, in order: only the last that begins before the end may overlap.
                at = bisect_left(taken, end, key=itemgetter(0))
                if not at or taken[at - 1][1] <= start:
                    found[row].append((start, end, detector))
            found[row].sort(key=itemgetter(0))
    return found
