"""What of a planted value is left in a redacted turn: whoever reads that knows too much.

url_credentials  https://ana:s3cret@host/x    where it leads may stay
ipv4             10.0.0.7:8080                so may a port
postal_address   Lindenweg 4, 10827 Berlin    and a town without street, number and code
"""

import re

_PLACEHOLDER = re.compile(r"\[[A-Z0-9_]+_[0-9]+\]")
_WORD = re.compile(r"[^\W_]+")

_DATES = ("english", "spanish", "portuguese")


def _core(maker: str, value: str) -> str:
    """The part of a value that must go."""
    if maker == "url_credentials":
        return re.sub(r"^[^:]+://|@[^@]*$", "", value)
    if maker == "geo":
        return " ".join(re.findall(r"[0-9]+\.[0-9]+", value))
    if maker in ("ipv4", "ipv6"):
        value = value.removeprefix("::ffff:")  # an address of the old kind follows
        return (
            re.sub(r"^\[|\]:[0-9]+$|[/%].*$", "", value).partition(":8080")[0].removesuffix(":22")
        )
    if maker == "postal_address":
        first, *rest = re.split(",", value)
        return " ".join([first, *re.findall(r"\S*[0-9]\S*", " ".join(rest))])
    return re.sub(r"\b(?:de|of)\b", "", value) if maker in _DATES else value


def leaked(maker: str, value: str, carrier: str, left: str) -> list[str]:
    """Words of the value, of two signs and more, that are left and are not of the sentence."""
    core = _core(maker, value)
    words = {word for word in _WORD.findall(core) if len(word) > 1}
    beside = value.replace(core, " ") if core in value else ""
    around = set(_WORD.findall(carrier)) | set(_WORD.findall(beside))
    kept = set(_WORD.findall(_PLACEHOLDER.sub(" ", left))) - around
    return sorted(words & kept)
