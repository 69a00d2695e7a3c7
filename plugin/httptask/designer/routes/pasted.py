"""A pasted command: tasks of it, by connections and secrets of the project, and what it has that the project lacks."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from httptask.designer.problems import Problem
from httptask.designer.routes.project import refusal_of_values, secret_state
from httptask.designer.routes.secrets import TakenValue, write_values
from httptask.designer.workspace import AskedWorkspace, Settings, Workspace
from httptask.dsl.loader import Loaded
from httptask.secrets.references import cut_secrets

if TYPE_CHECKING:
    from httptask.catalog.importing import Imported
    from httptask.catalog.importing.named_secrets import NeededSecret

router = APIRouter(tags=["catalog"])


class CurlCommand(BaseModel):
    """A curl command, as somebody pasted it."""

    curl: str = Field(max_length=1_000_000)
    path: str
    text: str
    as_json: bool = False
    """Whether a body that is JSON is sent as such where curl, told nothing of its type, calls it a form."""
    own: bool = False
    """Whether its own address and credential are sent where a connection of the project has its server."""
    keep: bool = True
    """Whether its credentials are to be kept: then none takes the name of a secret that has another value."""


class KeptCommand(CurlCommand):
    """A command whose credentials are to be kept, as `POST /api/catalog/import` told them."""

    names: list[str]
    """Of the secrets whose `state` is `kept`."""


class ImportedTask(BaseModel):
    """One task."""

    name: str
    task: dict[str, Any]


class ImportedSecret(BaseModel):
    """A secret of a command by its name, and never its value."""

    name: str
    what: str
    state: Literal["kept", "there", "another", "missing"]
    """`kept`: `POST /api/secrets/pasted` writes its value into `.env`. `there`: it has its value. `another`: it has
    another one than in the command, which is sent. `missing`: it has none, and none can be kept."""
    instead_of: str | None
    """The name that it would have, but for a secret with another value or of another server."""


class ImportedTasks(BaseModel):
    """Tasks that send what the command would; credentials became names of secrets."""

    tasks: list[ImportedTask]
    connections: dict[str, str]
    """Names of the connections that tasks go by, by the names of those."""
    configuration: dict[str, Any]
    """What `httptask.toml` needs for them: a connection that may reach the private address of a command.
    `POST /api/connections/prepared` adds it."""
    secrets: list[ImportedSecret]
    """Those of the tasks, and those that their connections send in place of the command's."""
    declared_secrets: list[str]
    """Those that the definition has to declare: the edit `secrets`."""
    notes: list[str]
    left_out: list[dict[str, Any]]
    json_as_form: list[str]
    """Names of those that `as_json` is about."""


@dataclass(frozen=True)
class _Read:
    """What a command becomes: with the values of those of its secrets that are kept, by name."""

    imported: "Imported"
    connections: dict[str, dict[str, Any]]
    secrets: list[ImportedSecret]
    kept: dict[str, str]


@router.post("/catalog/import")
def import_command(command: CurlCommand, workspace: AskedWorkspace, request: Request) -> ImportedTasks:
    """Tasks of a curl command. Nothing is run or written, and no file is read but what the command itself holds."""
    read = _read(command, workspace, request)
    made, known = read.imported, workspace.settings().config.secrets
    new = {one.name for one in cut_secrets(read.connections)[1]} - known.keys()
    tables = {
        "connections": read.connections,
        "secrets": {name: {"environment": name} for name in sorted(new)},
    }
    return ImportedTasks(
        tasks=[ImportedTask(name=name, task=task) for name, task in made.tasks.items()],
        connections=dict(made.connections),
        configuration={section: table for section, table in tables.items() if table},
        secrets=read.secrets,
        declared_secrets=[one.name for one in made.secrets],
        notes=list(made.notes),
        left_out=made.as_json()["left_out"],
        json_as_form=list(made.json_as_form),
    )


@router.post("/secrets/pasted")
async def keep_credentials(
    command: KeptCommand, workspace: AskedWorkspace, request: Request
) -> list[TakenValue]:
    """Write the credentials of a command into `.env`, under the names that its tasks have them by.

    A secret that has a value keeps it: 409 where what is kept is not what was told.
    """
    refusal = refusal_of_values(request, workspace.settings().config)
    if refusal is not None:
        raise Problem(403, refusal)
    read = await asyncio.to_thread(_read, command, workspace, request)
    if read.kept.keys() != set(command.names):
        detail = "connections or secrets of the project were changed meanwhile: nothing was kept"
        raise Problem(409, detail, "paste the command again")
    return await write_values(read.kept, workspace)


def names_of(loaded: Loaded) -> frozenset[str]:
    """The names that tasks of a definition have."""
    program = loaded.program or loaded.draft
    return frozenset() if program is None else frozenset(node.name for node in program.nodes.values())


def _read(command: CurlCommand, workspace: Workspace, request: Request) -> _Read:
    from httptask.catalog.curl import import_curl  # a third of the designer's start
    from httptask.catalog.importing.fitting import by_connections, secrets_of, with_private_servers

    settings = workspace.settings()
    config = settings.config
    is_kept = command.keep and refusal_of_values(request, config) is None
    whole = secrets_of(config, settings.environment)
    project = whole if is_kept else whole.without_values()
    taken = names_of(workspace.load(command.path, command.text))
    made = import_curl(command.curl, None, taken=taken, as_json=command.as_json, project=project)
    made = made if command.own else by_connections(made, project)
    made, connections = with_private_servers(made, project, config.policy.allow_private)
    needed = (*made.secrets, *made.of_connections)
    secrets = [_told(secret, whole.value_of(secret.name), settings, is_kept=is_kept) for secret in needed]
    kept = {one.name: one.value for one, told in zip(needed, secrets, strict=True) if told.state == "kept"}
    return _Read(
        made, connections, secrets, {name: value for name, value in kept.items() if value is not None}
    )


def _told(secret: "NeededSecret", value: str | None, settings: Settings, *, is_kept: bool) -> ImportedSecret:
    state: Literal["kept", "there", "another", "missing"] = "missing"
    if value is not None:
        state = "there" if secret.value in (None, value) else "another"
    elif is_kept and secret.value is not None and secret_state(secret.name, settings).why_not is None:
        state = "kept"
    return ImportedSecret(name=secret.name, what=secret.what, state=state, instead_of=secret.instead_of)
