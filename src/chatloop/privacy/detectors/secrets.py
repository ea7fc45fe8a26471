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

_LABEL = (
    "pass ?(?:word|phrase|code|wort)s?|passwd|pwd|pw|kennwort|mot de passe|mdp|contrase(?:ña|na)"
    "|clave|senha|parola|wachtwoord|lösenord|has[łl]o|log-?in code"
)
_KEY = (
    "(?:api|access|secret|private|client|auth|license|licence|encryption|signing|account)?[ _-]?"
    "(?:key|token|secret)s?|bearer|credentials?|api[ _-]?schl[üu]ssel|schl[üu]ssel|clé|webhook"
)
_PIN = "pin(?: ?(?:number|code))?|cvv2?|cvc2?|security code|one[- ]time (?:code|password)|otp"
# What stands behind a colon without being the password itself.
_TOLD = frozenset(
    [
        "required",
        "wrong",
        "incorrect",
        "invalid",
        "forgotten",
        "forgot",
        "reset",
        "please",
        "click",
        "none",
        "null",
        "true",
        "false",
        "changed",
        "expired",
        "missing",
        "empty",
        "hidden",
        "removed",
        "protected",
        "optional",
        "here",
        "unknown",
        "blocked",
    ]
)
_BITS, _CLASSES = 3.0, 2
_IS = r"(?: (?:is|was|are|for \w{1,20} is|ist|lautet|est|es|è|é|is now|to)[: ]| ?(?:=|:)>?)"


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
    return len(token) if _random(token) else 0


URL_CREDENTIALS = Detector(
    kind="url_credentials",
    shape=r"://[^\s/@]*:[^\s/@]*@",
    patterns=(
        re.compile(
            r"(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{0,15}+://"
            r"([^\s/:@\[\]<>\"]{0,200}+:[^\s/@\[\]<>\"]{1,200}+)(?=@)"
        ),
    ),
    key=str,
)

API_KEY = Detector(
    kind="api_key",
    words=(
        *("sk-", "sk_", "rk-", "rk_", "pk-", "pk_", "gho_", "ghp_", "ghr_", "ghs_", "ghu_"),
        *("github_pat", "xox", "xapp-", "glpat-", "hf_", "npm_", "whsec_", "pypi-", "dop_v1"),
        *("shpat_", "shpss_", "dckr_pat", "sq0", "key-", "AKIA", "ASIA", "AIza", "ya29.", "eyJ"),
        *(*(f"AC{digit}" for digit in "0123456789abcdef"), "SG.", "PRIVATE KEY", "hooks.slack.com"),
    ),
    patterns=(
        re.compile(
            # A digit tells a key from a long word with dashes.
            r"(?<![A-Za-z0-9_-])(?:"
            r"[rsp]k[_-](?=[A-Za-z_-]*+[0-9])[A-Za-z0-9_-]{16,}+"
            r"|(?:gh[oprsu]|github_pat|hf|npm|whsec|shpat|shpss|dckr_pat|dop_v1)_"
            r"(?=[A-Za-z_-]*+[0-9])[A-Za-z0-9_-]{16,}+"
            r"|(?:xox[a-z]|xapp|key)-(?=[A-Za-z-]*+[0-9])[A-Za-z0-9-]{10,}+"
            r"|glpat-[A-Za-z0-9_-]{16,}+"
            r"|pypi-[A-Za-z0-9_-]{30,}+"
            r"|sq0[a-z]{3}-[A-Za-z0-9_-]{20,}+"
            r"|A[KS]IA[A-Z0-9]{16}(?![A-Za-z0-9])"
            r"|AIza[A-Za-z0-9_-]{30,}+"
            r"|ya29\.[A-Za-z0-9_-]{20,}+"
            r"|SG\.[A-Za-z0-9_-]{16,}+\.[A-Za-z0-9_-]{16,}+"
            r"|AC[0-9a-f]{32}(?![A-Za-z0-9])"
            r"|eyJ[A-Za-z0-9_-]{10,}+\.[A-Za-z0-9_-]{8,}+(?:\.[A-Za-z0-9_-]*+)?"
            r")"
        ),
        re.compile(r"hooks\.slack\.com/services/([A-Za-z0-9/]{20,}+)"),
        re.compile(
            r"(-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----[A-Za-z0-9+/=\s]{0,8000}+"
            r"(?:-----END [A-Z ]{0,20}PRIVATE KEY-----)?)"
        ),
    ),
    key=str,
)

PASSWORD = Detector(
    kind="secret",
    words=(
        *("passw", "pass w", "passp", "pass p", "passc", "pass c", "pwd", "pw", "kennwort"),
        *("mot de passe", "mdp", "contrase", "clave", "senha", "parola", "wachtwoord", "senord"),
        *("haslo", "hasł", "login code", "log-in code"),
    ),
    patterns=(
        # password: sunshine, pwd=Tr0ub4dor&3, the passphrase is "correct horse"
        re.compile(
            rf"(?i)\b(?:{_LABEL})(?![^\W\d_])[\"']? ?(?:=|:)>? {{0,3}}"
            r"(?!\[)[\"'`]?([^\s\"'`\[\]<>]{4,100}+)"
        ),
        re.compile(
            rf"(?i)\b(?:{_LABEL})(?![^\W\d_])[^.!?\n\"'`0-9]{{0,30}}?(?<!\w)[\"'`]"
            r"([^\"'`\n\[\]]{4,60})[\"'`](?!\w)"
        ),
        re.compile(
            rf"(?i)\b(?:{_LABEL})(?![^\W\d_]){_IS} ?"
            r"(?=[^\s\[\]]{0,60}?(?:[0-9]|[^\s\w\[\].,;:!?'\"-]))"
            r"([^\s\"'`\[\]<>]{4,99}[^\s\"'`\[\]<>.,;:!?)])"
        ),
    ),
    length=_password_length,
    key=str,
)

PIN = Detector(
    kind="secret",
    digits=1,
    words=("pin", "cvv", "cvc", "security code", "one-time", "one time", "otp"),
    shape=rf"(?i:(?:^|[^a-z0-9])(?:{_PIN})[^a-z])",
    patterns=(
        # PIN 4321, cvv: 123, the one-time code is 482913
        re.compile(
            rf"(?i)\b(?:{_PIN})(?![^\W\d_])(?:\W{{0,3}}\b(?:is|was|of|number|the|my)\b){{0,2}}"
            r"\W{0,3}(?<![\w.,$€£])([0-9]{3,6})(?![\w]|[.,:/-][0-9])"
        ),
    ),
    key=str,
)

KEY = Detector(
    kind="secret",
    digits=1,
    words=("key", "token", "secret", "bearer", "credential", "schl", "clé", "webhook"),
    patterns=(
        re.compile(
            rf"(?i)(?<![^\W_])(?:{_KEY})(?![^\W\d_])[^0-9\n\[\]]{{0,40}}?"
            r"(?<![\w+/=.~-])([A-Za-z0-9+/_=.~-]{16,}+)"
        ),
    ),
    length=_key_length,
    key=str,
)
