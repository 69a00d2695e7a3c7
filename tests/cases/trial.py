"""One case, tried as its reader would: its server, `httptask validate` and `httptask run` in a copy of its folder."""

import ast
import asyncio
import json
import os
import re
import socket
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from support.commands import HTTPTASK, Command, Shell

__all__ = ["CaseUntried", "Trial", "tried"]

_INHERITED = ("PATH", "HOME", "LANG", "TMPDIR")
_PORT = re.compile(r"python server\.py (\d+)")
_VARIABLES = re.compile(r"`((?:\w+=\S+ )+)httptask run ")
_DEADLINE = 240
"""Seconds that a case may take; a model of one of them thinks for 130."""


@dataclass(frozen=True)
class Trial:
    """What came of a case.

    Attributes:
        secrets: values of the variables that the case is run with.
        validated: exit code of `httptask validate`.
        validation: what it said.
        ran: exit code of `httptask run --json`.
        stdout: of the run, JSON unless it was refused.
        stderr: of the run.
        requests: that arrived at the case's server, in order.
    """

    secrets: tuple[str, ...]
    validated: int
    validation: str
    ran: int
    stdout: str
    stderr: str
    requests: tuple[bytes, ...]

    @cached_property
    def result(self) -> dict[str, Any]:
        """The run as `--json` tells it; empty where it tells none."""
        try:
            found = json.loads(self.stdout)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


class CaseUntried(Exception):
    """Nothing came of a case."""


async def tried(case: Path, folder: Path) -> Trial:
    """Try a case in a copy of its folder.

    Args:
        case: its folder.
        folder: an empty one for the copy.

    Raises:
        CaseUntried: its server does not start, or a command of it does not end.
    """
    told = (case / "expected.md").read_text()
    variables = _variables(told)
    port = _free_port()
    for name in ("workflow.yaml", "httptask.toml", "server.py"):
        (folder / name).write_text(_on_port(port, (case / name).read_text(), told))
    environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    httptask = Shell(folder, {**environment, **variables}, (HTTPTASK,))
    python = Shell(folder, environment, (sys.executable, "-u"))
    try:
        async with asyncio.timeout(_DEADLINE):
            server = await python.start("server.py", str(port))
            await _listens(server, port)
            validated, validation = await httptask.run("validate", "workflow.yaml")
            run = await httptask.start("run", "workflow.yaml", "--json")
            ran = await run.ends(seconds=_DEADLINE)
    except TimeoutError:
        last = ("its server", "httptask validate", "httptask run")[len(httptask.started)]
        said = (httptask.started or python.started)[-1].stderr
        raise CaseUntried(f"{last} is not done within {_DEADLINE} s; it said: {said or 'nothing'}") from None
    except AssertionError as error:
        raise CaseUntried(str(error)) from None
    finally:
        httptask.kill_left_over()  # the case's server, and Temporal's where a command was killed
        await asyncio.gather(*(command.ends() for command in (*python.started, *httptask.started)))
    return Trial(
        tuple(variables.values()),
        validated,
        validation.stdout + validation.stderr,
        ran,
        run.stdout,
        run.stderr,
        tuple(ast.literal_eval(line[2:]) for line in server.stdout.splitlines() if line.startswith("> ")),
    )


def _variables(told: str) -> dict[str, str]:
    found = _VARIABLES.search(told)
    return dict(pair.split("=", 1) for pair in found[1].split()) if found else {}


def _on_port(port: int, text: str, told: str) -> str:
    """Name the port that was free, for the one that the case was written with."""
    written = _PORT.search(told)
    return text.replace(written[1], str(port)) if written else text


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


async def _listens(server: Command, port: int) -> None:
    while True:
        if server.process.returncode is not None:
            raise CaseUntried(f"the case's server ended: {server.stderr}")
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
