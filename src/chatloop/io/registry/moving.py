"""Moves the alias `champion`: by a verdict, by a person with a reason, or back.

    "chatloop version 4 is the champion; before it: chatloop version 3"

Before it moves, the version is loaded from the registry and has to be what was judged: the same
bytes, the same answers. Who moved it by hand, when and why, is kept with the version.
"""

import getpass
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chatloop.errors import UserError
from chatloop.io.files import read_json
from chatloop.io.mlflow_store.connection import Store, connect
from chatloop.io.registry import versions
from chatloop.io.registry.content.proving import prove
from chatloop.io.registry.versions import CHAMPION, PREVIOUS, Version

MOVED, BACK = "moved_by_hand", "rolled_back"
STALE = "rival"  # the check that the champion is still the one that was judged against


def promote(name: str, number: int, verdict: Path) -> str:
    """Make a version the champion if the verdict on exactly this candidate says PROMOTE.

    The alias `previous` keeps the champion before it. Returns the line that says what was done.

    Raises:
        UserError: the version is not what was judged any more.
    """
    decided = read_json(verdict)
    with connect() as store:
        one, rival = _pair(store, name, number)
        if rival == one:
            return f"{one} is the champion already"
        refusal = _refusal(one, rival, decided)
        if refusal:
            return f"{one} is not promoted: {refusal}"
        return _move(store, one, rival)


def promote_by_hand(name: str, number: int, reason: str, overridden: Sequence[str]) -> str:
    """Make a version the champion because somebody says so; every check that it failed is named.

    Raises:
        UserError: a check that the version failed is not among `overridden`, or the reverse.
    """
    with connect() as store:
        one, rival = _pair(store, name, number)
        if rival == one:
            return f"{one} is the champion already"
        failed = failed_checks(one, rival)
        unnamed = sorted(set(failed) - set(overridden))
        if unnamed:
            options = " ".join(f"--override {json.dumps(check)}" for check in unnamed)
            said = "; ".join(dict.fromkeys(failed[check] for check in unnamed))
            raise UserError(
                f"{one} is not fit to be champion: {said}; to do it all the same: {options}"
            )
        idle = sorted(set(overridden) - set(failed))
        if idle:
            raise UserError(f"{one} did not fail {', '.join(idle)}; leave that --override out")
        _note(store, one, MOVED, {"reason": reason, "overridden": sorted(failed)})
        if BACK in one.tags:
            store.client.delete_model_version_tag(name, str(number), BACK)
        return _move(store, one, rival)


def rollback(name: str, reason: str) -> str:
    """The champion before this one is the champion again; what it replaces is marked, so that no
    run promotes it by its old verdict.

    Raises:
        UserError: there is no champion, or none before it.
    """
    with connect() as store:
        found = versions.aliases(store, name)
        if CHAMPION not in found or PREVIOUS not in found:
            missing = PREVIOUS if CHAMPION in found else CHAMPION
            raise UserError(f"{name} has no {missing} version; there is nothing to go back to")
        one, bad = (versions.get(store, name, found[alias]) for alias in (PREVIOUS, CHAMPION))
        said = _move(store, one, bad)
        _note(store, bad, BACK, {"reason": reason})
        return said


def failed_checks(one: Version, rival: Version | None) -> dict[str, str]:
    """Check to what it said, of those that speak against a version."""
    verdict, reasons = one.tags.get("verdict"), json.loads(one.tags.get("reasons", "[]"))
    failed = {check: "; ".join(reasons) for check in json.loads(one.tags.get("failed", "[]"))}
    if verdict != "PROMOTE" and not failed:
        failed = {"verdict": f"the verdict is {verdict}: {'; '.join(reasons)}"}
    if _is_stale(one, rival):
        failed[STALE] = f"it was not judged against {rival}, the champion now"
    if BACK in one.tags:
        failed["rollback"] = _rolled_back(one)
    return failed


def _pair(store: Store, name: str, number: int) -> tuple[Version, Version | None]:
    now = versions.aliases(store, name).get(CHAMPION)
    one = versions.get(store, name, number)
    return one, None if now is None else versions.get(store, name, now)


def _refusal(one: Version, rival: Version | None, decided: Mapping[str, Any]) -> str | None:
    """Why a version cannot become champion by its verdict, None if it can."""
    if decided.get("candidate_sha256") != one.candidate_sha256:
        return "the verdict is about another candidate"
    if decided.get("verdict") != "PROMOTE":
        return f"the verdict is {decided.get('verdict')}"
    if BACK in one.tags:
        return f"{_rolled_back(one)}; `chatloop promote {one.number} --reason …` brings it back"
    if _is_stale(one, rival):
        return f"{rival} became champion since it was judged; `chatloop run` judges it again"
    return None


def _is_stale(one: Version, rival: Version | None) -> bool:
    return rival is not None and rival.candidate_sha256 != one.judged_against.get(
        "candidate_sha256"
    )


def _rolled_back(one: Version) -> str:
    kept = json.loads(one.tags[BACK])
    return f"{kept['by']} rolled it back ({kept['reason']})"


def _move(store: Store, one: Version, rival: Version | None) -> str:
    """The aliases, once the version has proved to be itself; `previous` first, so that a process
    that ends between both leaves a champion."""
    prove(store, one)
    if rival is not None:
        store.client.set_registered_model_alias(one.name, PREVIOUS, str(rival.number))
    store.client.set_registered_model_alias(one.name, CHAMPION, str(one.number))
    return f"{one} is the champion; before it: {rival or 'none'}"


def _note(store: Store, one: Version, key: str, content: Mapping[str, Any]) -> None:
    said = {**content, "by": getpass.getuser(), "at": datetime.now(UTC).isoformat("T", "seconds")}
    store.client.set_model_version_tag(
        one.name, str(one.number), key, json.dumps(said, ensure_ascii=False)
    )
