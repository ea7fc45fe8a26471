"""What should be served: versions that the registry's aliases name, or one that is pinned.

Wanted(champion=Release("3", "1f0c…", <fetch>), candidate=Release("4", "77ab…", <fetch>))
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from chatloop.errors import UserError
from chatloop.io.registry import holding
from chatloop.io.registry.moving import BACK
from chatloop.io.registry.versions import Version


@dataclass(frozen=True)
class Release:
    """A version that can be had: what it is called, the hash of its content, how to get it."""

    version: str
    content: str
    fetch: Callable[[], Path] = field(compare=False)


@dataclass(frozen=True)
class Wanted:
    """Who answers, and who shares the traffic; None where there is none."""

    champion: Release | None
    candidate: Release | None = None


class Source(Protocol):
    """Says what should be served now."""

    def wanted(self) -> Wanted:
        """Asked every few seconds.

        Raises:
            UserError: it cannot be known now; `UnreachableError` where the registry is away.
        """
        ...


class RegistrySource:
    """The aliases `champion` and `candidate` of a registered model."""

    def __init__(self, name: str) -> None:
        self._name = name

    def wanted(self) -> Wanted:
        """As `Source.wanted`."""
        champion, candidate = holding.served(self._name)
        if candidate is not None and not _may_share(candidate):
            candidate = None
        return Wanted(
            None if champion is None else _release(champion),
            None if candidate is None else _release(candidate),
        )


class PinnedSource:
    """One release for good."""

    def __init__(self, release: Release) -> None:
        self._wanted = Wanted(release)

    def wanted(self) -> Wanted:
        """As `Source.wanted`."""
        return self._wanted


def source_of(name: str, pinned: str | None) -> Source:
    """The registry's aliases, or what `--model` says: a folder or the number of a version.

    Raises:
        UserError: no such folder, no such version.
    """
    if pinned is None:
        return RegistrySource(name)
    if pinned.isdecimal():
        return PinnedSource(_release(holding.numbered(name, int(pinned))))
    folder = Path(pinned).expanduser()
    if not (folder / "config.json").is_file():
        raise UserError(f"--model {pinned}: no such model folder, and no number of a version")
    return PinnedSource(Release(folder.resolve().name, str(folder.resolve()), lambda: folder))


def _may_share(version: Version) -> bool:
    """Whether people may meet a version that is not the champion: no verdict, nobody said no."""
    return version.tags.get("verdict") != "REJECT" and BACK not in version.tags


def _release(version: Version) -> Release:
    return Release(str(version.number), version.candidate_sha256, lambda: holding.verified(version))
