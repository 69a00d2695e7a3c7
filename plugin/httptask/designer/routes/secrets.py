"""Values of secrets: they come in, into the `.env` of the project, and never go out."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Final

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, SecretStr

from httptask.config import Config, ConfigInvalid
from httptask.config.config import for_own_runs
from httptask.config.dotenv import is_ignored_by_git, set_variable
from httptask.config.editing import add_tables
from httptask.designer.problems import Problem, not_written
from httptask.designer.routes.definitions import EditedText
from httptask.designer.routes.project import (
    SecretState,
    dotenv_of,
    file_of,
    refusal_of_values,
    secret_state,
)
from httptask.designer.workspace import AskedWorkspace, Settings, Workspace
from httptask.http.files import replace_file

router = APIRouter(prefix="/secrets", tags=["secrets"])

_MAX_VALUE: Final = 65_536
_VARIABLE: Final = re.compile(r"[A-Za-z_]\w{0,99}", re.ASCII)


class GivenValue(BaseModel):
    """The value of a secret, which no answer tells."""

    value: Annotated[SecretStr, Field(min_length=1, max_length=_MAX_VALUE)]
    definition: EditedText | None = None
    """That names the secret, where neither a connection nor `httptask.toml` does."""


class TakenValue(BaseModel):
    """What became of it."""

    secret: SecretState
    file: str
    """The `.env` that has it now."""
    warning: str | None
    """What else to do, so that it stays a secret."""


@router.put("/{name}")
async def give_value(name: str, given: GivenValue, workspace: AskedWorkspace, request: Request) -> TakenValue:
    """Write the value of a secret into `.env`, whose other lines stay as they are. It counts at once."""
    refusal = refusal_of_values(request, workspace.settings().config)
    if refusal is not None:
        raise Problem(403, refusal)
    settings = await asyncio.to_thread(_settings_with, name, given, workspace)
    [taken] = await write_values({name: given.value.get_secret_value()}, workspace, settings)
    return taken


async def write_values(
    values: Mapping[str, str], workspace: Workspace, settings: Settings | None = None
) -> list[TakenValue]:
    """Write values of secrets into `.env`; they count at once.

    Args:
        values: by the names of the secrets.
        workspace: whose `.env` it is.
        settings: in which the secrets are declared; else those that are not are variables of their names.

    Raises:
        Problem: one of them can't be written from here.
    """
    settings = settings or workspace.settings()
    config = for_own_runs(settings.config, values)
    file = dotenv_of(config)
    for name, value in values.items():
        state = secret_state(name, replace(settings, config=config))
        if state.why_not is not None:
            raise Problem(409, f"the value of {name} can't be set from here: {state.why_not}")
        try:
            await asyncio.to_thread(set_variable, file, config.secrets[name].environment or name, value)
        except ConfigInvalid as error:
            raise Problem(422, "; ".join(error.faults), "write it there by hand") from None
        except OSError as error:
            raise not_written(file.name, error) from None
    workspace.look()
    ignored = await asyncio.to_thread(is_ignored_by_git, file)
    warning = f"git does not ignore {file.name}: write {file.name} into .gitignore, or it may be committed"
    after = workspace.settings()
    after = replace(after, config=for_own_runs(after.config, values))
    return [
        TakenValue(
            secret=secret_state(name, after),
            file=str(file),
            warning=warning if ignored is False else None,
        )
        for name in values
    ]


def _settings_with(name: str, given: GivenValue, workspace: Workspace) -> Settings:
    """The configuration, in which a secret that a connection or a definition names is declared.

    Raises:
        Problem: nothing names it.
    """
    settings = workspace.settings()
    if name in settings.config.secrets:
        return settings
    if _VARIABLE.fullmatch(name):
        if any(name in one.secret_origins() for one in settings.config.connections.values()):
            _declare(name, settings.config)
            return workspace.settings()
        if given.definition is not None:
            _, program = workspace.readable(given.definition.path, given.definition.text)
            if name in program.definition.use.secrets:
                return replace(settings, config=for_own_runs(settings.config, [name]))
    raise Problem(404, "nothing names a secret of that name", "name it in a connection, or under use.secrets")


def _declare(name: str, config: Config) -> None:
    file = file_of(config)
    try:
        replace_file(file, lambda: add_tables(file, {"secrets": {name: {"environment": name}}}))
    except ConfigInvalid as error:
        raise Problem(422, "; ".join(error.faults), "write it there by hand") from None
    except OSError as error:
        raise not_written(file.name, error) from None
