"""API keys: a random secret each, of which only a hash is kept.

    cl-5e1c09aa-vP2n…      what `chatloop keys add` shows once
    {"id": "5e1c09aa", "name": "website", "sha256": "9c1b…", "made": 1782000000}

A key has 256 random bits, so that a plain hash of it can be searched for by nobody.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from chatloop.errors import UserError
from chatloop.io.files import read_json, write_json
from chatloop.io.locks import locked

PREFIX = "cl"
FILE = "keys.json"  # in the folder of the store
NOBODY = "0" * 64  # compared with where there is no such key, so that both take the same time


@dataclass(frozen=True)
class Key:
    """Who has it, and the hash of what they have; `made` in seconds since 1970."""

    id: str
    name: str
    sha256: str
    made: int


class Keys:
    """The keys of a file that others may change while the server runs: the next request knows."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, int, int] | None = None
        self._keys: dict[str, Key] = {}

    def owner(self, presented: str | None) -> Key | None:
        """The key that is presented, compared in constant time; None where there is no such."""
        self._refresh()
        identity, digest = _parse(presented or "")
        found = self._keys.get(identity)
        same = hmac.compare_digest(digest, found.sha256 if found else NOBODY)
        return found if same else None

    def all(self) -> list[Key]:
        """All keys, the oldest first."""
        self._refresh()
        return sorted(self._keys.values(), key=lambda key: (key.made, key.id))

    def add(self, name: str, now: int) -> str:
        """Make a key; what is returned is shown once and kept by nobody here.

        Raises:
            UserError: the name cannot be shown in a line.
        """
        if not (name.strip() and name.isprintable()):
            raise UserError(f"keys: {name!r} is no name; take letters, digits, blanks and signs")
        identity, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
        whole = f"{PREFIX}-{identity}-{secret}"
        with self._alone():
            self._write({**self._keys, identity: Key(identity, name, _hash(whole), now)})
        return whole

    def revoke(self, name: str) -> list[Key]:
        """Take back the keys of this name or id.

        Raises:
            UserError: there is none.
        """
        with self._alone():
            gone = [key for key in self._keys.values() if name in (key.name, key.id)]
            if not gone:
                known = ", ".join(sorted(key.name for key in self._keys.values())) or "none"
                raise UserError(f"keys: there is no key {name!r}; known are {known}")
            self._write({key.id: key for key in self._keys.values() if key not in gone})
        return gone

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else changes the keys between our look and our change: a key is shown once."""
        make_private(self.path.parent)
        with locked(self.path.with_suffix(".lock"), "keys: are being changed", "try again"):
            self._refresh()
            yield

    def _refresh(self) -> None:
        try:
            stat = self.path.stat()
            seen = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            if seen != self._seen:
                rows = read_json(self.path)["keys"]
                self._keys, self._seen = {row["id"]: Key(**row) for row in rows}, seen
        except FileNotFoundError:
            self._keys, self._seen = {}, None
        except (OSError, KeyError, TypeError) as error:
            raise UserError(f"{self.path}: holds no API keys that can be read") from error

    def _write(self, keys: dict[str, Key]) -> None:
        rows = [asdict(keys[identity]) for identity in sorted(keys)]
        write_json(self.path, {"keys": rows})
        self.path.chmod(0o600)
        self._refresh()


def make_private(folder: Path) -> None:
    """A folder for secrets: made where there is none, for its owner only."""
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)


def bearer(header: str | None) -> str | None:
    """The key in `Authorization: Bearer cl-…`."""
    scheme, _, presented = (header or "").partition(" ")
    return presented.strip() if scheme.lower() == "bearer" else None


def _parse(presented: str) -> tuple[str, str]:
    """The id that a key names, and the hash of the whole."""
    parts = presented.split("-", 2)
    return (parts[1] if len(parts) > 1 else ""), _hash(presented)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
