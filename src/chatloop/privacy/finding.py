r"""The values of one text, all of them.

    +49 151 23456789+49 151 23456789   the second begins where a number may not go on …
    [______________]+49 151 23456789   … until that is taken out

In a long text it is sought only near what was taken out, so that time stays linear however many
values hide one behind the other.
"""

from collections.abc import Iterator, Sequence
from operator import itemgetter

from chatloop.privacy.detector import Detector, Span, blanked
from chatloop.privacy.policy import NO_POLICY, Finding, Policy

# What keyboards, phones and word processors put for a blank and a hyphen: one sign for one, so that
# places in the text stay what they are.
ALIKE = {
    **dict.fromkeys("\u00a0\u2007\u2008\u2009\u202f\u205f\u3000", " "),
    **dict.fromkeys("\u2010\u2011\u2212\ufe63\uff0d", "-"),
}
_PLAIN = str.maketrans(ALIKE)

# A text of more characters is read again only near what changed, so many characters around it, and
# what stands at the very edge of such a window may go on beyond it.
_LONG, _NEAR, _EDGE = 2_000, 192, 64


def findings(
    text: str,
    detectors: Sequence[Detector],
    policy: Policy = NO_POLICY,
    own: Sequence[Finding] = (),
) -> list[Finding]:
    """Values in `text` as (start, end, detector), in order; what the user allows is none."""
    original, found = text, list(own)
    text = text if text.isascii() else text.translate(_PLAIN)
    text = blanked(text, [(start, end) for start, end, _ in own]) if own else text
    text, more = _scanned(text, detectors)
    found += more
    if len(text) > _LONG:
        found += _uncovered(text, [*own, *more], detectors)
    while more and len(text) <= _LONG:
        text, more = _scanned(text, detectors)
        found += more
    kept = [one for one in found if not policy.allows(one[2], original[one[0] : one[1]])]
    return sorted(kept, key=itemgetter(0)) if len(kept) > 1 else kept


def _scanned(text: str, detectors: Sequence[Detector]) -> tuple[str, list[Finding]]:
    """The text without what the detectors find, each asked once, and what that is."""
    found: list[Finding] = []
    for detector in detectors:
        if spans := detector.spans(text):
            text = blanked(text, spans)
            found += [(start, end, detector) for start, end in spans]
    return text, found


def _uncovered(
    text: str, taken: Sequence[Finding], detectors: Sequence[Detector]
) -> Iterator[Finding]:
    """What is found when the text is read again near what was taken, until nothing is."""
    signs = list(text)
    changed = sorted((start, end) for start, end, _ in taken)
    while changed:
        near = list(_windows(changed, len(signs)))
        changed = []
        for start, end in near:
            _, found = _scanned("".join(signs[start:end]), detectors)
            for left, right, detector in found:
                inside = (left >= _EDGE or not start) and (
                    end - start - right >= _EDGE or end == len(signs)
                )
                if inside:
                    span = (start + left, start + right)
                    signs[slice(*span)] = blanked("x" * (right - left), [(0, right - left)])
                    changed.append(span)
                    yield *span, detector
        changed.sort()


def _windows(spans: Sequence[Span], length: int) -> Iterator[Span]:
    """The surroundings of the spans; those that touch are one."""
    around = _NEAR + _EDGE
    first, last = max(0, spans[0][0] - around), 0
    for start, end in spans:
        if start - around > last > 0:
            yield first, last
            first = start - around
        last = min(length, end + around)
    yield first, last
