r"""Who is spoken of: person.

    My name is Anna Berg       →  My name is [PERSON_1]
    Dear Ms Okafor, …          →  Dear Ms [PERSON_1], …
    I spoke to Maria Gonzalez  →  I spoke to [PERSON_1]

Names are words like others, so that what stands beside them decides. After "my name is" or a title
any capitalized word is a name; after "I spoke to" it must begin with a known first name; alone, a
known first name and a known surname must stand together. Precision first: Will, Mark, Paris and
Rosa Mexicano stay, where nothing says that they are people.
"""

import re
from collections.abc import Callable

from chatloop.privacy.detector import Detector
from chatloop.privacy.people.names import (
    BIG,
    FAMILY_SPELT,
    FIRST,
    FULL,
    GIVEN_SPELT,
    NAME,
    PARTICLE,
    PLACE,
    SMALL,
    beginning,
    likely,
    paired,
    small,
    small_pair,
    stated,
)
from chatloop.privacy.people.phrases import (
    ENDED,
    GREETED,
    INTRODUCED,
    INTRODUCING,
    REGARDS,
    SELF,
    SIGNING,
    TITLE,
    TITLES,
    TOLD,
)
from chatloop.privacy.suspecting.leading import any_of, led


def _person(
    words: tuple[str, ...],
    shape: str,
    pattern: str,
    length: Callable[[str], int],
    sketch: str = "",
) -> Detector:
    def key(text: str) -> str:
        return " ".join(text.casefold().split())

    return Detector("person", (re.compile(pattern),), 0, words, shape, length, key, sketch)


_END = (
    r"(?=\s{0,3}(?:[,.!?:;\n)]|$)| [-–—]| I\b"
    r"| (?:here|speaking|calling|from|again|and|how|i|it|is|can|could|please|what|your|we)\b)"
)

# Who made a song or a film is known to everyone, and many a film is called like a person.
_MADE = (
    "concerts?|movies?|films?|albums?|songs?|tickets?|gigs?|event|direct(?:or|s|ed)|subtitles|flick"
)
_NO_CREDIT = "".join(
    f"(?<!{word} )"
    for word in (
        *(
            "by",
            "starring",
            "artist",
            "singer",
            "actor",
            "director",
            "band",
            "song",
            "film",
            "movie",
        ),
        *("tickets for", "tickets to", "event", "event is", "watch", "play", "Play", "listen to"),
        *("concert", "concert of", "Watch", "How about", "album", "music"),
    )
)
_NO_WORK = rf"(?! (?:{PLACE})\b)(?![^.!?\n]{{0,40}}?\b(?:{_MADE})\b)"

# What the lists know, for Rust: names as they are spelt, and a name ends where a word does.
_GIVENS, _FAMILIES = ("|".join(sorted(names)) for names in (GIVEN_SPELT, FAMILY_SPELT))
_SMALLS = "|".join(sorted({name.casefold() for name in GIVEN_SPELT}))
_ENDED = "(?:[^a-zà-ÿ]|$)"
_PAIR = rf"(?:{_GIVENS})(?:-[^ ]*)? (?:[A-Z]\.? )?(?:{PARTICLE})?(?:[^ ]*-)?(?:{_FAMILIES}){_ENDED}"
_SAID = rf"{SELF}|under|call me|speaking (?:to|with)|spoke (?:to|with)|ask for"
_UNDER = "|(?:under )?(?:the )?name(?: is|['’]s| of)?"
_CAPITAL = "[A-ZÀ-ÞĀ-ŽА-ЯΑ-Ω]"
_FIRST_NAMED = beginning(FIRST)


def _greeted(text: str) -> int:
    return _FIRST_NAMED(text) or likely(text)


def _no_verb(text: str) -> int:
    """我叫 is also what one does to a cab."""
    return 0 if text[0] in "了他她你它车的不过" else len(text)


PERSON = (
    # My name is Anna Berg; Recipient: Anna Berg; my name is anna
    _person(
        INTRODUCING,
        rf"(?i:{INTRODUCED})\s{{0,2}}[\"'“ ]{{0,2}}[^a-z]",
        rf"(?<!\w){any_of(INTRODUCED)}\s{{0,2}}[\"'“ ]{{0,2}}({FULL})",
        stated,
    ),
    _person(
        INTRODUCING,
        rf"(?i:{INTRODUCED}|(?:^|[^a-z])name(?: is|['’]s| of)?) ?[a-zà-ÿ]",
        rf"(?<!\w){any_of(INTRODUCED + _UNDER)} ?({SMALL})(?!\w)",
        small,
    ),
    # 我叫王小明, 私の名前は田中太郎です, 제 이름은 김민수입니다
    _person(
        ("我叫", "我的名字", "姓名", "名前", "이름"),
        "",
        r"(?:(?:我叫|我的名字是|姓名[:：]) ?([一-鿿]{2,4})(?=[，。！,.!\s]|$))",
        _no_verb,
    ),
    _person(
        ("名前", "이름"),
        "",
        r"(?:名前は|名前[:：]|이름은|이름[:：]) ?([一-鿿ぁ-ヿ가-힣]{2,8}?)"
        r"(?=です|と申|といい|とい|입니다|이에요|예요|이고|[、。，,.!\s]|$)",
        len,
    ),
    # i am anna berg
    _person(
        (),
        rf"(?i:{_SAID}) (?:{_SMALLS})[ -]",
        rf"(?<!\w){any_of(_SAID)} ({SMALL})(?!\w)",
        small_pair,
        rf"(?i:{_SAID}) [a-zà-ÿ]",
    ),
    # Dear Ms Okafor; Herr Dr. Müller
    _person(
        TITLES,
        rf"(?:^|[^A-Za-z])(?:{TITLE})\.? [^\s0-9.,!?]",
        led("[A-Z]", rf"(?<!\w)(?:{TITLE})\.? (?:(?:Dr|Prof)\.? )?({FULL})"),
        stated,
    ),
    # Kind regards, Anna Berg; on a line of its own after less
    _person(
        SIGNING,
        "",
        rf"(?<!\w){any_of(REGARDS)}[,.!]?\s{{1,3}}({FULL})(?=\s{{0,3}}(?:$|\n)|[.!,])",
        stated,
    ),
    _person(
        (),
        rf"(?i:{ENDED})[,.! ]{{0,3}}\n\s{{0,3}}[^a-z\s][^\n]{{1,60}}\s{{0,3}}$",
        rf"(?<!\w){any_of(ENDED)}[,.! ]{{0,3}}\n\s{{0,3}}[-–— ]{{0,2}}({FULL})(?=\s{{0,3}}$)",
        stated,
    ),
    # Dear Anna, …; Thanks, Anna!
    _person(
        (),
        rf"(?i:{GREETED}),?\s{{1,3}}(?:{_CAPITAL}[^\s0-9,.!?:;)'’]|[^\sI]['’]|I['’][^dlv])",
        rf"(?<!\w){any_of(GREETED)},?\s{{1,3}}({FULL}){_END}",
        _greeted,
    ),
    # I am Anna
    _person(
        (),
        rf"(?i:{SELF}) {_CAPITAL}",
        rf"(?<!\w){any_of(SELF)} ({FULL})",
        likely,
    ),
    # I spoke to Maria Gonzalez; my brother Tom
    _person(
        (),
        rf"(?i:{TOLD}) {_CAPITAL}",
        rf"(?<!\w){any_of(TOLD)} ({FULL})",
        likely,
    ),
    # Peter Schmidt, wherever he stands
    _person(
        (),
        _PAIR,
        led(
            _CAPITAL,
            rf"(?:(?<=\W)|^){_NO_CREDIT}({NAME} (?:[A-Z]\.? )?(?:{PARTICLE})?{NAME}){_NO_WORK}",
        ),
        paired,
    ),
    _person(
        (),
        rf"{BIG}{{2}} (?:[A-Z]\.? )?{BIG}{{2}}",
        led(
            BIG,
            rf"(?<!\w)({BIG}{{2,20}}(?:-{BIG}{{2,20}})? (?:[A-Z]\.? )?"
            rf"(?:(?:DE|DA|VAN|VON|AL|EL) )?(?:O['’])?{BIG}{{2,20}}(?:-{BIG}{{2,20}})?)(?!\w)",
        ),
        paired,
    ),
)
