"""National numbers: those of the registrars' own examples are found, one digit off they stay."""

import pytest

from chatloop.privacy.detectors import DETECTORS
from chatloop.privacy.finding import findings

# Kind: what it is called, numbers that speak for themselves, numbers that need the word.
NUMBERS = {
    "mx_curp": ("CURP", ["HEGG560427MVZRRL04"], []),
    "sg_nric": ("NRIC", ["S1234567D", "s1234567d", "F1234567N", "T1234567J"], ["S 1234567 D"]),
    "kr_rrn": ("주민등록번호는", ["850312-1234565"], ["8503121234565"]),
    "in_pan": ("PAN", ["ABCPE1234F"], ["ABCTE1234F"]),
    "ie_pps": ("PPS", ["1234567T", "1234567FA"], ["1234567 T"]),
    "cl_rut": ("RUT", ["12.345.678-5", "10.000.013-K"], ["12345678-5", "123456785"]),
    "dk_cpr": ("CPR-nummer", ["170385-1009"], ["1703851009", "170385 1009"]),
    "no_fodselsnummer": ("fødselsnummer", ["130972 48022"], ["13097248022", "53097248016"]),
    "za_id": ("identity number", ["800101 5009 087"], ["8001015009087"]),
    "tr_tckn": ("T.C. Kimlik No", [], ["10000000146"]),
    "at_svnr": ("SVNR", ["1237 010180"], ["1237010180"]),
    "pt_nif": ("contribuinte", [], ["123456789", "123 456 789"]),
    "uk_nhs": ("NHS number", [], ["943 476 5919", "9434765919", "943-476-5919"]),
}
OWN = [(kind, number) for kind, (_, own, _) in NUMBERS.items() for number in own]
LOOSE = [(kind, number) for kind, (_, _, loose) in NUMBERS.items() for number in loose]
# These have no check digit that anyone could ask, or none beside their word.
UNCHECKED = {"in_pan", "dk_cpr", "kr_rrn"}


def kinds(text: str) -> list[str]:
    return [detector.kind for _, _, detector in findings(text, DETECTORS)]


def off_by_one(number: str) -> str:
    """The number with its last digit moved on by one."""
    at = max(place for place, sign in enumerate(number) if sign.isdecimal())
    return f"{number[:at]}{(int(number[at]) + 1) % 10}{number[at + 1 :]}"


@pytest.mark.parametrize(("kind", "number"), OWN)
@pytest.mark.parametrize("around", ["{}", "it is {}, ok?", "({})", "<{}>\nand more", "“{}”"])
def test_a_number_that_speaks_for_itself_is_found_anywhere(kind, number, around):
    assert kinds(around.format(number)) == [kind]


@pytest.mark.parametrize(("kind", "number"), OWN + LOOSE)
def test_a_number_is_found_behind_its_name_and_before_it(kind, number):
    name = NUMBERS[kind][0]
    assert kinds(f"{name}: {number}") == [kind]
    assert kinds(f"My {name}, as you asked, it's {number}.") == [kind]
    assert kinds(f"{number} ({name})") == [kind]


@pytest.mark.parametrize(("kind", "number"), LOOSE)
def test_a_bare_number_without_its_name_is_not_taken_for_one(kind, number):
    assert kind not in kinds(f"order {number} was shipped")


@pytest.mark.parametrize(("kind", "number"), [one for one in OWN if one[0] != "in_pan"])
def test_a_number_whose_check_digit_is_broken_is_none(kind, number):
    assert kind not in kinds(f"Part {off_by_one(number)} is out of stock")


@pytest.mark.parametrize(("kind", "number"), OWN + LOOSE)
def test_a_broken_check_digit_is_none_even_beside_the_name(kind, number):
    if kind not in UNCHECKED:
        assert kind not in kinds(f"{NUMBERS[kind][0]}: {off_by_one(number)}")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("CPR 310285-1009", "dk_cpr"),  # the 31st of February
        ("fødselsnummer 31027248022", "no_fodselsnummer"),
        ("RRN 851312-1234565", "kr_rrn"),
        ("CURP HEGG561327MVZRRL04", "mx_curp"),
        ("SVNR 1237 320180", "at_svnr"),
        ("identity number 8013015009087", "za_id"),
        ("NIF 501964843", "pt_nif"),  # a company's
        ("ABCCE1234F", "in_pan"),  # a company's
    ],
)
def test_what_no_person_can_have_is_none(text, kind):
    assert kind not in kinds(text)


def test_without_a_check_digit_since_2007_and_2020_the_name_and_a_birthday_are_enough():
    assert kinds("my CPR is 170385-1008") == ["dk_cpr"]
    assert kinds("RRN 850312-1234566") == ["kr_rrn"]


@pytest.mark.parametrize(
    "text",
    [
        "Order 170385-1008, 12345678-4 and 1234567U; part S1234567E",
        "I can run 12345 steps; the PAN pizza is 12.50, tax code 2024",
        "ID 482913 of 2024-03-05, identity 17, SV 1860 München, TC 12",
        "NHS waiting list 18 weeks; CHI 20.5; RUT 2,345",
    ],
)
def test_orders_parts_and_prices_are_none(text):
    assert kinds(text) == []
