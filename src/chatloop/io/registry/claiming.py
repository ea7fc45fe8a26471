"""One registration at a time, from whichever machine: who makes the claim goes first.

    with claimed(store, "chatloop") as claim:      a registered model `chatloop.registering.1`
        claim.check()                              still there; gone when the block ends

MLflow has no locks, but only one can make a registered model of a name. The holder of a claim says
every few seconds that it is alive. A claim that has been silent is passed over by making the next:
nothing is ever taken from under the feet of somebody who lives.
"""

import socket
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any

from chatloop.errors import UnreachableError
from chatloop.io.files import fingerprint
from chatloop.io.mlflow_store.connection import Store, registry_uri
from chatloop.io.registry.turns import PATIENCE, lock_file

MARK = ".registering."
BEAT, SILENT, STEP = 10.0, 60.0, 0.2  # seconds: between signs of life, without any, between looks
HOLDER, MACHINE, ALIVE = "holder", "machine", "alive"  # tags of a claim


@dataclass
class Claim:
    """A claim that this process makes; `name` is the registered model that stands for it."""

    store: Store
    model: str
    name: str = ""
    token: str = field(default_factory=lambda: uuid.uuid4().hex)

    def check(self) -> None:
        """Whether it still stands.

        Raises:
            UnreachableError: this process was silent for so long that another took its turn.
        """
        if self.token != _claims(self.store, self.model).get(self.name, {}).get(HOLDER):
            raise UnreachableError(
                f"{self.model}: another machine took the turn of this one, which was silent for "
                f"{SILENT:g} seconds; run again"
            )

    def make(self, number: int) -> bool:
        """Whether nobody else had this number."""
        from mlflow.exceptions import MlflowException

        self.name = f"{self.model}{MARK}{number}"
        tags = {HOLDER: self.token, MACHINE: this_machine(), ALIVE: "0"}
        try:
            self.store.client.create_registered_model(
                self.name, tags, "A registration is at work; gone when it is done."
            )
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
            return False
        return True

    def give_up(self) -> None:
        """Take it back, if it is still this one."""
        if _claims(self.store, self.model).get(self.name, {}).get(HOLDER) == self.token:
            _delete(self.store, self.name)

    def live(self, ended: Event) -> None:
        """Signs of life until the end; that a server does not hear one of them is no matter."""
        beats = 0
        while not ended.wait(BEAT):
            beats += 1
            with suppress(Exception):
                self.store.client.set_registered_model_tag(self.name, ALIVE, str(beats))


@contextmanager
def claimed(store: Store, model: str, seconds: float = PATIENCE) -> Iterator[Claim]:
    """Wait until no other machine registers under this name; the caller has the turn on this one.

    Raises:
        UnreachableError: others took longer than `seconds`.
    """
    claim, ended = Claim(store, model), Event()
    _wait(claim, seconds)
    signs = Thread(target=claim.live, args=(ended,), daemon=True)
    signs.start()
    try:
        yield claim
    finally:
        ended.set()
        signs.join()
        claim.give_up()


def this_machine() -> str:
    """What tells this machine, and this place of its locks, from others."""
    return fingerprint([socket.gethostname(), uuid.getnode(), str(lock_file(registry_uri()))])[:24]


def _wait(claim: Claim, seconds: float) -> None:
    seen: dict[str, tuple[str, float]] = {}
    end = time.monotonic() + seconds
    while not _taken(claim, seen):
        if time.monotonic() > end:
            raise UnreachableError(
                f"{claim.model}: another machine registers since {seconds:,.0f} seconds; "
                "run again when it is done"
            )
        time.sleep(STEP)


def _taken(claim: Claim, seen: dict[str, tuple[str, float]]) -> bool:
    """Make the next claim where none lives; one that others made at the same time takes it back."""
    store, model = claim.store, claim.model
    there = _claims(store, model)
    if any(_lives(claim, tags, seen) for tags in there.values()):
        return False
    if not claim.make(1 + max((int(name.rpartition(".")[2]) for name in there), default=0)):
        return False
    now = {name: tags for name, tags in _claims(store, model).items() if name != claim.name}
    if any(tags[HOLDER] not in {one[HOLDER] for one in there.values()} for tags in now.values()):
        claim.give_up()
        return False
    for name in now:
        _delete(store, name)
    return True


def _lives(claim: Claim, tags: Mapping[str, str], seen: dict[str, tuple[str, float]]) -> bool:
    """Whether its holder may be at work; on this machine it is not, since the turn here is ours."""
    if tags[MACHINE] == this_machine():
        return False
    now = time.monotonic()
    said, since = seen.get(tags[HOLDER], ("", now))
    if said != tags[ALIVE]:
        said, since = tags[ALIVE], now
    seen[tags[HOLDER]] = (said, since)
    return now - since < SILENT


def _claims(store: Store, model: str) -> dict[str, dict[str, Any]]:
    """Name to tags, of all claims on this model."""
    found = store.client.search_registered_models(f"name LIKE '{model}{MARK}%'")
    mine = [one for one in found if one.name.startswith(model + MARK) and HOLDER in one.tags]
    return {one.name: dict(one.tags) for one in mine}


def _delete(store: Store, name: str) -> None:
    from mlflow.exceptions import MlflowException

    try:
        store.client.delete_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":  # somebody else was faster
            raise
