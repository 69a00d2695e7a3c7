"""A project with a definition and a connection for each mode of the canaries, and their servers."""

import json
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from httptask.testing import ScriptedServer
from support.canaries import CANARIES, MODES, Mode
from support.certificates import Certificates
from support.definitions import document
from support.proxy import tunnel_proxy

__all__ = ["CanaryProject", "canary_project"]

_REQUEST = {
    "method": "post",
    "path": "/call",
    "query": {"key": "${ $secrets.CANARY }"},
    "headers": {"X-Api-Key": "${ $secrets.SAFE }", "X-Mixed": "${ $secrets.MIXED }"},
    "body": {
        "key": "${ $secrets.CANARY }",
        "text": "it is ${ $secrets.SAFE }.",
        "keys": ["${ $secrets.SHORT }", "${ $secrets.LONG }"],
    },
    "output": "response",
}
_CONNECTION: Mapping[str, Any] = {
    "base_url": "{peer}",
    "authentication": {"bearer": {"token": "$secrets.SAFE"}},
    "allow_private": ["loopback"],
    "limits": {"idle": 1.0},
    "retry": {"attempts": 2, "first_interval": 0.1},
}


@dataclass
class CanaryProject:
    """The folder, and the servers by mode."""

    folder: Path
    servers: dict[str, ScriptedServer] = field(default_factory=dict[str, ScriptedServer])

    @property
    def config(self) -> Path:
        return self.folder / "httptask.toml"

    def definition(self, name: str) -> dict[str, Any]:
        """One call, whose error ends the run."""
        head = {"dsl": "1.0.3", "namespace": "test", "name": name, "version": "1.0.0"}
        return document(
            document=head,
            use={"secrets": [*CANARIES]},
            timeout={"after": "PT10S"},
            do=[{"call": _call(name)}, *_then(name)],
        )

    def all_at_once(self) -> dict[str, Any]:
        """Every call, and the errors that they end in as the output."""
        tasks = [
            {
                f"{name}-all": {
                    "call": "map",
                    "with": {
                        "in": "${ [1] }",
                        "onError": "collect",
                        "do": [{name: _call(name)}, *_then(name)],
                    },
                }
            }
            for name in MODES
        ]
        return document(use={"secrets": [*CANARIES]}, do=tasks)

    def file(self, name: str) -> Path:
        return self.folder / f"{name}.yaml"


def _call(name: str) -> dict[str, Any]:
    mode = MODES[name]
    usual = _REQUEST if mode.call == "httpRequest" else {}
    return {"call": mode.call, "with": {"connection": name, **usual, **mode.arguments}}


def _then(name: str) -> list[dict[str, Any]]:
    expression = MODES[name].then
    return [] if expression is None else [{f"{name}-then": {"set": f"${{ {expression} }}"}}]


@asynccontextmanager
async def canary_project(folder: Path) -> AsyncGenerator[CanaryProject]:
    """A project whose servers run."""
    project = CanaryProject(folder)
    async with AsyncExitStack() as stack:
        tables = [_table(name, await _peer(project, name, stack)) for name in MODES]
        origins = sorted(set(re.findall(r'https?://[^"/]+', "".join(tables))))
        secrets = [
            f"[secrets.{name}]\nenvironment = {_toml(name)}\norigins = {_toml(origins)}\n"
            for name in CANARIES
        ]
        project.config.write_text("\n".join([*tables, *secrets]))
        for name in MODES:
            project.file(name).write_text(json.dumps(project.definition(name)))
        project.file("all").write_text(json.dumps(project.all_at_once()))
        yield project


async def _peer(project: CanaryProject, name: str, stack: AsyncExitStack) -> str:
    """Starts the server of a mode; its URL."""
    mode: Mode = MODES[name]
    if mode.peer == "closed":
        return "http://127.0.0.1:1"
    if mode.peer == "tunnel":
        return (await stack.enter_async_context(tunnel_proxy(1, refusal="403 No"))).url
    tls = Certificates(project.folder).server("127.0.0.1") if mode.peer == "tls" else None
    script = mode.script if callable(mode.script) else [mode.script]
    project.servers[name] = await stack.enter_async_context(ScriptedServer(script, tls=tls))
    return project.servers[name].url


def _table(name: str, peer: str) -> str:
    fields = {**_CONNECTION, **MODES[name].connection}
    lines = (f"{key} = {_toml(value)}" for key, value in fields.items())
    return f"[connections.{name}]\n" + "\n".join(lines).replace("{peer}", peer) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return f'"{value}"' if isinstance(value, str) else str(value)
