"""A planted set that does not know the patterns: values from specifications, sentences from chats.

    for text, value, kind in planted(seed=1, count=60): …

Thirty and more kinds; of each, seeded values in at least a dozen sentences. `negatives` has lines in
which nothing is personal; `wrong` makes numbers like the real ones whose checksum does not hold.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from benchmarks.planted import (
    homes,
    national,
    national_more,
    network,
    numbers,
    people,
)
from benchmarks.planted.carriers import SENTENCES

Maker = Callable[[Random], str]
# Found by lists and shapes of speech, not by a format.
NAMED = ("postal_address", "person")


@dataclass(frozen=True)
class Planted:
    """One value in one sentence; `kind` is where it belongs, `maker` what made it."""

    kind: str
    maker: str
    value: str
    text: str


@dataclass(frozen=True)
class Plan:
    """Who makes the values of a kind, and the sentences that carry them."""

    kind: str
    maker: str
    make: Maker
    carriers: tuple[str, ...]


def named(*names: str) -> tuple[str, ...]:
    """The sentences with a label, each with one of the names in turn."""
    return tuple(
        line.replace("{n}", names[place % len(names)])
        for place, line in enumerate(SENTENCES["labelled"])
    )


ANY = SENTENCES["anywhere"]
CARD_SAYS = named("card", "credit card", "Visa", "debit card number", "card number", "Kreditkarte")
# What the number is called: an official name, a short one, one in English.
SPEAKING = {
    "cn_resident_id": (national.cn_resident_id, ("resident ID", "身份证号", "ID card", "身份证")),
    "fr_nir": (national.fr_nir, ("NIR", "numéro de sécurité sociale", "sécu", "social security")),
    "it_codice_fiscale": (national.it_codice_fiscale, ("codice fiscale", "CF", "tax code")),
    "es_dni": (national.es_dni, ("DNI", "NIE", "NIF", "dni")),
    "ch_ahv": (national.ch_ahv, ("AHV-Nummer", "AHV", "numéro AVS", "social security")),
    "fi_hetu": (national.fi_hetu, ("henkilötunnus", "hetu", "personal identity code")),
}
LABEL_ONLY = {
    "de_tax_id": (national.de_tax_id, ("Steuer-ID", "steuerliche Identifikationsnummer", "IdNr")),
    "be_rrn": (national.be_rrn, ("rijksregisternummer", "numéro national", "national register")),
    "br_cpf": (national.br_cpf, ("CPF", "cpf", "número do CPF")),
    "se_personnummer": (
        national.se_personnummer,
        ("personnummer", "Personnummer", "personal number"),
    ),
    "in_aadhaar": (national.in_aadhaar, ("Aadhaar", "aadhar", "Aadhaar card", "UIDAI")),
    "ca_sin": (national.ca_sin, ("SIN", "social insurance", "sin")),
    "pl_pesel": (national.pl_pesel, ("PESEL", "pesel", "numer PESEL")),
    "nl_bsn": (national.nl_bsn, ("BSN", "burgerservicenummer", "bsn")),
    "au_tfn": (national.au_tfn, ("TFN", "tax file number", "tax file")),
    "us_ssn": (national.us_ssn, ("SSN", "social security", "social", "ssn")),
    "uk_nino": (national.uk_nino, ("NI", "National Insurance", "NINO", "national insurance")),
}
MORE = {
    "dk_cpr": (national_more.dk_cpr, ("CPR", "CPR-nummer", "personnummer")),
    "no_fodselsnummer": (national_more.no_fodselsnummer, ("fødselsnummer", "personnummer")),
    "sg_nric": (national_more.sg_nric, ("NRIC", "FIN", "nric")),
    "kr_rrn": (national_more.kr_rrn, ("주민등록번호", "resident registration", "RRN")),
    "mx_curp": (national_more.mx_curp, ("CURP", "curp")),
    "in_pan": (national_more.in_pan, ("PAN", "PAN card", "pan card")),
    "uk_nhs": (national_more.uk_nhs, ("NHS", "NHS number", "nhs")),
    "ie_pps": (national_more.ie_pps, ("PPS", "PPSN", "pps")),
    "za_id": (national_more.za_id, ("SA ID", "ID", "identity")),
    "tr_tckn": (national_more.tr_tckn, ("TC kimlik", "T.C. Kimlik No", "kimlik")),
    "pt_nif": (national_more.pt_nif, ("NIF", "contribuinte", "número de contribuinte")),
    "cl_rut": (national_more.cl_rut, ("RUT", "RUN", "rut")),
    "at_svnr": (national_more.at_svnr, ("SVNR", "Sozialversicherungsnummer", "SV-Nummer")),
}
BIRTHS = {
    "numbers": (people.number_date, "birth"),
    "english": (people.english_date, "birth"),
    "german": (people.german_date, "german_birth"),
    "french": (people.french_date, "french_birth"),
    "spanish": (people.spanish_date, "spanish_birth"),
    "italian": (people.italian_date, "italian_birth"),
    "portuguese": (people.portuguese_date, "portuguese_birth"),
    "dutch": (people.dutch_date, "dutch_birth"),
}
OTHERS = (
    ("url_credentials", "url_credentials", network.url_credentials, "urls"),
    ("api_key", "api_key", network.api_key, "keys"),
    ("secret", "password", network.password, "passwords"),
    ("secret", "pin", network.pin, "pins"),
    ("secret", "cvv", network.cvv, "cvvs"),
    ("secret", "token", network.token, "tokens"),
    ("secret", "plain", network.plain, "passwords"),
    ("passport", "passport", numbers.passport, "passports"),
    ("driving_licence", "driving_licence", numbers.driving_licence, "licences"),
    ("geo", "geo", people.geo, "places"),
    ("phone", "phone", numbers.phone, "calls"),
    ("postal_address", "postal_address", homes.postal_address, "homes"),
    ("person", "full", people.full_name, "names_full"),
    ("person", "first", people.first_name, "names_first"),
    ("person", "surname", people.surname, "names_last"),
    ("person", "lower", people.low_name, "names_low"),
    ("person", "capitals", people.capital_name, "names_full"),
)


def plans() -> list[Plan]:
    """Every maker with its sentences."""
    free = [
        *[(kind, getattr(network, kind)) for kind in ("email", "ipv4", "ipv6", "mac")],
        *[("card", numbers.card), ("iban", numbers.iban)],
    ]
    extra = {"card": CARD_SAYS, "iban": named("IBAN", "account", "bank account", "Konto")}
    return [
        *(Plan(kind, kind, make, ANY + extra.get(kind, ())) for kind, make in free),
        *(Plan(k, k, make, ANY + named(*names)) for k, (make, names) in SPEAKING.items()),
        *(Plan(k, k, make, named(*names)) for k, (make, names) in LABEL_ONLY.items()),
        *(Plan(k, k, make, named(*names)) for k, (make, names) in MORE.items()),
        *(Plan("date_of_birth", k, make, SENTENCES[says]) for k, (make, says) in BIRTHS.items()),
        *(Plan(kind, maker, make, SENTENCES[says]) for kind, maker, make, says in OTHERS),
    ]


def planted(seed: int, count: int = 60) -> Iterator[Planted]:
    """`count` values of every maker, each sentence of it in turn."""
    for plan in plans():
        random = Random(f"{seed} {plan.kind} {plan.maker}")
        for place in range(count):
            value = plan.make(random)
            text = plan.carriers[place % len(plan.carriers)].replace("{v}", value)
            yield Planted(plan.kind, plan.maker, value, text)
