"""Numbers that states give to people; each kind is named by its country's ISO 3166 code."""

from chatloop.privacy.national.europe import (
    BE_RRN,
    CH_AHV,
    DE_TAX_ID,
    ES_DNI,
    FI_HETU,
    FR_NIR,
    IT_CODICE_FISCALE,
    NL_BSN,
    PL_PESEL,
    SE_PERSONNUMMER,
    UK_NINO,
)
from chatloop.privacy.national.world import (
    AU_TFN,
    BR_CPF,
    CA_SIN,
    CN_RESIDENT_ID,
    IN_AADHAAR,
    US_SSN,
)

NATIONAL = (
    *CN_RESIDENT_ID,
    *FR_NIR,
    *US_SSN,
    *UK_NINO,
    *IT_CODICE_FISCALE,
    *ES_DNI,
    *DE_TAX_ID,
    *CH_AHV,
    *BE_RRN,
    *BR_CPF,
    *FI_HETU,
    *SE_PERSONNUMMER,
    *PL_PESEL,
    *NL_BSN,
    *IN_AADHAAR,
    *CA_SIN,
    *AU_TFN,
)
