"""What commands send: by the real curl in a real shell, and as tasks that were made of them."""

import asyncio
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from httptask.catalog.curl import import_curl
from httptask.catalog.importing import Imported
from httptask.client.edge import Edge
from httptask.dsl.compile import compile_definition
from httptask.request.draft import AUTOMATIC_HEADERS
from httptask.testing import ScriptedServer, ServedRequest
from httptask.testrequest import Sample, plan_request
from support.definitions import document

__all__ = ["definition_of", "run_by_bash", "send_imported", "taken"]

MakeEdge = Callable[..., Edge]

_QUIET = 'curl() { command curl --disable --silent --show-error --max-time 20 "$@"; }\n'
_PERCENT = re.compile("%[0-9a-f]{2}", re.IGNORECASE)
_OF_TRANSPORT = {"connection", "content-length", "expect", "host", "idempotency-key", "transfer-encoding"}


async def run_by_bash(command: str, folder: Path, environment: Mapping[str, str]) -> tuple[int, str]:
    """Run a command as it is pasted; returns the exit code, and what curl says of it."""
    clean = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    shell = await asyncio.create_subprocess_exec(
        "bash",
        env={**clean, **environment},
        cwd=folder,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await shell.communicate((_QUIET + command).encode())
    return shell.returncode or 0, errors.decode()


def definition_of(made: Imported) -> dict[str, Any]:
    use = {"use": {"secrets": [secret.name for secret in made.secrets]}} if made.secrets else {}
    return document(**use, do=[{name: task} for name, task in made.tasks.items()])


async def send_imported(
    command: str, folder: Path, environment: Mapping[str, str], make_edge: MakeEdge
) -> Imported:
    """Send what tasks made of a command send, with its credentials as secrets."""
    made = import_curl(command, folder)
    program = compile_definition(definition_of(made)).program
    assert program is not None
    values = {secret.name: secret.value or environment.get(secret.name, "") for secret in made.secrets}
    edge = make_edge(secrets=values)
    for name in made.tasks:
        await edge.send(plan_request(program, name, Sample()).request)
    return made


def told(served: ServedRequest) -> dict[str, Any]:
    """All of a request but who sends it, what that can undo, and how it is framed."""
    headers = {name: value for name, value in served.headers.items() if name not in _OF_TRANSPORT}
    if headers.get("user-agent", "").startswith(("curl/", "httptask/")):
        del headers["user-agent"]
    if (
        "br" in headers.get("accept-encoding", "")
        or headers.get("accept-encoding") == AUTOMATIC_HEADERS["accept-encoding"]
    ):
        del headers["accept-encoding"]
    body = served.body
    boundary = re.search(r"boundary=(\S+)", headers.get("content-type", ""))
    if boundary is not None:
        body = body.replace(boundary[1].encode(), b"B")
        headers["content-type"] = headers["content-type"].replace(boundary[1], "B")
    target = _PERCENT.sub(lambda found: found[0].upper(), served.target)
    return {"method": served.method, "target": target, "headers": headers, "body": body}


def taken(server: ScriptedServer) -> list[dict[str, Any]]:
    """What arrived since it was asked the last time."""
    arrived = [told(served) for served in server.requests]
    server.requests.clear()
    return arrived
