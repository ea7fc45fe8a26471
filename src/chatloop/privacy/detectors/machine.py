"""Where a person's machine is found: mac, ipv6, ipv4.

    00:1b:44:11:3a:b7  →  [MAC_1]          2001:db8::8a2e:370:7334  →  [IPV6_1]

Numbers of a version and times of the day look alike; context and shape keep them out.
"""

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from chatloop.privacy.detector import Detector, alphanumeric
from chatloop.privacy.suspecting.leading import led

_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})"
_HEX = "[0-9A-Fa-f]"


def _ipv4_length(text: str) -> int:
    """Every machine calls itself 127.0.0.1, 0.0.0.0 is nobody and 255.255.255.0 a mask."""
    try:
        address = IPv4Address(text)
    except AddressValueError:  # a leading zero
        return len(text)
    if address.is_loopback or address.is_unspecified or text.startswith("255.255."):
        return 0
    return len(text)


def _ipv6_length(text: str) -> int:
    """A group of four with a digit keeps `a::b` of a program and 11:30:15 of a clock out."""
    if not any(len(group) == 4 for group in text.split(":")):  # noqa: PLR2004
        return 0
    try:
        IPv6Address(text)
    except AddressValueError:
        return 0
    return len(text) if any(map(str.isdigit, text)) else 0


def _ipv6_key(text: str) -> str:
    """One address has many spellings; what the user allows may be no address at all."""
    try:
        return IPv6Address(text).compressed
    except AddressValueError:
        return text.casefold()


MAC = Detector(
    kind="mac",
    digits=1,
    shape=rf"{_HEX}{{2}}[:-]{_HEX}{{2}}[:-]{_HEX}{{2}}[:-]|{_HEX}{{4}}\.{_HEX}{{4}}\.{_HEX}{{4}}",
    patterns=(
        re.compile(
            led(
                "[:-]",
                rf"(?<![\w:-])(?:{_HEX}{{2}}(?::{_HEX}{{2}}){{5}}|{_HEX}{{2}}(?:-{_HEX}{{2}}){{5}})"
                rf"(?!\w|[:-]{_HEX})",
                2,
            )
        ),
        re.compile(
            led(
                r"\.",
                rf"(?<![\w:-])(?=[0-9.]{{0,13}}+[A-Fa-f]){_HEX}{{4}}\.{_HEX}{{4}}\.{_HEX}{{4}}"
                rf"(?!\w|[:-]{_HEX})",
                4,
            )
        ),
    ),
    key=alphanumeric,
)

IPV6 = Detector(
    kind="ipv6",
    digits=1,
    shape=rf":{_HEX}{{0,4}}:",
    patterns=(
        re.compile(
            led(
                "[0-9A-Fa-f:]",
                rf"(?<!\w)(?:{_HEX}{{0,4}}:){{2,7}}{_HEX}{{0,4}}(?![\w:]|\.[0-9])",
            )
        ),
    ),
    sure=re.compile(rf":{_HEX}{{0,4}}:").search,
    length=_ipv6_length,
    key=_ipv6_key,
)

IPV4 = Detector(
    kind="ipv4",
    digits=4,
    shape=r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]",
    patterns=(
        re.compile(
            led(
                "[0-9]",
                r"(?<![\w.§])(?<!ersion )(?<!irmware )(?<!elease )(?<!ection )(?<!hapter )"
                r"(?<!lause )(?<!§ )(?<!aragraph )"
                rf"(?:{_OCTET}\.){{3}}{_OCTET}(?!\w|\.[0-9])",
            )
        ),
    ),
    length=_ipv4_length,
)
