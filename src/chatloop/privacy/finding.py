r"""The values of one text, all of them.

    +49 151 23456789+49 151 23456789   the second begins where a number may not go on …
    [______________]+49 151 23456789   … until that is taken out

A text is read again only near what was taken out, and a long one in windows, each for what Polars
suspects in it, so that time stays linear however many values hide one behind the other.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from operator import itemgetter

from chatloop.privacy.detector import Detector, Span, blanked
from chatloop.privacy.policy import NO_POLICY, Finding, Policy

# What keyboards, phones and word processors put for a blank and a hyphen: one sign for one, so that
# places in the text stay what they are.
_ZEROS = (0xFF10, 0x660, 0x6F0, 0x966)
ALIKE = {
    **dict.fromkeys("\u00a0\u2007\u2008\u2009\u202f\u205f\u3000", " "),
    **dict.fromkeys("\u2010\u2011\u2212\ufe63\uff0d", "-"),
    # Digits of full width, of Arabic and of Devanagari, and what stands between them.
    **{chr(zero + digit): str(digit) for zero in _ZEROS for digit in range(10)},
    **dict(zip("\uff20\uff0e\uff0b\uff08\uff09\uff0f\uff1a", "@.+()/:", strict=True)),
}
_PLAIN = str.maketrans(ALIKE)

# What was taken out matters to so many characters around it, and what stands at the very edge of
# what is read may go on beyond it.
_NEAR, _EDGE = 128, 64
# A longer text is read in windows of this many characters and what is around them.
_WINDOW, _AROUND = 1_024, 256
LONG = _WINDOW + 2 * _AROUND
# A value that begins so far before the end of a window is not seen whole by the next one either.
_LONGER = 2 * _AROUND - _EDGE


def findings(
    text: str,
    detectors: Sequence[Detector],
    policy: Policy = NO_POLICY,
    own: Sequence[Finding] = (),
    asked: Mapping[int, Sequence[Detector]] | None = None,
) -> list[Finding]:
    """Values in `text` as (start, end, detector), in order; what the user allows is none.

    `asked` are the detectors for each of the `windows` of a long text, all where it is left out.
    """
    plain = text if text.isascii() else text.translate(_PLAIN)
    plain = blanked(plain, [(start, end) for start, end, _ in own]) if own else plain
    more = _every(plain, detectors) if len(text) <= LONG else _in_windows(plain, detectors, asked)
    if not own and not more:
        return []
    found = [*own, *more]
    if not policy.values and not policy.domains and len(found) == 1:
        return found
    kept = [one for one in found if not policy.allows(one[2], text[one[0] : one[1]])]
    return sorted(kept, key=itemgetter(0)) if len(kept) > 1 else kept


def windows(length: int) -> list[Span]:
    """The parts in which a long text of this length is read; they overlap."""
    return [
        (max(0, start - _AROUND), min(length, start + _WINDOW + _AROUND))
        for start in range(0, length, _WINDOW)
    ]


def _every(text: str, detectors: Sequence[Detector]) -> list[Finding]:
    """What is found when each detector reads again near what was taken since, until nothing is."""
    found: list[Finding] = []
    seen = [0] * len(detectors)
    for at, detector in enumerate(detectors):
        text, spans = detector.take(text)
        # What its last pattern takes may uncover something for its first one.
        seen[at] = len(found) + len(spans) * (len(detector.patterns) == 1)
        found += [(start, end, detector) for start, end in spans]
    parts: dict[tuple[int, int], list[tuple[int, str]]] = {}
    while found and min(seen) < len(found):
        for at, detector in enumerate(detectors):
            since, seen[at] = (seen[at], len(found)), len(found)
            if since[0] == since[1] or not detector.enough(text):
                continue
            # Most detectors read the same parts.
            if since not in parts:
                parts[since] = _around(text, found[since[0] :])
            more = _near(parts[since], detector, len(text))
            text = blanked(text, more) if more else text
            found += [(start, end, detector) for start, end in more]
    return found


def _around(text: str, taken: Sequence[Finding]) -> list[tuple[int, str]]:
    """The parts of the text around what was taken, and where they begin."""
    spans = sorted((start, end) for start, end, _ in taken)
    return [(start, text[start:end]) for start, end in _surroundings(spans, len(text))]


def _near(parts: Sequence[tuple[int, str]], detector: Detector, length: int) -> list[Span]:
    """What the detector finds in parts of a text of this length, in order."""
    return [
        (start + left, start + right)
        for start, part in parts
        for left, right in detector.take(part)[1]
        if _inside(left, right, start, start + len(part), length)
    ]


def _inside(left: int, right: int, start: int, end: int, length: int) -> bool:
    """Whether a span of a part of the text is seen with enough around it."""
    return (left >= _EDGE or not start) and (end - start - right >= _EDGE or end == length)


def _surroundings(spans: Sequence[Span], length: int) -> list[Span]:
    """The characters near the spans; those that touch are one."""
    around = _NEAR + _EDGE
    ends = [
        0,
        *(
            at
            for at, (one, other) in enumerate(pairwise(spans), 1)
            if other[0] - one[1] > 2 * around
        ),
        len(spans),
    ]
    return [
        (max(0, spans[first][0] - around), min(length, spans[last - 1][1] + around))
        for first, last in pairwise(ends)
    ]


def _in_windows(
    text: str, detectors: Sequence[Detector], asked: Mapping[int, Sequence[Detector]] | None
) -> list[Finding]:
    """What is found in a long text, window by window, and again where a neighbour changed it."""
    parts = windows(len(text))
    to_ask = asked if asked is not None else dict.fromkeys(range(len(parts)), detectors)
    signs, found, waiting = list(text), [], set(to_ask)
    while waiting:
        now, waiting = sorted(waiting), set()
        for at, number in enumerate(now):
            for start, end, detector in _read(signs, *parts[number], to_ask[number]):
                signs[start:end] = blanked("x" * (end - start), [(0, end - start)])
                found.append((start, end, detector))
                waiting |= _neighbours(number, start, end, *parts[number]) & to_ask.keys()
            # What is still to be read sees the change anyway.
            waiting -= set(now[at + 1 : at + 2])
    return found


def _neighbours(number: int, start: int, end: int, left: int, right: int) -> set[int]:
    """Windows for which it matters what was found in this one; of its middle it saw to itself."""
    around = _NEAR + _EDGE
    return {
        number - 1 if start < left + around else number,
        number + 1 if end > right - around else number,
    } - {number}


def _read(signs: list[str], start: int, end: int, detectors: Sequence[Detector]) -> list[Finding]:
    """What is found in a part of the text, read farther on where a value leads out of it."""
    found = _every("".join(signs[start:end]), detectors)
    if end < len(signs) and any(
        end - start - right < _EDGE and end - start - left > _LONGER for left, right, _ in found
    ):
        return _read(signs, start, min(len(signs), end + 2 * (end - start)), detectors)
    return [
        (start + left, start + right, detector)
        for left, right, detector in found
        if _inside(left, right, start, end, len(signs))
    ]
