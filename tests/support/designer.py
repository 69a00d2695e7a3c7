"""The designer over ASGI: asked without a socket."""

import json
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from httptask.cli.project.project import Project
from httptask.cli.worker.own_runs import OwnRuns
from httptask.config import load_config
from httptask.config.find import CONFIG_NAME, read_dotenv
from httptask.designer.app import create_app
from httptask.designer.folder import Folder
from httptask.designer.workspace import Settings, Temporal, Workspace
from httptask.dsl.loader import Loaded

ADDRESS = "127.0.0.1:7280"
TOKEN = "a-token-of-the-tests"


def workspace_of(
    folder: Path,
    environment: Mapping[str, str],
    temporal: Temporal | None = None,
    permit: Callable[[Loaded], None] = lambda _: None,
) -> Workspace:
    """A folder with a configuration of its own."""
    config = folder / CONFIG_NAME
    config.touch()

    def load(**_: object) -> Project:
        return Project(load_config(config, environment), environment)

    return Workspace(
        Folder(folder),
        lambda: Settings(load().config, environment),
        lambda: temporal,
        permit,
        OwnRuns(load),
    )


def dotenv_workspace(folder: Path, environment: dict[str, str] | None = None) -> Workspace:
    """A folder as `httptask dev` has it, which reads `.env` anew each time."""
    made = workspace_of(folder, {})
    own = environment or {}

    def read() -> Settings:
        written = dict(read_dotenv(folder, named=True))
        both = {**written, **own}
        passed_over = frozenset(name for name, value in written.items() if own.get(name, value) != value)
        config = load_config(folder / "httptask.toml", both)
        return Settings(config, both, frozenset(written.keys() - own.keys()), passed_over)

    object.__setattr__(made, "read_settings", read)
    return made


@asynccontextmanager
async def asked(workspace: Workspace, **options: Any) -> AsyncGenerator[httpx.AsyncClient]:
    """Somebody who asks its designer, and knows the token."""
    app = create_app(workspace, [ADDRESS], TOKEN, options.pop("bundle", None))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app),
        base_url=f"http://{ADDRESS}",
        headers={"x-httptask-token": TOKEN},
        **options,
    ) as client:
        yield client


async def events(client: httpx.AsyncClient, method: str, path: str, **options: Any) -> list[tuple[str, Any]]:
    """The events of a stream, once it has ended: the name of each, and its data."""
    answer = await client.request(method, path, timeout=30, **options)
    assert answer.headers["content-type"].startswith("text/event-stream"), answer.text
    parts = [part for part in answer.text.split("\n\n") if part.startswith("event: ")]
    return [(name[7:], json.loads(data[6:])) for name, data in (part.split("\n") for part in parts)]


def applied(text: str, changes: Sequence[Mapping[str, Any]]) -> str:
    """A text with changes as the API tells them, made as a browser makes them: by UTF-16 code units."""
    units = text.encode("utf-16-le")
    for change in reversed(changes):
        inserted = str(change["insert"]).encode("utf-16-le")
        units = units[: change["from"] * 2] + inserted + units[change["to"] * 2 :]
    return units.decode("utf-16-le")
