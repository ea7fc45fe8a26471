"""Registrations from several machines: none fails, none is doubled, no number is left out."""

from pathlib import Path
from threading import Event

import pytest
from conftest import Make
from projects import Project
from two_machines import at_once, clones, start

from chatloop.errors import UnreachableError
from chatloop.io.mlflow_store.connection import Store, connect
from chatloop.io.registry import claiming
from chatloop.io.registry.claiming import Claim, claimed


def claims(store: Store, name: str) -> list[str]:
    found = store.client.search_registered_models(f"name LIKE '{name}{claiming.MARK}%'")
    return [one.name for one in found]


@pytest.mark.parametrize("count", [3])
def test_machines_that_register_at_once_make_one_version_of_the_same_and_leave_no_gap(
    project: Project, store_uri: str, new_project: Make, tmp_path: Path, count: int
) -> None:
    machines = clones(project, new_project, tmp_path, count)
    found = at_once([start(one, project.name, store_uri) for one in machines])
    assert len({same for same, _ in found}) == 1
    assert {number for pair in found for number in pair} == set(range(1, count + 2))
    with connect() as store:
        versions = store.client.search_model_versions(f"name = '{project.name}'")
        assert len(versions) == count + 1
        assert not claims(store, project.name)


def test_a_claim_of_another_machine_is_waited_for(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connect() as store:
        with monkeypatch.context() as there:
            there.setattr(claiming, "this_machine", lambda: "another")
            other = Claim(store, project.name)
            assert other.make(1)
        with pytest.raises(UnreachableError, match="another machine registers"):
            claimed(store, project.name, seconds=0.0).__enter__()
        assert claims(store, project.name) == [other.name]
        other.give_up()
        with claimed(store, project.name) as mine:
            mine.check()
        assert not claims(store, project.name)


def test_a_claim_whose_holder_died_is_passed_over_and_it_finds_that_out(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connect() as store:
        left = Claim(store, project.name)
        assert left.make(1)
        with claimed(store, project.name) as mine:  # it was of this machine, whose turn is ours
            assert claims(store, project.name) == [mine.name]
            with pytest.raises(UnreachableError, match="took the turn of this one"):
                left.check()
        with monkeypatch.context() as there:
            there.setattr(claiming, "this_machine", lambda: "another")
            assert left.make(1)
        monkeypatch.setattr(claiming, "SILENT", 0.0)
        with claimed(store, project.name) as mine:
            assert claims(store, project.name) == [mine.name]


def test_two_claims_that_are_made_in_the_same_moment_are_both_taken_back(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = Claim.make

    def both(claim: Claim, number: int) -> bool:
        monkeypatch.setattr(Claim, "make", make)
        with monkeypatch.context() as there:
            there.setattr(claiming, "this_machine", lambda: "another")
            assert Claim(store, project.name).make(number + 1)
        return claim.make(number)

    monkeypatch.setattr(Claim, "make", both)
    with connect() as store:
        assert not claiming._taken(Claim(store, project.name), {})
        assert claims(store, project.name) == [f"{project.name}{claiming.MARK}2"]


def test_a_holder_says_that_it_is_alive(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claiming, "BEAT", 0.0)
    with connect() as store:
        claim, ended, heard = Claim(store, project.name), Event(), []
        assert claim.make(1)
        tell = store.client.set_registered_model_tag
        monkeypatch.setattr(
            store.client,
            "set_registered_model_tag",
            lambda *said: (tell(*said), heard.append(said), len(heard) < 3 or ended.set()),
        )
        monkeypatch.setattr(ended, "wait", lambda _: ended.is_set())
        claim.live(ended)
        assert store.client.get_registered_model(claim.name).tags[claiming.ALIVE] == "3"
        claim.give_up()
        claim.give_up()  # gone already
