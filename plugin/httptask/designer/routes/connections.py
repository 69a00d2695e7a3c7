"""Connections: made, and asked which models they have."""

from functools import partial
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from httptask.config import ConfigInvalid
from httptask.config.editing import add_tables
from httptask.config.find import CONFIG_NAME
from httptask.designer.problems import Problem
from httptask.designer.routes.project import ConnectionState, connection_states, missing_secrets, not_set_up
from httptask.designer.routes.testrequests import edge_of
from httptask.designer.workspace import AskedWorkspace
from httptask.http.errors import HttpTaskError
from httptask.http.files import replace_file
from httptask.http.models import HttpRequest
from httptask.json.types import is_array, is_object
from httptask.secrets.store import SecretStore

router = APIRouter(prefix="/connections", tags=["connections"])


class NewTables(BaseModel):
    """What `httptask.toml` gets, as `prepare` tells it: by section and name."""

    configuration: dict[str, dict[str, Any]]


class Models(BaseModel):
    """The models that a server has."""

    models: list[str]


@router.get("")
def list_connections(workspace: AskedWorkspace) -> list[ConnectionState]:
    """Each connection, and whether its secrets have values; never these."""
    return connection_states(workspace.settings())


@router.post("", status_code=201)
def add_connections(new: NewTables, workspace: AskedWorkspace) -> list[ConnectionState]:
    """Add connections and declared secrets to `httptask.toml`, whose other lines stay as they are."""
    config = workspace.settings().config
    file = config.file or config.root / CONFIG_NAME
    try:
        replace_file(file, partial(add_tables, file, new.configuration))
    except ConfigInvalid as error:
        raise Problem(422, "; ".join(error.faults), "write it there by hand") from None
    except OSError as error:
        raise Problem(422, f"{file.name} can't be written: {error.strerror}") from None
    return connection_states(workspace.settings())


@router.get("/{name}/models")
async def list_models(name: str, workspace: AskedWorkspace) -> Models:
    """The names that `GET /models` of a connection gives."""
    settings = workspace.settings()
    connection = settings.config.connections.get(name)
    if connection is None:
        raise Problem(404, f"there is no connection {name}", "add it to httptask.toml")
    store = SecretStore(settings.config.secrets, settings.environment)
    missing = missing_secrets(connection.secret_origins(), store)
    if missing:
        raise not_set_up(name, missing)
    edge = edge_of(settings.config, settings.environment)
    try:
        answer = await edge.send(HttpRequest(method="GET", url="/models", connection=name))
    except HttpTaskError as error:
        raise Problem(502, error.message) from None
    finally:
        await edge.aclose()
    listed = answer.content.get("data") if is_object(answer.content) else None
    found = [one.get("id") for one in listed if is_object(one)] if is_array(listed) else []
    return Models(models=sorted(one for one in found if isinstance(one, str)))
