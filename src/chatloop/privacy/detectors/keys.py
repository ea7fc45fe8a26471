"""Keys by the looks: tokens that chance wrote, and vendors' keys of hexadecimal digits.

    xQ7r2LmZ9pTf4KcW1vNbY8hJ   →  [SECRET_1]         iPhone14ProMax256GBUnlocked  stays
    pul-513d24928b960632d4ee…  →  [API_KEY_1]        test_user_with_valid_login_2 stays

Between the classes of signs (small, capital, digit) a token that chance wrote changes at six of ten
places, a name of camel case at two or three.
"""

import re
from itertools import permutations
from string import ascii_lowercase, ascii_uppercase, digits

from chatloop.privacy.detector import Detector

_LEAST, _CHANGES, _WORDS = 2, 0.4, 2
_SHORT, _WORD = 4, 3
# Each sign as one of its class; what is neither letter nor digit goes.
_CLASS = {
    **dict.fromkeys(map(ord, "_+/~-=")),
    **str.maketrans(digits + ascii_uppercase + ascii_lowercase, "0" * 10 + "A" * 26 + "a" * 26),
}
_CHANGED = tuple(map("".join, permutations("0Aa", 2)))
_PART = re.compile(r"[A-Za-z0-9]+")


def worded(text: str) -> bool:
    """Whether it is words between dashes, as names in programs are: sk_order_items_2024."""
    parts = _PART.findall(text)
    words = [part for part in parts if part.isalpha() and part[1:].islower()]
    rest = [part for part in parts if part not in words]
    told = sum(len(word) >= _WORD for word in words) > _WORDS - 1
    return told and len(parts) > _WORDS and all(len(part) <= _SHORT for part in rest)


def _by_chance(text: str) -> int:
    kinds = text.translate(_CLASS)
    enough = all(kinds.count(one) >= _LEAST for one in "0Aa")
    changes = sum(map(kinds.count, _CHANGED)) if enough else 0
    return len(text) if enough and changes >= _CHANGES * len(kinds) else 0


# A path behind a host is none of these, nor is what was taken out.
OPAQUE = Detector(
    kind="secret",
    digits=2,
    shape="[A-Za-z0-9_+/~-]{24}",
    patterns=(re.compile(r"(?<![A-Za-z0-9_+/~.-])(?!_++\])[A-Za-z0-9_+/~-]{24,}+={0,2}"),),
    length=_by_chance,
    key=str,
)

_HEX, _UUID = "[0-9a-f]", "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
NAMED = Detector(
    kind="api_key",
    digits=2,
    shape=(
        "(?:glptt|pul|HRKU|FLWSECK|FLWSECK_TEST)-[0-9a-zA-Z]|lsv2_[ps][tk]_|sgp_[0-9a-f]"
        "|(?:shippo|rzp|duffel)_(?:live|test)_|sb_(?:secret|publishable)_|[0-9a-f]{32}-us[0-9]"
        "|(?:pat-[a-z]{2}[0-9]|access-(?:sandbox|development|production)|sdk)-[0-9a-f]{8}-"
        r"|(?:mfa|atlasv1|dt0[a-z][0-9]{2})\.[A-Za-z0-9]"
    ),
    patterns=(
        re.compile(
            r"(?<![A-Za-z0-9_-])(?:(?:glptt|pul|HRKU|FLWSECK|FLWSECK_TEST)-[0-9A-Za-z-]{20,}+"
            rf"|lsv2_[ps][tk]_{_HEX}{{20,64}}(?:_{_HEX}{{4,}}+)?|sgp_{_HEX}{{32,}}+"
            r"|(?:shippo|rzp|duffel)_(?:live|test)_[A-Za-z0-9_-]{14,}+"
            r"|sb_(?:secret|publishable)_[A-Za-z0-9_-]{20,}+"
            rf"|{_HEX}{{32}}-us[0-9]{{1,2}}(?![0-9])"
            r"|(?:pat-[a-z]{2}[0-9]|access-(?:sandbox|development|production)|sdk)-"
            rf"{_UUID}|(?:mfa|[A-Za-z0-9]{{14}}\.atlasv1|dt0[a-z][0-9]{{2}})\.[A-Za-z0-9_.-]{{24,}}+)"
        ),
    ),
    key=str,
)

# What a browser sends along: Authorization: Basic …, Cookie: sessionid=…
SENT = Detector(
    kind="api_key",
    words=("basic ", "session", "sid="),
    shape=r"(?i:basic [A-Za-z0-9+/]{8}|(?:session_?(?:id)?|sid)=[A-Za-z0-9._%-]{12})",
    patterns=(
        re.compile(r"(?i)authorization[\"']?[:=] ?[\"']?basic ([A-Za-z0-9+/]{8,}+={0,2})"),
        re.compile(r"(?i)(?:session_?(?:id)?|sid)=([A-Za-z0-9._%-]{12,}+)"),
    ),
    key=str,
)
