"""Holds what is served and follows the registry: load beside, test, switch, let the old one end.

    champion 3 serves ─────────────────────────────┐ its last streams end, then it is freed
    champion is 4 now:   load 4 · test 4 · switch ─┴─ 4 serves

A version is held by whoever streams from it, so nothing that runs is cut off by a switch.
"""

import hashlib
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chatloop.errors import UnreachableError, UserError
from chatloop.serve.loading.freeing import Freed
from chatloop.serve.loading.releases import Release, Source
from chatloop.serve.loading.smoke import smoke_test
from chatloop.serve.model import Model, NoModelError

log = logging.getLogger("chatloop.serve")
Load = Callable[[Release], Model]
LOADING = "a model is being loaded; ask again in a moment"
NONE_YET = "no champion is registered; `chatloop run` trains, judges and registers one"


@dataclass(frozen=True)
class Served:
    """A release and what it was loaded to."""

    release: Release
    model: Model


class FollowedModels:
    """A `chatloop.serve.model.Models` that is what a source says; see `follow`."""

    def __init__(self, name: str, source: Source, load: Load, share: float, seconds: float) -> None:
        self._name, self._source, self._load = name, source, load
        self._share, self._seconds = share, seconds
        self._champion: Served | None = None
        self._candidate: Served | None = None
        self._refused: dict[Release, str] = {}
        self._reason = LOADING
        self._said = ""
        self._freed = Freed()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def choose(self, share_key: str) -> Model:
        """As `Models.choose`."""
        champion, candidate = self._champion, self._candidate
        if champion is None:
            raise NoModelError(self._reason)
        if candidate is not None and _place(share_key) < self._share:
            return candidate.model
        return champion.model

    def named(self, name: str) -> Model | None:
        """As `Models.named`; `chatloop` alone is the champion."""
        served = {"champion": self._champion, "candidate": self._candidate}
        wanted = "champion" if name == self._name else name.removeprefix(f"{self._name}@")
        for role, one in served.items():
            if one is not None and wanted in (role, one.release.version):
                return one.model
        return None

    def names(self) -> Sequence[str]:
        """As `Models.names`."""
        loaded = [one for one in (self._champion, self._candidate) if one is not None]
        if not loaded:
            return ()
        return (self._name, *(f"{self._name}@{one.release.version}" for one in loaded))

    def follow(self) -> None:
        """Look once now, then every few seconds, in a thread of its own, until `close`."""
        self._thread = threading.Thread(target=self._follow, name="follow", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """No more looking; what is loaded is let go with its last stream."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
        self._champion = self._candidate = None
        self._reason = "the server is shutting down"

    def look(self) -> None:
        """Ask the source, and switch to what it says where that can be loaded."""
        self._freed.give_back()
        try:
            wanted = self._source.wanted()
        except UserError as error:
            self._unknown(error)
            return
        self._said = ""
        self._refused = {
            release: reason
            for release, reason in self._refused.items()
            if release in (wanted.champion, wanted.candidate)
        }
        self._champion = self._served(wanted.champion, self._champion)
        if wanted.champion is None and self._champion is None:
            self._reason = NONE_YET
        candidate = wanted.candidate if self._share > 0 else None
        self._candidate = self._served(candidate, self._candidate) if candidate else None

    def _follow(self) -> None:
        while not self._ended.is_set():
            try:
                self.look()
            except Exception:  # what is loaded goes on; the next look may fare better
                log.exception("the registry could not be followed")
            self._ended.wait(self._seconds)

    def _unknown(self, error: UserError) -> None:
        """What is loaded stays; said once."""
        if self._champion is None:
            self._reason = str(error)
        if str(error) != self._said:
            log.warning("what is loaded stays: %s", error)
        self._said = str(error)

    def _served(self, wanted: Release | None, now: Served | None) -> Served | None:
        """What serves from now on: the wanted release if it is good, else what did before."""
        if wanted is None or wanted in self._refused or (now and now.release == wanted):
            return now
        other = next(
            (
                one
                for one in (self._champion, self._candidate)
                if one is not None and one.release == wanted
            ),
            None,
        )
        if other is not None:  # the candidate became champion: it is here already
            return other
        try:
            model = self._load(wanted)
            self._freed.watch(model)
            smoke_test(model)
        except UnreachableError as error:
            self._unknown(error)
            return now
        except Exception as error:  # whatever a broken version does, the good one serves on
            self._refuse(wanted, " ".join(str(error).split()) or type(error).__name__, now)
            return now
        log.info("version %s serves", wanted.version)
        return Served(wanted, model)

    def _refuse(self, release: Release, reason: str, now: Served | None) -> None:
        self._refused[release] = reason
        stays = f"version {now.release.version} stays" if now else "nothing else is loaded"
        log.error("version %s is not served: %s; %s", release.version, reason, stays)
        if self._champion is None:
            self._reason = f"version {release.version} cannot be served: {reason}"


def _place(share_key: str) -> float:
    """A key's place between 0 and 1, always the same."""
    digest = hashlib.sha256(share_key.encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
