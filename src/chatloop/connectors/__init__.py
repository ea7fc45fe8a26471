"""Chat frameworks, one a folder or file: each maps its JSON to one `complete` and back.

To add one, write its file and name it in _ALL; the contract test asks for its section in
docs/connectors.md. Packages of others bring one by the entry point group `chatloop.connectors`.
"""

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points

from fastapi import APIRouter
from pydantic import ValidationError

from chatloop.connectors import rasa, slack
from chatloop.connectors.connector import Connector, Seams, Setting
from chatloop.connectors.dialogflow import cx, es
from chatloop.errors import UserError
from chatloop.params.data import Section
from chatloop.params.serving import ConnectorParams

__all__ = ["CONNECTORS", "GROUP", "Connector", "Seams", "Setting", "routers"]

_ALL = (cx.CONNECTOR, es.CONNECTOR, rasa.CONNECTOR, slack.CONNECTOR)
CONNECTORS: dict[str, Connector] = {known.name: known for known in _ALL}
GROUP = "chatloop.connectors"
_WHERE = "serve.connectors.use"


def routers(
    params: ConnectorParams, seams: Seams, environment: Mapping[str, str], *, loopback: bool
) -> list[APIRouter]:
    """A router for every connector that `params.use` names, in the order of their names.

    Raises:
        UserError: a name or an option that is not known, or a secret that is not set: without one
            a connector is mounted on loopback alone.
    """
    brought = {point.name: point for point in entry_points(group=GROUP)}
    return [
        _router(_named(name, brought), given, params, seams, environment, loopback)
        for name, given in sorted(params.use.items())
    ]


def _named(name: str, brought: Mapping[str, EntryPoint]) -> Connector:
    """One of ours, else somebody else's, whose code is loaded only now that it is asked for."""
    if name in CONNECTORS:
        return CONNECTORS[name]
    if name not in brought:
        known = ", ".join(sorted({*CONNECTORS, *brought}))
        raise UserError(f"{_WHERE}: {name!r} is not known; known here: {known}")
    try:
        found = brought[name].load()
    except Exception as error:
        raise UserError(f"{_WHERE}.{name}: {brought[name].value}: {error}") from error
    if not isinstance(found, Connector):
        raise UserError(f"{_WHERE}.{name}: {brought[name].value} is no Connector")
    return found


def _router(
    connector: Connector,
    given: Mapping[str, object],
    params: ConnectorParams,
    seams: Seams,
    environment: Mapping[str, str],
    loopback: bool,
) -> APIRouter:
    names = (*connector.secrets, *connector.needs, *connector.reads)
    secrets = {name: environment[name] for name in names if environment.get(name, "").strip()}
    _check_secrets(connector, secrets, loopback)
    return connector.router(Setting(_options(connector, given), seams, secrets, params.history))


def _check_secrets(connector: Connector, secrets: Mapping[str, str], loopback: bool) -> None:
    where = f"{_WHERE}.{connector.name}"
    missing = [name for name in connector.needs if name not in secrets]
    if missing:
        raise UserError(f"{where}: {', '.join(missing)} is not set in the environment")
    if not loopback and not any(name in secrets for name in connector.secrets):
        either = " or ".join(connector.secrets)
        raise UserError(f"{where}: anybody could call it; set {either} in the environment")


def _options(connector: Connector, given: Mapping[str, object]) -> Section:
    try:
        return connector.options.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join([_WHERE, connector.name, *(str(part) for part in first["loc"])])
        raise UserError(f"{field}: {first['msg']}") from None
