r"""What opens a door: url_credentials, api_key, secret.

    postgres://shop:hunter2@db/orders  →  postgres://[URL_CREDENTIALS_1]@db/orders
    sk-proj-Ab3dEf6hIj9kLm2n           →  [API_KEY_1]
    password: hunter2                  →  password: [SECRET_1]

Of a URL only user and password go; where it leads may matter to the answer. A key without a
well-known prefix shows in what it is beside and in how random it looks.
"""

import re
from collections import Counter
from math import log2

from chatloop.privacy.detector import Detector
from chatloop.privacy.detectors.keys import worded
from chatloop.privacy.suspecting.leading import any_of

_LABEL = (
    "pass ?(?:word|phrase|code|wort|wd)s?|pass(?= ?[:=])|pwd|psw|pw|kennwort|mot de passe|mdp"
    "|contrase(?:ña|na)|clave|senha|palavra-passe|parola|wachtwoord|lösenord|passord|adgangskode"
    "|salasana|has[łl]o|heslo|jelszó|parol[ăa]"
    "|şifre|пароль|κωδικός|密码|パスワード|비밀번호|log-?in code"
)
_KEY = (
    "(?:api|access|secret|private|client|auth|license|licence|encryption|signing|account)?[ _-]?"
    "(?:key(?:[ _-]?id)?|token|secret)s?|bearer|credentials?|api[ _-]?schl[üu]ssel|schl[üu]ssel"
    "|clé|clave"
    "|chiave|chave|ключ|токен|webhook"
)
_PIN = (
    "pin(?: ?(?:number|code|nummer))?|(?:cvv2?|cvc2?|cid|csc)(?: ?(?:number|code|nr|no))?"
    "|(?:security|"
    "verification|authentication|2fa|mfa|sms|confirmation sms|login|log-in|access|unlock|door|card"
    " verification|prüf)[- ]?code|pass ?code|one[- ]time (?:pass)?(?: ?(?:code|password|pin"
    "|passcode))?"
    "|(?:otp|tan|totp)(?: ?(?:code|number))?|code pin|geheimzahl|prüfziffer|kartenprüfnummer"
    "|codice (?:di sicurezza|pin)|código de (?:seguridad|verificación|segurança|verificação)"
    "|code de (?:sécurité|vérification)|cryptogramme|digits on the (?:back|front)"
)
# What makes of the number behind it a time, a price, a length.
_WHEN = (
    r"(?:at|in|until|till|by|from|after|before|since|for|than|has|have|costs?|um|ab|bis|seit|à)\b"
)
# What stands behind a colon without being the password itself.
_TOLD_WORDS = (
    "required wrong incorrect invalid forgotten forgot reset please click none null true false"
    " changed expired missing empty hidden removed protected optional here unknown blocked must"
    " should cannot can't does doesn't will may has contains minimum at least correct working"
    " secure encrypted stored saved locked compromised unique needed different temporary visible"
    " accepted rejected generated unchanged confidential private strong useless updated created"
    " verified outdated case-sensitive mandatory hacked leaked stolen exposed hashed disabled"
    " enabled"
)
_TOLD = frozenset(_TOLD_WORDS.split())
_BITS, _CLASSES = 3.0, 2
_IS = (
    r"(?: (?:is|was|are|should be|for (?:\w{1,20} ){1,3}is|ist|lautet|est|es|è|é|is now|to|är|er"
    r"|jest|on|to jest|это)[: ]| ?(?:=|:)>?)"
)


def entropy(text: str) -> float:
    """Bits a character, by the frequencies in `text` itself (Shannon, 1948)."""
    counts = Counter(text).values()
    return -sum(count / len(text) * log2(count / len(text)) for count in counts)


def _random(text: str) -> bool:
    """Digits among letters, and as many bits as in hexadecimal digits drawn by chance."""
    classes = (str.isdigit, str.islower, str.isupper)
    mixed = sum(any(map(one, text)) for one in classes) >= _CLASSES
    return mixed and any(map(str.isdigit, text)) and entropy(text) >= _BITS


def _password_length(text: str) -> int:
    return 0 if text.casefold().strip(".,;!?") in _TOLD else len(text)


def _key_length(text: str) -> int:
    token = text.rstrip(".~-")
    return len(token) if _random(token) and not worded(token) else 0


def _prefixed_length(text: str) -> int:
    return 0 if worded(text) and not text.startswith("-----") else len(text)


URL_CREDENTIALS = Detector(
    kind="url_credentials",
    shape=r"://[^\s/@]*:[^\s/@]*@",
    sure=re.compile("://").search,
    patterns=(
        re.compile(
            r"(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{0,30}+://"
            r"([^\s/:@\[\]<>\"]{0,200}+:[^\s/@\[\]<>\"]{1,200}+)(?=@)"
        ),
    ),
    key=str,
)

# Prefix and the signs that follow it, by each vendor's documentation; a digit among them tells a
# key from a long word with dashes.
_ANY, _LETTERS, _HEX = "[A-Za-z0-9_-]", "[A-Za-z0-9]", "[0-9a-f]"
_PREFIXED = (
    rf"[rsp]k[_-](?=[A-Za-z_-]*+[0-9]){_ANY}{{16,}}+",
    rf"(?:gh[oprsu]|github_pat|hf|npm|whsec|shp(?:at|ss|ca|pa)|dckr_[po]at|do[opr]_v1|gsk|r8|ntn"
    rf"|sbp"
    rf"|lin_(?:api|oauth)|fig[dou]|fo1|rubygems|pscale_[a-z]{{2,5}}|sntry[su]|gl(?:sa|c)|live|test)"
    rf"_(?=[A-Za-z_-]*+[0-9]){_ANY}{{16,}}+",
    # Hugging Face's have no digit.
    rf"hf_{_LETTERS}{{30,}}+",
    r"(?:xox[a-z]|xapp|key)-(?=[A-Za-z-]*+[0-9])[A-Za-z0-9-]{10,}+",
    rf"(?:gl(?:pat|dt|rt|ft|cbt|soat)|pplx|xai|tskey|NR(?:AK|II|JS)|GOCSPX|sq0[a-z]{{3}}|nvapi|tvly"
    rf"|pypi|xkeysib|xsmtpsib|PMAK|AGE-SECRET-KEY)-(?=[A-Za-z_-]*+[0-9]){_ANY}{{16,}}+",
    rf"A(?:KI|SI|BI|CC|RO)A[A-Z0-9]{{16}}(?!{_LETTERS})",
    rf"LTAI{_LETTERS}{{12,24}}(?!{_LETTERS})",
    rf"(?:AIza|ATATT3|EAA[A-Z]){_ANY}{{30,}}+",
    rf"(?:ya29|hv[sbr]|dp\.[a-z]{{2,5}})\.{_ANY}{{20,}}+",
    rf"(?:AC|SK|dapi){_HEX}{{32}}(?!{_LETTERS})",
    rf"SG\.{_ANY}{{16,}}+\.{_ANY}{{16,}}+",
    rf"eyJ{_ANY}{{10,}}+\.{_ANY}{{8,}}+(?:\.{_ANY}*+)?",
)

API_KEY = Detector(
    kind="api_key",
    words=(
        *("sk-", "sk_", "rk-", "rk_", "pk-", "pk_", "gho_", "ghp_", "ghr_", "ghs_", "ghu_"),
        *("github_pat", "hf_", "npm_", "whsec_", "shpat_", "shpss_", "shpca_", "shppa_", "dckr_"),
        *("doo_v1", "dop_v1", "dor_v1", "gsk_", "r8_", "ntn_", "sbp_", "lin_", "figd_", "figo_"),
        *("figu_", "fo1_", "rubygems_", "pscale_", "sntry", "glsa_", "glc_", "live_", "test_"),
        *(
            "xox",
            "xapp-",
            "key-",
            "glpat-",
            "gldt-",
            "glrt-",
            "glft-",
            "glcbt-",
            "glsoat-",
            "pplx-",
        ),
        *("xai-", "tskey-", "NRAK-", "NRII-", "NRJS-", "GOCSPX-", "sq0", "nvapi-", "tvly-"),
        *("pypi-", "xkeysib-", "xsmtpsib-", "PMAK-", "AGE-SECRET", "AKIA", "ASIA", "ABIA", "ACCA"),
        *("AROA", "LTAI", "AIza", "ATATT3", "EAA", "ya29.", "hvs.", "hvb.", "hvr.", "dp.", "dapi"),
        *(f"{sign}{digit}" for sign in ("AC", "SK") for digit in "0123456789abcdef"),
        *("SG.", "eyJ", "PRIVATE KEY", "hooks.slack.com", "/api/webhooks/"),
    ),
    patterns=(
        re.compile(rf"(?<![A-Za-z0-9_-])(?:{'|'.join(_PREFIXED)})"),
        re.compile(r"hooks\.slack\.com/services/([A-Za-z0-9/]{20,}+)"),
        re.compile(r"/api/webhooks/([0-9]{10,20}/[A-Za-z0-9_-]{20,}+)"),
        re.compile(
            r"(-----BEGIN [A-Z ]{0,20}PRIVATE KEY(?: BLOCK)?-----[A-Za-z0-9+/=\s\\]{0,8000}+"
            r"(?:-----END [A-Z ]{0,20}PRIVATE KEY(?: BLOCK)?-----)?)"
        ),
    ),
    length=_prefixed_length,
    key=str,
)

# Keys that a shape tells, not a prefix: of Telegram's, Discord's and Airtable's.
BOT_KEY = Detector(
    kind="api_key",
    shape=r"[0-9]:AA|[A-Za-z0-9]{8}\.[A-Za-z0-9_-]{6}\.|pat[A-Za-z0-9]{14}\.",
    patterns=(
        re.compile(
            rf"(?<![A-Za-z0-9_-])(?:[0-9]{{8,10}}:AA{_ANY}{{32,34}}(?!{_ANY})"
            rf"|[MNO]{_LETTERS}{{23,27}}\.{_ANY}{{6}}\.{_ANY}{{27,40}}"
            rf"|pat{_LETTERS}{{14}}\.{_HEX}{{64}})"
        ),
    ),
    key=str,
)

PASSWORD = Detector(
    kind="secret",
    words=(
        *("passw", "pass w", "passp", "pass p", "passc", "pass c", "pwd", "pw", "kennwort"),
        *("mot de passe", "mdp", "contrase", "clave", "senha", "parola", "wachtwoord", "senord"),
        *("haslo", "hasł", "login code", "log-in code", "pass", "psw", "palavra", "adgangs"),
        *("salasana", "heslo", "jelsz", "parol", "ifre", "пароль", "Пароль", "κωδικ", "密码"),
        *("パスワード", "비밀번호"),
    ),
    shape=rf"(?i:{_LABEL})".replace("(?= ?[:=])", " ?[:=]"),
    patterns=(
        # password: sunshine, pwd=Tr0ub4dor&3, the passphrase is "correct horse"
        re.compile(
            rf"(?i)(?<![^\W_]){any_of(_LABEL)}(?![^\W\d_])[\"']? ?(?:[=:→]>?|->)\s{{0,3}}"
            r"(?!\[)[\"'`]?([^\s\"'`\[\]<>]{4,100}+)"
        ),
        re.compile(
            rf"(?i)\b{any_of(_LABEL)}(?![^\W\d_])[^.!?\n\"'`0-9]{{0,30}}?(?<!\w)[\"'`]"
            r"([^\"'`\n\[\]]{4,60})[\"'`](?!\w)"
        ),
        re.compile(
            rf"(?i)\b{any_of(_LABEL)}(?![^\W\d_])(?:{_IS} ?| )"
            r"(?=[^\s\[\]]{0,60}?(?:[0-9]|[^\s\w\[\].,;:!?'\"-]))"
            r"([^\s\"'`\[\]<>]{4,99}[^\s\"'`\[\]<>.,;:!?)])"
        ),
        # the wifi password is sunflower
        re.compile(
            rf"(?i)\b(?:my|the|our|his|her|your|new|old|wi-?fi) (?:[\w-]{{1,12}} )?"
            rf"{any_of(_LABEL)} is "
            r"([a-z]{6,30})(?=[.!]?\s{0,3}(?:$|\n))"
        ),
    ),
    length=_password_length,
    key=str,
)

PIN = Detector(
    kind="secret",
    digits=1,
    words=(
        *("pin", "cvv", "cvc", "cid", "csc", "code", "one-time", "one time", "otp", "tan"),
        *("geheimzahl", "fziffer", "fnummer", "codice", "digo de", "cryptogramme", "digits on"),
    ),
    shape=rf"(?i:(?:^|[^a-z0-9])(?:{_PIN})[^a-z])",
    patterns=(
        # PIN 4321, cvv: 123, the one-time code is 482913
        re.compile(
            rf"(?i)\b{any_of(_PIN)}(?![^\W\d_]| (?:it|this|that|them|down|up|an?)\b)"
            rf"(?:\W{{0,3}}\b(?!{_WHEN})[^\W\d_]{{1,12}}\b){{0,5}}"
            r"\W{0,3}(?<![\w.,$€£])([0-9]{3,8})(?![\w]|[.,:/-][0-9])"
        ),
    ),
    key=str,
)

KEY = Detector(
    kind="secret",
    digits=1,
    words=(
        *("key", "token", "secret", "bearer", "credential", "schl", "clé", "webhook", "clave"),
        *("chiave", "chave", "ключ", "токен", "Ключ", "Токен"),
    ),
    patterns=(
        re.compile(
            rf"(?i)(?<![^\W_]){any_of(_KEY)}(?![^\W\d_])[^0-9\n\[\]]{{0,40}}?\n?"
            r"(?<![\w+/.~-])([A-Za-z0-9+/_.~-][A-Za-z0-9+/_=.~-]{15,}+)"
        ),
    ),
    length=_key_length,
    key=str,
)
