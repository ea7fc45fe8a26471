"""The kinds of personal data, named as in `clean.redact`; the order is the order of precedence.

Where two kinds claim the same characters the earlier one gets them: a password in a URL is no
e-mail address, a bank account is no card, a card is no phone number.
"""

from typing import Literal, get_args

Kind = Literal[
    "url_credentials",
    "api_key",
    "email",
    "iban",
    "card",
    "mac",
    "ipv6",
    "ipv4",
    "us_ssn",
    "uk_nino",
    "date_of_birth",
    "geo",
    "phone",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
