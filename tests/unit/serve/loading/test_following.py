"""The alias moves, versions break, the registry is away: whoever asks gets an answer."""

import asyncio
import logging
import math
import threading
import weakref
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from chatloop.conversation import Message
from chatloop.errors import UnreachableError, UserError
from chatloop.serve.loading.holder import FollowedModels
from chatloop.serve.loading.releases import Release, Wanted, source_of
from chatloop.serve.model import NoModelError, Piece, Sampling, Token


class FakeModel:
    """Says its version, a token at a time; a broken one says nothing, or nonsense."""

    context, defaults, fingerprint = 100, Sampling(), "f"

    def __init__(self, version: str, ill: str = "") -> None:
        self.version, self.ill = version, ill

    def prompt(self, messages: Sequence[Message]) -> list[int]:
        return [1] * len(messages)

    def encode(self, text: str) -> list[int]:
        return [1] * len(text)

    async def stream(self, prompt: Sequence[int], sampling: Sampling) -> AsyncIterator[Piece]:
        if self.ill == "raises":
            raise RuntimeError("no such kernel")
        if self.ill == "silent":
            yield Piece("", (), "stop")
            return
        logprob = math.nan if self.ill == "nan" else -0.5
        for _ in range(3):
            await asyncio.sleep(0)
            yield Piece(self.version, (Token(1, self.version, logprob),), None)
        yield Piece("", (), "stop")


class FakeRegistry:
    """Aliases that a test moves."""

    def __init__(self) -> None:
        self.champion: Release | None = None
        self.candidate: Release | None = None
        self.away = ""

    def wanted(self) -> Wanted:
        if self.away:
            raise UnreachableError(self.away)
        return Wanted(self.champion, self.candidate)


def release(version: str) -> Release:
    return Release(version, f"content of {version}", lambda: Path(version))


class Served:
    """What a test looks at: the registry, who is ill, what was loaded, and the models."""

    def __init__(self, share: float = 0.0, seconds: float = 60.0) -> None:
        self.registry, self.ill, self.loaded = FakeRegistry(), dict[str, str](), list[str]()
        self.alive: weakref.WeakSet[FakeModel] = weakref.WeakSet()
        self.models = FollowedModels("chatloop", self.registry, self.load, share, seconds)

    def load(self, wanted: Release) -> FakeModel:
        self.loaded.append(wanted.version)
        ill = self.ill.get(wanted.version, "")
        if ill == "load":
            raise UserError("its files lack 3 weights")
        model = FakeModel(wanted.version, ill)
        self.alive.add(model)
        return model

    def champion(self, version: str) -> None:
        self.registry.champion = release(version)
        self.models.look()


def test_without_a_champion_the_reason_is_what_to_run() -> None:
    served = Served()
    with pytest.raises(NoModelError, match="being loaded"):
        served.models.choose("anna")
    served.models.look()
    with pytest.raises(NoModelError, match="chatloop run"):
        served.models.choose("anna")
    assert served.models.names() == ()


def test_the_alias_moves_and_the_new_version_serves() -> None:
    served = Served()
    served.champion("3")
    assert served.models.choose("anna").version == "3"
    assert served.models.names() == ("chatloop", "chatloop@3")
    served.champion("4")
    assert served.models.choose("anna").version == "4"
    assert served.models.named("chatloop@3") is None
    for name in ("chatloop", "champion", "chatloop@4", "chatloop@champion", "4"):
        found = served.models.named(name)
        assert found is not None
        assert found.version == "4"
    assert served.loaded == ["3", "4"]
    assert {model.version for model in served.alive} == {"4"}


@pytest.mark.parametrize("ill", ["load", "raises", "silent", "nan"])
def test_a_bad_version_never_replaces_a_good_one_and_is_said_once(
    ill: str, caplog: pytest.LogCaptureFixture
) -> None:
    served = Served()
    served.ill["4"] = ill
    served.champion("3")
    for _ in range(5):
        served.champion("4")
    assert served.models.choose("anna").version == "3"
    assert served.loaded == ["3", "4"]
    said = [record.message for record in caplog.records if record.levelno == logging.ERROR]
    assert len(said) == 1
    assert "version 4 is not served" in said[0]
    assert "version 3 stays" in said[0]


def test_a_bad_first_version_is_the_reason_why_nothing_answers() -> None:
    served = Served()
    served.ill["1"] = "load"
    served.champion("1")
    with pytest.raises(NoModelError, match="its files lack 3 weights"):
        served.models.choose("anna")


def test_while_the_registry_is_away_what_is_loaded_serves(
    caplog: pytest.LogCaptureFixture,
) -> None:
    served = Served()
    served.registry.away = "MLflow cannot be reached"
    served.models.look()
    with pytest.raises(NoModelError, match="cannot be reached"):
        served.models.choose("anna")
    served.registry.away = ""
    served.champion("3")
    served.registry.away = "MLflow cannot be reached"
    for _ in range(5):
        served.models.look()
    assert served.models.choose("anna").version == "3"
    assert len([r for r in caplog.records if "cannot be reached" in r.message]) == 2
    served.registry.away = ""
    served.champion("4")
    assert served.models.choose("anna").version == "4"


def test_the_share_is_kept_and_a_key_meets_one_version() -> None:
    served = Served(share=0.25)
    served.registry.candidate = release("4")
    served.champion("3")
    keys = [f"user-{n}" for n in range(2000)]
    first = [served.models.choose(key).version for key in keys]
    assert first == [served.models.choose(key).version for key in keys]
    assert 0.2 < first.count("4") / len(keys) < 0.3
    assert served.models.names() == ("chatloop", "chatloop@3", "chatloop@4")
    served.registry.candidate = None
    served.champion("4")
    assert served.loaded == ["3", "4"]  # it was here already
    assert {served.models.choose(key).version for key in keys} == {"4"}


def test_a_bad_candidate_gets_no_traffic() -> None:
    served = Served(share=0.5)
    served.ill["4"] = "nan"
    served.registry.candidate = release("4")
    served.champion("3")
    assert {served.models.choose(f"user-{n}").version for n in range(100)} == {"3"}


def test_thirty_swaps_under_load_fail_no_request() -> None:
    served = Served(seconds=0.01)
    served.registry.champion = release("0")
    served.models.look()
    served.models.follow()
    swapped = threading.Event()

    async def request(number: int) -> None:
        model = served.models.choose(f"user-{number}")
        version = model.version
        pieces = [piece async for piece in model.stream([1], Sampling())]
        assert "".join(piece.text for piece in pieces) == version * 3

    async def load() -> int:
        count = 0
        while not swapped.is_set():
            await asyncio.gather(*(request(count + n) for n in range(20)))
            count += 20
        return count

    def swap() -> None:
        for version in range(1, 31):
            served.registry.champion = release(str(version))
            while served.models.choose("anna").version != str(version):
                served.models._ended.wait(0.001)
        swapped.set()

    swapper = threading.Thread(target=swap)
    swapper.start()
    assert asyncio.run(load()) > 0
    swapper.join()
    served.models.close()
    assert len(served.loaded) == 31
    assert not served.alive
    with pytest.raises(NoModelError, match="shutting down"):
        served.models.choose("anna")


def test_a_stream_that_runs_holds_its_version() -> None:
    served = Served()
    served.champion("3")

    async def main() -> None:
        stream = served.models.choose("anna").stream([1], Sampling())
        assert (await anext(stream)).text == "3"
        served.registry.champion = release("4")
        await asyncio.to_thread(served.models.look)
        assert {model.version for model in served.alive} == {"3", "4"}
        assert [piece.text async for piece in stream] == ["3", "3", ""]

    asyncio.run(main())
    assert {model.version for model in served.alive} == {"4"}


@pytest.mark.parametrize("pinned", ["nowhere", "7"])
def test_what_is_pinned_has_to_be_there(
    pinned: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("MLFLOW_REGISTRY_URI", raising=False)
    with pytest.raises(UserError, match=r"no such model folder|has no version 7"):
        source_of("chatloop", pinned)
