"""What the registry holds: which version is the champion, and files, verified by their content.

champion("chatloop")  →  Version("chatloop", 3, "1f0c…", {"config.json": "9a…", …}, …)
"""

import os
import shutil
from pathlib import Path
from typing import Any

from chatloop.errors import UserError
from chatloop.io.files import folder_sha256, read_json, sha256, whole_folder, write_json
from chatloop.io.mlflow_store.connection import connect, is_empty, local_path
from chatloop.io.registry import versions
from chatloop.io.registry.versions import CANDIDATE, CHAMPION, NOBODY, Version, damaged


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


def served(name: str) -> tuple[Version | None, Version | None]:
    """The champion, and the candidate where it is another version; raises as `champion`."""
    if is_empty():
        return None, None
    with connect() as store:
        named = versions.aliases(store, name)
        best, newest = (
            versions.get(store, name, named[alias]) if alias in named else None
            for alias in (CHAMPION, CANDIDATE)
        )
    return best, None if newest == best else newest


def numbered(name: str, number: int) -> Version:
    """A version by its number.

    Raises:
        UserError: there is none, or chatloop did not register it.
        UnreachableError: the registry does not answer.
    """
    if is_empty():
        raise _none_yet(name, f"version {number}")
    with connect() as store:
        return versions.get(store, name, number)


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
        return verified(version)
    for file in version.files:
        _check_there(version, here, file)
    return here


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


def verified(version: Version) -> Path:
    """A copy in the user's cache, every file of which is what was registered; raises as `download`.

    Named by content, so whoever asks for the same model finds it, whatever its number.
    """
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = caches / "chatloop" / version.candidate_sha256
    if not folder.is_dir():
        with whole_folder(folder) as aside:
            download(version, aside)
    return folder
