"""The registry: which version is the champion, and its files, each verified by its content.

    champion("chatloop")  →  Version("chatloop", 3, "1f0c…", {"config.json": "9a…", …}, …)

The flow asks it to pin the champion before the stages run, to register and to promote after the
gate; the champion stage asks it for the files.
"""

import os
import shutil
from pathlib import Path
from typing import Any

from chatloop.errors import UserError
from chatloop.io.files import folder_sha256, read_json, sha256, whole_folder, write_json
from chatloop.io.mlflow_store import versions
from chatloop.io.mlflow_store.connection import connect, is_empty, local_path
from chatloop.io.mlflow_store.register import register
from chatloop.io.mlflow_store.versions import CHAMPION, NOBODY, PREVIOUS, Version, damaged

__all__ = [
    "Version",
    "champion",
    "download",
    "find",
    "local_model",
    "pin_champion",
    "promote",
    "register",
]


def champion(name: str) -> Version | None:
    """The champion; None where there is none, or no registry yet.

    Raises:
        UserError: the alias points to a version that chatloop did not register.
        UnreachableError: the registry does not answer.
    """
    if is_empty():
        return None
    with connect() as store:
        number = versions.aliases(store, name).get(CHAMPION)
        return None if number is None else versions.get(store, name, number)


def find(name: str, candidate_sha256: str) -> Version | None:
    """The version with exactly this content, None where there is none; raises as `champion`."""
    if is_empty():
        return None
    with connect() as store:
        return versions.find(store, name, candidate_sha256)


def download(version: Version, folder: Path) -> None:
    """The candidate's folder again, byte for byte.

    Raises:
        UserError: a file is gone, or not what was registered.
        UnreachableError: the registry or its files cannot be reached.
    """
    with connect() as store, versions.fetched(store, versions.place_of(store, version)) as stored:
        for file, digest in version.files.items():
            _check_there(version, stored, file)
            target = folder / file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(stored / file, target)
            if sha256(target) != digest:
                raise damaged(version, file, "is not what was registered")


def local_model(name: str, which: str | int = CHAMPION) -> Path:
    """A folder that transformers loads: the store's own where it is on this machine, else a
    verified copy in the user's cache. `which` is an alias or the number of a version.

    Raises:
        UserError: no such version, or a file of it is gone.
        UnreachableError: the registry does not answer.
    """
    if is_empty():
        raise _none_yet(name, which)
    with connect() as store:
        number = which if isinstance(which, int) else versions.aliases(store, name).get(which)
        if number is None:
            raise _none_yet(name, which)
        version = versions.get(store, name, number)
        here = local_path(versions.place_of(store, version))
    if here is None:
        return _cached(version)
    for file in version.files:
        _check_there(version, here, file)
    return here


def promote(name: str, version: int, verdict: Path) -> str:
    """Make a version the champion if the verdict on exactly this candidate says PROMOTE.

    The alias `previous` keeps the champion before it. Returns the line that says what was done.
    """
    decided = read_json(verdict)
    with connect() as store:
        now = versions.aliases(store, name).get(CHAMPION)
        one = versions.get(store, name, version)
        rival = None if now is None else versions.get(store, name, now)
        if now == version:
            return f"{one} is the champion already"
        refusal = _refusal(one, rival, decided)
        if refusal:
            return f"{one} is not promoted: {refusal}"
        if now is not None:
            store.client.set_registered_model_alias(name, PREVIOUS, str(now))
        store.client.set_registered_model_alias(name, CHAMPION, str(version))
    return f"{one} is the champion; before it: {rival or 'none'}"


def _refusal(one: Version, rival: Version | None, decided: dict[str, Any]) -> str | None:
    """Why a version cannot become champion, None if it can."""
    if decided.get("candidate_sha256") != one.candidate_sha256:
        return "the verdict is about another candidate"
    if decided.get("verdict") != "PROMOTE":
        return f"the verdict is {decided.get('verdict')}"
    if rival and rival.candidate_sha256 != one.judged_against.get("candidate_sha256"):
        return f"{rival} became champion since it was judged; `chatloop run` judges it again"
    return None


def pin_champion(name: str, pin: Path, candidate: Path) -> str:
    """Write down the champion to beat, before the stages that read the pin; returns a line.

    A champion that is this very candidate is not its own rival: the pin stays what it was judged
    against, so that a second run of the same has nothing to do.
    """
    now = champion(name)
    wanted = NOBODY if now is None else now.pin
    if now is not None and now.candidate_sha256 == folder_sha256(candidate):
        wanted = dict(now.judged_against)
    if _read_pin(pin) != wanted:
        write_json(pin, wanted)
    if wanted["version"] is None:
        return "no champion to beat yet"
    return f"the champion to beat is {name} version {wanted['version']}"


def _read_pin(pin: Path) -> Any:
    """None for a pin that cannot be read, a half-merged one for instance: it is made anew."""
    try:
        return read_json(pin)
    except UserError:
        return None


def _check_there(version: Version, folder: Path, file: str) -> None:
    if not (folder / file).is_file():
        raise damaged(version, file, f"is gone from {folder}")


def _none_yet(name: str, which: str | int) -> UserError:
    return UserError(f"{name} has no {which} yet; `chatloop run` trains, judges and registers one")


def _cached(version: Version) -> Path:
    """Named by content, so whoever asks for the same model finds it, whatever its number."""
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = caches / "chatloop" / version.candidate_sha256
    if not folder.is_dir():
        with whole_folder(folder) as aside:
            download(version, aside)
    return folder
