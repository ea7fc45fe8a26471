import pytest

from chatloop.privacy.checksums import luhn, mod97


@pytest.mark.parametrize(
    "number", ["4539578763621486", "378282246310005", "30569309025904", "6011111111111117"]
)
def test_luhn_holds_for_a_card_and_for_no_card_with_one_digit_changed(number):
    assert luhn(number)
    for place, digit in enumerate(number):
        wrong = str((int(digit) + 1) % 10)
        assert not luhn(number[:place] + wrong + number[place + 1 :])


@pytest.mark.parametrize(
    "iban", ["DE89370400440532013000", "GB29NWBK60161331926819", "MT84MALT011000012345MTLCAST001S"]
)
def test_mod97_holds_for_an_account_and_for_none_with_two_digits_swapped(iban):
    assert mod97(iban)
    swapped = iban[:2] + iban[3] + iban[2] + iban[4:]
    assert not mod97(swapped)
