"""Personal data: as many values of each kind as promised, each of them valid, and none elsewhere."""

import random
import re
from collections import Counter
from ipaddress import ip_address, ip_network

import pytest

from chatloop.corpus.papers import PAPERS
from chatloop.corpus.personal import PERSONAL
from chatloop.privacy.detectors import DETECTORS
from chatloop.privacy.finding import findings

MAKERS = {**PERSONAL, **PAPERS}
NAMED = {
    "pl_pesel": "PESEL",
    "nl_bsn": "BSN",
    "pt_nif": "NIF",
    "uk_nhs": "NHS",
    "passport": "passport",
}
NAMED |= {"secret": "password:", "person": "my name is"}

KINDS = {
    "api_key",
    "card",
    "date_of_birth",
    "email",
    "geo",
    "iban",
    "ipv4",
    "ipv6",
    "mac",
    "phone",
    "uk_nino",
    "url_credentials",
    "us_ssn",
    *PAPERS,
}


def passes_luhn(number):
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def passes_mod97(iban):
    number = "".join(str(ord(c) - 55) if c.isalpha() else c for c in iban[4:] + iban[:4])
    return int(number) % 97 == 1


VALID = {
    "api_key": lambda v: re.fullmatch(
        r"sk-[A-Za-z0-9]{48}|ghp_[A-Za-z0-9]{36}|AKIA[A-Z0-9]{16}", v
    ),
    "card": lambda v: (
        len(re.sub(r"[ -]", "", v)) in (14, 15, 16) and passes_luhn(re.sub("[ -]", "", v))
    ),
    "date_of_birth": lambda v: re.fullmatch(
        r"\d\d/\d\d/\d{4}|\d\d\.\d\d\.\d{4}|\d{4}-\d\d-\d\d|\d{1,2} [A-Z][a-z]+ \d{4}", v
    ),
    "email": lambda v: re.fullmatch(r"[a-z0-9.+]+@example\.(com|org|net)", v),
    "geo": lambda v: re.fullmatch(r"\d\d\.\d{4,6},? ?-?\d{1,2}\.\d{4,6}", v),
    "iban": lambda v: passes_mod97(v.replace(" ", "")),
    "ipv4": lambda v: any(
        ip_address(v) in ip_network(n)
        for n in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")
    ),
    "ipv6": lambda v: ip_address(v) in ip_network("2001:db8::/32"),
    "mac": lambda v: re.fullmatch(r"(?i)(02|00)([:-][0-9a-f]{2}){5}", v),
    "phone": lambda v: 10 <= len(re.sub(r"\D", "", v)) <= 13,
    "uk_nino": lambda v: re.fullmatch(
        r"(?!BG|GB)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?(\d\d ?){3}[A-D]", v
    ),
    "url_credentials": lambda v: re.fullmatch(
        r"(https|ftp|sftp)://[a-z]+:[a-z0-9]+@example\.(com|org|net)/[a-z/1]+", v
    ),
    "us_ssn": lambda v: re.fullmatch(r"(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}", v),
}


VALID |= {kind: lambda v, kind=kind: found(kind, v) == [(kind, v)] for kind in PAPERS}


def found(kind, value):
    """What detectors, checksums included, make of a value beside its name."""
    text = f"{NAMED.get(kind, 'it is')} {value}"
    return [(detector.kind, text[a:b]) for a, b, detector in findings(text, DETECTORS)]


@pytest.mark.parametrize(("size", "count"), [("corpus", 18), ("small", 1)])
def test_each_of_more_than_twenty_kinds_is_planted_so_often(size, count, request):
    assert len(KINDS) > 20
    data = request.getfixturevalue(size).personal_data
    assert {kind: len(pairs) for kind, pairs in data.items()} == dict.fromkeys(KINDS, count)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_values_are_valid_and_varied(kind):
    values = {MAKERS[kind](random.Random(seed)) for seed in range(200)}
    assert len(values) > 100
    assert [value for value in values if not VALID[kind](value)] == []


def test_a_value_stands_in_what_the_customer_wrote(corpus):
    records = {record["id"]: record["messages"] for record in corpus.records}
    repeated = 0
    for pairs in corpus.personal_data.values():
        assert list(pairs) == sorted(pairs)
        for at, value in pairs:
            roles = {m["role"] for m in records[at] if value in m["content"]}
            assert "user" in roles
            repeated += "assistant" in roles
    assert 100 <= repeated <= 240


def test_a_record_has_one_or_two_values_and_no_defect(corpus):
    carried = Counter(at for pairs in corpus.personal_data.values() for at, _ in pairs)
    assert set(carried.values()) == {1, 2}
    assert not set(carried) & {at for ids in corpus.planted.values() for at in ids}


def test_cards_ibans_and_phones_come_in_several_shapes(corpus):
    shapes = {
        kind: {re.sub(r"\d", "9", value) for _, value in corpus.personal_data[kind]}
        for kind in ("card", "phone", "iban")
    }
    assert min(map(len, shapes.values())) >= 6
    assert len({value[:2] for _, value in corpus.personal_data["iban"]}) >= 5


def test_other_records_hold_nothing_that_looks_personal(impersonal):
    suspicious = re.compile(
        r"@|://|\d{7}|\d[ -]\d{3}|\d\.\d{3}|(?:[0-9a-fA-F]{2}[:-]){3}|\d+\.\d+\.\d+|\bborn\b"
        r"|\b[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b"
    )
    for record in impersonal:
        for message in record["messages"]:
            assert not suspicious.search(message["content"]), message["content"]
