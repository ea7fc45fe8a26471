"""Addresses of machines, mail, keys and secrets; the random part of each is made up.

ghp_…36 letters        2001:db8::8a2e:370:7334        https://ana:s3cret@git.example.com/x.git
"""

import base64
from ipaddress import IPv6Address
from random import Random
from string import ascii_letters, ascii_lowercase
from string import digits as numerals

from benchmarks.planted.carriers import data
from benchmarks.planted.numbers import shaped

_DATA = data("network.yaml")
WORDS, FIRST, HOSTS = _DATA["words"], _DATA["first"], _DATA["hosts"]
VENDORS = tuple((prefix, length, alphabet) for prefix, length, alphabet in _DATA["vendors"])
SAFE = ascii_letters + numerals


def signs(random: Random, count: int, alphabet: str = SAFE) -> str:
    """So many signs, each equally likely."""
    return "".join(random.choices(alphabet, k=count))


def email(random: Random) -> str:
    """A local part with the signs of RFC 5322 that people use, a host, some in capitals."""
    local = random.choice(FIRST) + random.choice(("", "+shop", "99", "_1", ".work", "-x", "2024"))
    address = f"{local}@{random.choice(HOSTS)}"
    unicode = f"jörg.müller{random.randint(1, 99)}@bücher.de"
    quirky = address.upper(), address.title(), unicode, f"{local}@mail-{random.choice(WORDS)}.org"
    return random.choice((address, address, address, address, *quirky))


def ipv4(random: Random) -> str:
    """A host's address, with a port or a prefix length."""
    whole = ".".join(str(random.randint(1, 254)) for _ in range(4))
    return whole + random.choice(("", "", "", "", ":8080", ":22", "/24"))


def ipv6(random: Random) -> str:
    """RFC 4291 and 5952: full, compressed, mapped, with zone, port, prefix, in capitals."""
    groups = [f"{random.getrandbits(16):04x}" for _ in range(8)]
    full = ":".join(["2001", "0db8", *groups[2:]])
    short = f"2a02:{groups[1]}:{groups[2]}::{groups[7]}"
    forms = (
        *(
            full,
            full.upper(),
            short,
            IPv6Address(full).compressed,
            f"fe80::{groups[1]}:{groups[2]}",
        ),
        *(
            f"fe80::{groups[3]}:{groups[4]}%eth0",
            f"[{short}]:443",
            f"{short}/64",
            f"2001:db8::{groups[5]}",
        ),
        *(
            f"::ffff:192.0.{random.randint(1, 9)}.{random.randint(1, 254)}",
            f"fd{groups[0][:2]}:{groups[1]}::1",
        ),
    )
    return random.choice(forms)


def mac(random: Random) -> str:
    """Colons, dashes or Cisco's dots; either case."""
    pairs = [f"{random.getrandbits(8):02x}" for _ in range(6)]
    dots = ".".join("".join(pairs[i : i + 2]) for i in (0, 2, 4))
    whole = random.choice((":".join(pairs), "-".join(pairs), dots))
    return random.choice((whole, whole.upper()))


def password(random: Random) -> str:
    """What people choose: a word with digits and a sign, two words, or what a manager makes."""
    word, other = random.sample(WORDS, 2)
    made = signs(random, random.randint(10, 18), SAFE + "!#$%^&*_-+?")
    mixed = f"{word.title()}{random.randint(10, 9999)}{random.choice('!?#$*')}"
    return random.choice(
        (
            mixed,
            mixed,
            f"{word}{random.randint(10, 99)}",
            made,
            f"{word}-{other}-{random.randint(1, 99)}",
        )
    )


def url_credentials(random: Random) -> str:
    """A user and a password before the host; databases, brokers, git, FTP."""
    scheme, host = random.choice(
        (
            *[("https", "git.example.com/team/repo.git"), ("http", "10.0.0.7:8080/admin")],
            *[
                ("postgres", "db.internal:5432/shop"),
                ("postgresql+psycopg2", "pg/app"),
                ("ftp", "ftp.example.org"),
            ],
            *[
                ("mongodb+srv", "cluster0.ab1cd.mongodb.net/test"),
                ("redis", "cache:6379/0"),
                ("amqp", "mq:5672"),
            ],
            *[
                ("mysql", "localhost/wp"),
                ("sftp", "files.example.net"),
                ("smb", "nas/share"),
                ("rtsp", "cam/1"),
            ],
        )
    )
    user = random.choice(("admin", "deploy", "root", "ana.lopez", "svc_shop", "x-token-auth", ""))
    user = user if scheme == "redis" else user or "ci"
    return f"{scheme}://{user}:{signs(random, 9)}%21@{host}"


def jwt(random: Random) -> str:
    """RFC 7519: two encoded objects and a signature."""
    parts = '{"alg":"HS256","typ":"JWT"}', f'{{"sub":"{random.getrandbits(40)}","admin":true}}'
    coded = [base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts]
    return ".".join([*coded, signs(random, 43, SAFE + "-_")])


ALPHABETS = {
    "U": "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
    "s": SAFE,
    "h": "0123456789abcdef",
    "_": SAFE + "_",
    "-": SAFE + "-_",
    "l": ascii_letters,
}


def api_key(random: Random) -> str:
    """A vendor's key, a web token, a bot's token, a private key."""
    prefix, length, alphabet = random.choice(VENDORS)
    key = prefix + signs(random, length, ALPHABETS[alphabet])
    if prefix == "glsa_":
        key += "_" + signs(random, 8, "0123456789abcdef")
    block = signs(random, 64, SAFE + "+/")
    kind = random.choice(("RSA ", "EC ", "OPENSSH ", ""))
    pem = f"-----BEGIN {kind}PRIVATE KEY-----\n{block}\n{block}\n-----END {kind}PRIVATE KEY-----"
    others = (
        *(jwt(random), pem, f"SG.{signs(random, 22)}.{signs(random, 43)}"),
        *(
            f"{random.randint(10**8, 10**10)}:AA{signs(random, 33)}",
            f"PMAK-{signs(random, 24, 'abcdef12')}-{signs(random, 34, 'abcdef12')}",
        ),
        *(
            f"pat{signs(random, 14)}.{signs(random, 64, 'abcdef123')}",
            f"xkeysib-{signs(random, 64, 'abcdef123')}-{signs(random, 16)}",
        ),
    )
    return key if random.random() < 0.85 else random.choice(others)


def token(random: Random) -> str:
    """Random signs: hexadecimal, base 64, a UUID, letters and digits."""
    whole = signs(random, 32, "0123456789abcdef")
    coded = base64.b64encode(random.randbytes(30)).decode()
    uuid = f"{whole[:8]}-{whole[8:12]}-4{whole[13:16]}-a{whole[17:20]}-{whole[20:]}"
    return random.choice((whole, coded, uuid, signs(random, 24), signs(random, 40)))


def pin(random: Random) -> str:
    """Four or six digits."""
    return shaped(random, "#### | #### | ######")


def cvv(random: Random) -> str:
    """Three digits, four on American Express."""
    return shaped(random, "### | ### | ####")


def plain(random: Random) -> str:
    """A password in lower case with digits, as people type it."""
    return signs(random, 5, ascii_lowercase) + signs(random, 3, numerals)
