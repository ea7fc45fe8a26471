"""The registry: what is mounted, what is refused, and what other packages bring."""

from importlib.metadata import EntryPoint
from typing import Any

import pytest
from fastapi import APIRouter

import chatloop.connectors
from chatloop.connectors import CONNECTORS, Connector, routers
from chatloop.errors import UserError
from chatloop.params.data import Section
from chatloop.params.serving import ConnectorParams
from tests.unit.connectors.fakes import Fake

SECRETS = {
    "CHATLOOP_RASA_TOKEN": "s3cret",
    "CHATLOOP_DIALOGFLOW_TOKEN": "s3cret",
    "CHATLOOP_SLACK_SIGNING_SECRET": "s3cret",
    "CHATLOOP_SLACK_BOT_TOKEN": "xoxb-1",
}


def mount(use: dict[str, Any], secrets: dict[str, str], loopback: bool = False) -> list[APIRouter]:
    return routers(ConnectorParams(use=use), Fake().seams, secrets, loopback=loopback)


def test_nothing_is_mounted_unasked() -> None:
    assert ConnectorParams().use == {}
    assert mount({}, SECRETS) == []


def test_all_connectors_live_beside_each_other() -> None:
    found = mount({name: {} for name in CONNECTORS}, SECRETS)
    paths = [route.path for router in found for route in router.routes]
    assert len(found) == len(CONNECTORS)
    assert len(paths) == len(set(paths))


@pytest.mark.parametrize("name", sorted(CONNECTORS))
def test_without_a_secret_a_connector_is_for_loopback_alone(name: str) -> None:
    needs = dict.fromkeys(CONNECTORS[name].needs, "x")
    assert mount({name: {}}, needs, loopback=True)
    with pytest.raises(UserError, match=r"^serve\.connectors\.use\.\w+: .*CHATLOOP_[A-Z_]+"):
        mount({name: {}}, needs | {CONNECTORS[name].secrets[0]: "  "})


@pytest.mark.parametrize(
    ("use", "secrets", "says"),
    [
        ({"teams": {}}, {}, "'teams' is not known; known here: dialogflow_cx, dialogflow_es, rasa"),
        ({"rasa": {"secnds": 1}}, {}, "connectors.use.rasa.secnds: Extra inputs"),
        ({"rasa": {"seconds": 60.0}}, {}, "rasa.seconds: Input should be less than or equal to 50"),
        ({"slack": {}}, {}, "slack: CHATLOOP_SLACK_BOT_TOKEN is not set"),
        ({"dialogflow_es": {}}, {"CHATLOOP_DIALOGFLOW_BASIC": "x"}, "write user:password"),
        ({"dialogflow_cx": {}}, {"CHATLOOP_DIALOGFLOW_AUDIENCE": "https://x"}, "SERVICE_ACCOUNT"),
    ],
)
def test_a_mistake_is_one_clear_line(use: Any, secrets: dict[str, str], says: str) -> None:
    with pytest.raises(UserError, match=r"^[^\n]+$") as caught:
        mount(use, secrets, loopback=True)
    assert says in str(caught.value)


class TeamsOptions(Section):
    """Somebody else's options."""

    seconds: float = 3.0


TEAMS = Connector("teams", TeamsOptions, ("TEAMS_SECRET",), lambda setting: APIRouter())
BROKEN = "no connector"


def brought(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    point = EntryPoint("teams", value, chatloop.connectors.GROUP)
    monkeypatch.setattr(chatloop.connectors, "entry_points", lambda group: [point])


def test_a_package_of_somebody_elses_brings_one(monkeypatch: pytest.MonkeyPatch) -> None:
    brought(monkeypatch, f"{__name__}:TEAMS")
    assert len(mount({"teams": {"seconds": 1.0}}, {"TEAMS_SECRET": "x"})) == 1
    with pytest.raises(UserError, match="TEAMS_SECRET"):
        mount({"teams": {}}, {})


@pytest.mark.parametrize("value", [f"{__name__}:BROKEN", f"{__name__}:NONE", "no_such_module:X"])
def test_a_package_that_brings_no_connector_is_named(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    brought(monkeypatch, value)
    with pytest.raises(UserError, match=r"serve\.connectors\.use\.teams: .*"):
        mount({"teams": {}}, {}, loopback=True)


def test_what_is_brought_and_not_asked_for_is_not_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    brought(monkeypatch, "no_such_module:X")
    assert mount({"rasa": {}}, {}, loopback=True)
