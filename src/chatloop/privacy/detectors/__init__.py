"""The detectors of every kind, in the order of precedence that `kinds` gives."""

from chatloop.privacy.detector import Detector
from chatloop.privacy.detectors.account import CARD, IBAN
from chatloop.privacy.detectors.address import POSTAL_ADDRESS
from chatloop.privacy.detectors.contact import EMAIL, PHONE, SPELT_EMAIL
from chatloop.privacy.detectors.identity import (
    DATE_OF_BIRTH,
    DRIVING_LICENCE,
    GB_LICENCE,
    GEO,
    GEO_DEGREES,
    PASSPORT,
)
from chatloop.privacy.detectors.keys import NAMED, OPAQUE, SENT
from chatloop.privacy.detectors.machine import IPV4, IPV6, MAC
from chatloop.privacy.detectors.person import PERSON
from chatloop.privacy.detectors.secrets import API_KEY, BOT_KEY, KEY, PASSWORD, PIN, URL_CREDENTIALS
from chatloop.privacy.kinds import KINDS
from chatloop.privacy.national import NATIONAL

_ALL = (
    *(
        URL_CREDENTIALS,
        API_KEY,
        BOT_KEY,
        NAMED,
        SENT,
        PASSWORD,
        PIN,
        KEY,
        OPAQUE,
        EMAIL,
        SPELT_EMAIL,
        IBAN,
        CARD,
        MAC,
        IPV6,
        IPV4,
    ),
    *NATIONAL,
    *(PASSPORT, DRIVING_LICENCE, GB_LICENCE, DATE_OF_BIRTH, GEO, GEO_DEGREES, PHONE),
    *POSTAL_ADDRESS,
    *PERSON,
)
# A kind may have several detectors; they stand together.
DETECTORS: tuple[Detector, ...] = tuple(sorted(_ALL, key=lambda one: KINDS.index(one.kind)))
