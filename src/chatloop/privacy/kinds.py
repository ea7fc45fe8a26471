"""The kinds of personal data, named as in `clean.redact`; the order is the order of precedence.

Where two kinds claim the same characters the earlier one gets them: a password in a URL is no
e-mail address, a bank account is no card, a card is no phone number.
"""

from typing import Literal, get_args

Kind = Literal[
    "url_credentials",
    "api_key",
    "secret",
    "email",
    "iban",
    "cn_resident_id",
    "fr_nir",
    "card",
    "mac",
    "ipv6",
    "ipv4",
    "us_ssn",
    "uk_nino",
    "it_codice_fiscale",
    "es_dni",
    "de_tax_id",
    "ch_ahv",
    "be_rrn",
    "br_cpf",
    "fi_hetu",
    "se_personnummer",
    "pl_pesel",
    "nl_bsn",
    "in_aadhaar",
    "au_tfn",
    "ca_sin",
    "mx_curp",
    "sg_nric",
    "kr_rrn",
    "in_pan",
    "ie_pps",
    "cl_rut",
    "dk_cpr",
    "no_fodselsnummer",
    "za_id",
    "tr_tckn",
    "at_svnr",
    "pt_nif",
    "uk_nhs",
    "passport",
    "driving_licence",
    "date_of_birth",
    "geo",
    "phone",
    "postal_address",
    "person",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
