"""Who asked, as a keyed hash: the same caller is the same word, and nobody can say who it is.

Pepper(b"…").caller("5e1c09aa", None)  →  "h:1f0c…"
"""

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from chatloop.serve.guard.keys import make_private

VARIABLE = "CHATLOOP_STORE_SECRET"
FILE = "secret"
DIGITS = 24


@dataclass(frozen=True)
class Pepper:
    """A secret that hashes are keyed with; without it a short name could be found by trying."""

    secret: bytes

    def hash(self, *parts: str) -> str:
        """24 hexadecimal digits."""
        message = "\x00".join(parts).encode("utf-8", "surrogatepass")
        return hmac.new(self.secret, message, hashlib.sha256).hexdigest()[:DIGITS]

    def caller(self, key: str, user: str | None) -> str:
        """`h:KEY` or `h:KEY:USER`: the user is whom the key's owner names."""
        owner = f"h:{self.hash('key', key)}"
        return f"{owner}:{self.hash('user', key, user)}" if user else owner


def owner(caller: str) -> str:
    """The part of a caller that says which key it was."""
    return ":".join(caller.split(":")[:2])


def read_pepper(folder: Path) -> Pepper:
    """From the environment, or from a file beside the store that only its owner can read.

    Raises:
        OSError: the folder cannot be written.
    """
    given = os.environ.get(VARIABLE)
    if given:
        return Pepper(given.encode())
    path = folder / FILE
    make_private(folder)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return Pepper(path.read_text(encoding="ascii").strip().encode())
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(32) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return Pepper(path.read_text(encoding="ascii").strip().encode())
