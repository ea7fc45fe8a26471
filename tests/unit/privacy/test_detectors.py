from collections.abc import Iterator
from itertools import pairwise
from re import _parser
from unittest.mock import patch

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatloop.privacy.detector import Detector
from chatloop.privacy.detectors import DETECTORS
from chatloop.privacy.finding import findings
from chatloop.privacy.kinds import KINDS
from chatloop.privacy.policy import NO_POLICY
from chatloop.privacy.suspecting import suspicion
from chatloop.privacy.suspecting.reading import found_in
from chatloop.privacy.suspecting.suspicion import suspicions

FOUND = {
    "email": [
        "anna.berg@example.org",
        "o'neil+shop@mail.example.co.uk",
        "jürgen@müller.de",
        "A_B-c@x.io",
    ],
    "phone": [
        "408-971-8523",
        "(408) 971-8523",
        "408.971.8523",
        "+1 408-971-8523",
        "+1 (408) 971-8523",
        "1-800-555-0199",
        "555-010-1234 ext. 12",
        "+442079460958",
        "+44 20 7946 0958",
        "+49 (0)30 1234567",
        "0049 30 12345678",
        "020 7946 0958",
        "(0161) 496 0000",
        "07700 900123",
        "07700900123",
        "030/12345678",
        "0171 1234567",
        "0711-123456-78",
        "01 23 45 67 89",
        "+33 1 23 45 67 89",
        "+254 787 657000",
    ],
    "card": [
        "4539 5787 6362 1486",
        "4539-5787-6362-1486",
        "4539578763621486",
        "3782 822463 10005",
        "3056 930902 5904",
        "2223003122003222",
    ],
    "iban": [
        "DE89 3704 0044 0532 0130 00",
        "DE89370400440532013000",
        "gb29 nwbk 6016 1331 9268 19",
        "NO9386011117947",
        "MT84MALT011000012345MTLCAST001S",
    ],
    "ipv4": ["192.168.10.42", "8.8.4.4", "203.0.113.255"],
    "ipv6": ["2001:db8::8a2e:370:7334", "2001:0db8:85a3:0000:0000:8a2e:0370:7334", "fe80::1"],
    "mac": ["00:1b:44:11:3a:b7", "00-1B-44-11-3A-B7", "001b.4411.3ab7"],
    "url_credentials": ["shop:hunter2", "a.b%40c:p!ss", ":secret"],
    "api_key": [
        "sk-proj-Ab3dEf6hIj9kLm2nOp5q",
        "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
        "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        "gho_16C7e42F292c6912E7710c838347Ae178B4a",
        "AKIAIOSFODNN7EXAMPLE",
        "xoxb-123456789012-abcdefABCDEF",
        "glpat-abcdEFGH1234ijklMNOP",
        "AIzaSyA1bC2dE3fG4hI5jK6lM7nO8pQ9rS0tU1v",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
    ],
    "us_ssn": ["536-22-8145", "078-05-1120"],
    "uk_nino": ["AB123456C", "AB 12 34 56 C", "QQ 12 34 56 C", "ab123456d"],
    "date_of_birth": [
        "04/03/1985",
        "1985-03-04",
        "4 March 1985",
        "4th of March 1985",
        "March 4, 1985",
        "Mar 4th 1985",
        "4.3.1985",
        "04/03/85",
    ],
    "secret": ["Tr0ub4dor&3", "sunshine", "9fKq2LmZx81TbVw0"],
    "cn_resident_id": ["11010519491231002X"],
    "fr_nir": ["1 85 05 78 006 084 91", "185057800608491"],
    "it_codice_fiscale": ["RSSMRA85T10A562S"],
    "es_dni": ["12345678Z", "X1234567L", "12.345.678-Z"],
    "de_tax_id": ["86 095 742 719"],
    "ch_ahv": ["756.9217.0769.85"],
    "be_rrn": ["85.07.30-033.28"],
    "br_cpf": ["529.982.247-25"],
    "fi_hetu": ["131052-308T"],
    "se_personnummer": ["811218-9876", "19811218-9876"],
    "pl_pesel": ["44051401359"],
    "nl_bsn": ["111222333"],
    "in_aadhaar": ["2341 2341 2346"],
    "ca_sin": ["046 454 286", "046-454-286"],
    "au_tfn": ["123 456 782"],
    "mx_curp": ["HEGG560427MVZRRL04"],
    "sg_nric": ["S1234567D"],
    "kr_rrn": ["850312-1234565"],
    "in_pan": ["ABCPE1234F"],
    "ie_pps": ["1234567T", "1234567FA"],
    "cl_rut": ["12.345.678-5"],
    "dk_cpr": ["170385-1009"],
    "no_fodselsnummer": ["130972 48022"],
    "za_id": ["800101 5009 087"],
    "tr_tckn": ["10000000146"],
    "at_svnr": ["1237 010180"],
    "pt_nif": ["123456789"],
    "uk_nhs": ["943 476 5919"],
    "passport": ["C01X00T47", "533401372"],
    "driving_licence": ["MORGA657054SM9IJ"],
    "postal_address": [
        "12 Baker Street, London NW1 6XE",
        "377 Santana Row #1000",
        "1435 163rd Avenue #23, San Leandro, CA 94578",
        "1016-1098 North Center Court Street",
        "Hauptstraße 5a, 10115 Berlin",
        "3 bis rue de la Paix, 75002 Paris",
        "Calle Mayor 12, 28013 Madrid",
        "Via Roma 5, 00184 Roma",
        "Keizersgracht 123, 1015 CJ Amsterdam",
        "ul. Długa 7/3, 00-238 Warszawa",
        "Rua Augusta, 1500",
        "P.O. Box 1234",
    ],
    "person": ["Peter Schmidt", "Maria Gonzalez", "Anna K. Berg"],
    "geo": [
        "52.5200, 13.4050",
        "-33.86882,151.20930",
        "48.8584 N, 2.2945 E",
        "40.748° N 73.985° W",
    ],
}
CONTEXT = {
    "url_credentials": "see postgres://{}@db.example.org/orders now",
    "date_of_birth": "I was born on {}.",
    "secret": "password: {}",
    "pl_pesel": "PESEL {}",
    "nl_bsn": "My BSN, as you asked, is {}.",
    "au_tfn": "tax file number {}",
    "tr_tckn": "T.C. Kimlik No: {}",
    "pt_nif": "o meu contribuinte é {}",
    "uk_nhs": "NHS number {}",
    "passport": "my passport number is {} ok",
}
EXAMPLES = [(kind, value) for kind, values in FOUND.items() for value in values]


def found(text: str) -> list[tuple[str, str]]:
    return [(d.kind, text[start:end]) for start, end, d in findings(text, DETECTORS)]


def test_every_kind_has_detectors_in_order_of_precedence_and_examples():
    assert tuple(dict.fromkeys(detector.kind for detector in DETECTORS)) == KINDS
    assert set(FOUND) == set(KINDS)


@pytest.mark.parametrize(("kind", "value"), EXAMPLES)
def test_a_value_is_found_whole_and_under_its_kind(kind, value):
    context = CONTEXT.get(kind, "Well: {}, thanks.")
    assert found(context.format(value)) == [(kind, value)]


@pytest.mark.parametrize(("kind", "value"), EXAMPLES)
def test_a_value_is_found_at_the_ends_of_a_text_and_in_brackets(kind, value):
    if kind not in CONTEXT:
        assert found(value) == found(f"({value})") == [(kind, value)]


@pytest.mark.parametrize(
    "text",
    [
        "My order #48213 and SO-482913, placed 2024-03-05 at 11:30.",
        "17193 of 312,250 turns; 1,299.00 euros or $23943.44, -20 %, 3.14159",
        "Open 10:00-18:30 and 0900 - 1730, from 05/03/2019 to 2019-04-06.",
        "flat 12-14 for $2,950, zip 95129-1234, 45 Park Lane hotel, 3 blocks down the road",
        "Order 4539578763621487 has no check digit; tracking 00340434161094042557",
        "ISBN 978-3-16-148410-0, article 4006381333931, invoice 2024-000123",
        "version 10.0.2.1 of v1.2.3.4, 127.0.0.1, 300.1.2.3, 1.2.3",
        "at 11:30:15 or std::vector or a::b, ratio 1:2:3",
        "born in 1985, my birthday party on 14 March, delivered on 4 March 1985",
        "see https://example.org:8080/a@b and http://user@host/x",
        "task-management-of-everything, sk-learn-is-not-a-secret-at-all",
        "size 36, 12.50, 13.99; 52.52, 13.40; it costs 100 200 or so",
        "AB123, GB123456A, EUR 1234567890, PO 0123456",
        "@anna wrote a@b, 5@home, me @ example.org",
        "call me at 11:30, call on 2019-03-05, phone order 482913",
        "[EMAIL_1] [PHONE_12] [DATE_OF_BIRTH_3] [URL_CREDENTIALS_1]",
    ],
)
def test_orders_prices_times_dates_and_streets_are_no_personal_data(text):
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("ftp://anna@example.org:pw@host", ["email"]),
        ("https://anna:pw@example.org/x", ["url_credentials"]),
        ("https://anna:ghp_16C7e42F292c6912E7710c838347Ae178B4a@example.org", ["url_credentials"]),
        ("Karte 4821 4539 5787 6362 1486", ["card"]),
        ("4539 5787 6362 1486 12/27", ["card"]),
        ("DE89 3704 0044 0532 0130 00 OK", ["iban"]),
        ("::ffff:203.0.113.9", ["ipv4"]),
        ("+44 20 7946 0958 or 408-971-8523", ["phone", "phone"]),
        ("done.415-431-5000 is it", ["phone"]),
        ("my ssn is 536 22 8145", ["us_ssn"]),
        ("tel: 4089718523; their number is 20 7071 5029", ["phone", "phone"]),
        ("DOB: 1985-03-04, geboren am 4.3.1985", ["date_of_birth", "date_of_birth"]),
        ("a@b.co+14089718523", ["email", "phone"]),
    ],
)
def test_overlaps_and_context_are_resolved(text, kinds):
    assert [kind for kind, _ in found(text)] == kinds


# Fragments that build values, half values and their surroundings.
PIECES = st.sampled_from(
    [
        *(value for _, value in EXAMPLES),
        *("born ", "://", "@", ":", "-", " ", ".", "+", "1", "555", "call ", "0", "ab"),
        *("[EMAIL_1]", "(", ")", "\n", "é", "ssn "),
    ]
)
TEXTS = st.lists(st.one_of(PIECES, st.text(max_size=3)), max_size=12).map("".join)


@settings(max_examples=5, deadline=None)
@given(texts=st.lists(TEXTS, min_size=60, max_size=100))
def test_what_a_pattern_finds_its_suspicion_suspects(texts):
    with patch.object(suspicion, "_FEW", 0):
        (suspected,) = suspicions(pl.Series(texts), [DETECTORS])
    for row, text in enumerate(texts):
        for detector in DETECTORS:
            assert not detector.spans(text) or detector in suspected.get(row, []), detector.kind


@settings(max_examples=5, deadline=None)
@given(texts=st.lists(TEXTS, min_size=30, max_size=60))
def test_of_many_texts_nothing_is_lost_that_every_detector_finds_in_each(texts):
    each = [findings(text, DETECTORS) for text in texts]
    every = found_in(pl.Series(texts), DETECTORS, NO_POLICY)
    assert [every.get(row, []) for row in range(len(texts))] == each


@settings(max_examples=200, deadline=None)
@given(text=TEXTS)
def test_findings_are_in_order_and_do_not_overlap(text):
    spans = [(start, end) for start, end, _ in findings(text, DETECTORS)]
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))


@pytest.mark.parametrize(
    "unit",
    [
        *("a", "1", "1 ", "1-", "0", "a@", "@", "a.", "a@a.", ":", "a:", "1:", "://a:", "+", "("),
        *("sk-", "sk-a", "eyJ", "xoxb-", "born ", "call ", "phone is ", "1.", "1.2.3.4.", " "),
        *("DE89 ", "4539 ", "4539578763621487 ", "52.520, ", "ab 12 ", "http://", "01 23 "),
        "x" * 63 + ".",
    ],
)
def test_hostile_text_takes_no_more_than_linear_time(unit):
    """Exponential time would be hours for each of these, so that their end is the proof."""
    found("@" + unit * (8_000 // len(unit)) + " x")


class Counted:
    """A detector that counts the characters that it is given to read."""

    def __init__(self, detector: Detector) -> None:
        self.detector, self.kind, self.key, self.read = detector, detector.kind, detector.key, 0
        self.patterns, self.enough = detector.patterns, detector.enough

    def take(self, text: str) -> tuple[str, list[tuple[int, int]]]:
        self.read += len(text)
        return self.detector.take(text)


@pytest.mark.parametrize("unit", ["00000000T-", "+49 151 23456789", "Maria Gonzalez/"])
def test_values_that_hide_one_behind_the_other_are_all_found_in_linear_work(unit):
    work = []
    for times in (1_600, 3_200):
        counted = [
            Counted(d) for d in DETECTORS if d.kind in ("es_dni", "phone", "person") and not d.words
        ]
        assert len(findings(unit * times, counted)) == times
        work.append(sum(one.read for one in counted))
    assert work[1] < 2.2 * work[0]


def test_every_repetition_in_a_pattern_is_bounded_or_possessive():
    for detector in DETECTORS:
        for pattern in detector.patterns:
            assert not list(open_repeats(_parser.parse(pattern.pattern))), pattern.pattern


def open_repeats(tree: object) -> Iterator[object]:
    """Repetitions without an end that may give characters back."""
    match tree:
        case (_parser.MAX_REPEAT | _parser.MIN_REPEAT, (_, _parser.MAXREPEAT, _)):
            yield tree
    if isinstance(tree, tuple | list | _parser.SubPattern):
        for branch in tree:
            yield from open_repeats(branch)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("my card 4539\u00a05787\u00a06362\u00a01486", ["card"]),
        ("here is my BSN\n111222333", ["nl_bsn"]),
        ("codice fiscale RSS MRA 85T10 A562S", ["it_codice_fiscale"]),
        ("my social is 536 22 8145", ["us_ssn"]),
        ("social media had 536228145 readers and more", []),
        ("born 23 Jul '90", ["date_of_birth"]),
        ("geb. 4.3.1985", ["date_of_birth"]),
        ("nasci em 4 de março de 1985", ["date_of_birth"]),
        ("D.O.B:\n1985-03-04", ["date_of_birth"]),
        ("gsk_" + "a1B2" * 13, ["api_key"]),
        ("hvs." + "a1B2" * 22, ["api_key"]),
        ("hf_" + "aBcDeF" * 6, ["api_key"]),
        ("dapi" + "0a1b" * 8, ["api_key"]),
        ("12345678:AA" + "a1B" * 11, ["api_key"]),
        ("postgresql+psycopg2://ci:s3cret@db/x", ["url_credentials"]),
        ("API_SECRET=wie1wv3Pq8M3sFrJKKwKCoxF", ["secret"]),
        ("the CVV on the back is 540", ["secret"]),
        ("verification code 2512", ["secret"]),
        ("PIN is required at 1800", []),
        ("DB_PASSWORD='maple-copper-58'", ["secret"]),
        ("DL# S471-758-91-450-8", ["driving_licence"]),
        ("My driving licence expired in 2020", []),
        ("N 37° 32.113 E 121° 40.930", ["geo"]),
        ("POINT(149.15331 -46.73638)", ["geo"]),
        ("mi teléfono es (11) 98947-9847", ["phone"]),
        ("Tel: 0171 / 8979729", ["phone"]),
        ("Blk 895 Ang Mo Kio Ave 3 #08-123, Singapore 560123", ["postal_address"]),
        ("ул. Ленина, д. 33, кв. 15", ["postal_address"]),
        ("北京市朝阳区建国路71号", ["postal_address"]),
        ("Atatürk Caddesi No: 88, 34710 Kadıköy", ["postal_address"]),
        ("This is Yifan Zhang speaking.", ["person"]),
        ("Hi, I'm JOSÉ RUIZ and I need help", ["person"]),
        ("hi my name is joost de vries and i need a taxi", ["person"]),
        ("Meine Kollegin Åsa Lindqvist hat angerufen.", ["person"]),
        ("Thanks!\n\nLinnea F. Åkerström", ["person"]),
        ("Play songs by Ben Harper", []),
        ("a taxi to John Wayne Airport", []),
    ],
)
def test_what_people_write_is_found_and_what_looks_alike_stays(text, kinds):
    assert [kind for kind, _ in found(text)] == kinds
