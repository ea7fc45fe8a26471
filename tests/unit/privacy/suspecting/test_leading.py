"""A pattern that is told sooner that it does not match matches what it did before."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from chatloop.privacy.detectors.contact import _CALLED
from chatloop.privacy.detectors.identity import _BORN, _DATE
from chatloop.privacy.detectors.secrets import _KEY, _LABEL, _PIN
from chatloop.privacy.people.phrases import GREETED, INTRODUCED, TOLD
from chatloop.privacy.suspecting.leading import any_of, led
from chatloop.privacy.suspecting.sketching import sketched

WORDS = (_CALLED, _BORN, _DATE, _LABEL, _KEY, _PIN, GREETED, INTRODUCED, TOLD)
PIECES = st.sampled_from(
    [*"askKſİı1-. \n", "Born ", "né(e) le ", "tel", "my name is ", "STOP", "4 March", "clé", "pin"]
)
SHAPES = (
    r"[0-9]{3}-[0-9]{2}-[0-9]{4}",
    r"[0-9]{1,2}\.?[0-9]{2} ?-? ?[0-9K]",
    r"(?:19|20)?[0-9]{2}(?:0[1-9]|1[0-2])[-+][0-9]{2}",
    r"[0-9]{4}[ -]?[0-9]{2}|[0-9]{2}(?: ?[0-9]{2}){2}",
    r"(?:qq|[a-z][a-np-z])(?: ?[0-9]{2}){2} ?[a-d]",
)
NUMBERS = st.lists(st.sampled_from([*"0129aqKé-. +,\n", "12", "19", "qq"]), max_size=14).map(
    "".join
)


@settings(deadline=None)
@given(text=st.lists(PIECES, max_size=8).map("".join))
def test_alternatives_told_by_their_first_letters_match_as_they_did(text):
    for words in WORDS:
        plain, told = re.compile(f"(?i:{words})"), re.compile(any_of(words))
        assert [one.span() for one in told.finditer(text)] == [
            one.span() for one in plain.finditer(text)
        ]


@settings(deadline=None)
@given(text=NUMBERS)
def test_a_led_pattern_finds_the_same_value(text):
    for pattern, first, before in (
        (r"(?<!\w)(?<![0-9]\.)[0-9]{2}[-.][0-9]", "[0-9]", 0),
        (r"(?<![a-z])([a-z]{2}[0-9]+?)(?![0-9])", "[0-9]", 2),
    ):
        plain, told = re.search(pattern, text), re.search(led(first, pattern, before), text)
        assert (plain and plain[plain.re.groups]) == (told and told[1])
        assert (plain and plain.start(plain.re.groups)) == (told and told.start(1))


@settings(deadline=None)
@given(text=NUMBERS)
def test_the_sketch_of_a_text_holds_every_shape_that_stands_in_it(text):
    for shape in SHAPES:
        apart = rf"(?<![0-9A-Za-zÀ-ɏ])(?<![0-9][-.,/:])(?:{shape})(?![0-9A-Za-zÀ-ɏ]|[-.,/:][0-9])"
        assert sketched(shape)(text) or not re.search(f"(?i:{apart})", text)
        alone = rf"(?<![0-9] )(?<![+$€£]){apart}(?! [0-9])"
        assert sketched(shape, alone=True)(text) or not re.search(f"(?i:{alone})", text)


def test_the_sketch_tells_another_shape():
    assert not sketched(SHAPES[0])("my SSN is 5361-22-8145, x536-22-8145")
    assert sketched(SHAPES[0])("my SSN is 536-22-8145.")
