"""The same definitions against OpenAI-compatible servers that nobody here wrote.

    uv run python -m tests.interop [NAME ...]

Starts one server after the other, each in an environment of its own (the first start downloads some gigabytes), runs
every definition of `definitions/` against it on a real Temporal server, and replays its history. A server may be
known to differ. `llama-cpp` is tried only when it is named: it is compiled when it is first started, for ten minutes.
The last line is JSON; the exit code is 1 when anything is otherwise than known.
"""

import asyncio
import json
import logging
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import structlog
from rich.console import Console
from rich.table import Table
from ruamel.yaml import YAML
from temporalio.testing import WorkflowEnvironment

from httptask.resilience.retry import Retry
from support.connections import local_connection, secret_store
from support.runs import Outcome, running, temporal_server

from .aimock import AIMOCK
from .litellm_proxy import LITELLM
from .llama_cpp_server import LLAMA_CPP
from .server import KEY, Server
from .transformers_serve import TRANSFORMERS

SERVERS = {"aimock": AIMOCK, "litellm": LITELLM, "transformers": TRANSFORMERS, "llama-cpp": LLAMA_CPP}
UNLESS_NAMED = ("aimock", "litellm", "transformers")

ANSWER = {"text": "The lamp A is on.", "finish_reason": "stop", "counted": True}
CALLED = {"text": "The hall is lit.", "finish_reason": "stop"}
EXPECTED: Mapping[str, Any] = {
    "plain": ANSWER,
    "stream": {**ANSWER, "timed": True},
    "tools": CALLED,
    "tools-stream": CALLED,
    "schema": {"priority": "urgent"},
    "limit": {"text": "The lamp A", "finish_reason": "length"},
    "refused": {"error": "HttpStatusError"},
    "broken": {"error": "ResponseInterrupted"},
    "errors": ["error", "The lamp A is on."],
    "parallel": [f"The lamp {lamp} is on." for lamp in "ABCDEFGH" * 3],
}


async def main(names: Sequence[str]) -> int:
    """Try servers and tell what came of it."""
    structlog.configure(processors=[_silent])
    logging.disable()  # the worker tells of every error that is meant to be
    results: dict[str, dict[str, str]] = {}
    async with temporal_server() as environment:
        for server in map(SERVERS.__getitem__, names):
            results[server.name] = await _tried(server, environment)
    table = Table("definition", *results)
    for name in EXPECTED:
        table.add_row(name, *(result[name] for result in results.values()))
    Console(width=120).print(table)
    faults = sum(text.startswith("FAULT") for result in results.values() for text in result.values())
    print(json.dumps({"date": f"{datetime.now(UTC):%Y-%m-%d}", "faults": faults, "servers": results}))
    return 1 if faults else 0


async def _tried(server: Server, environment: WorkflowEnvironment) -> dict[str, str]:
    with tempfile.TemporaryDirectory() as folder:
        async with server.serving(Path(folder)) as url:
            connection = local_connection(
                "server",
                url,
                authentication={"bearer": {"token": "$secrets.KEY"}},
                retry=Retry(attempts=2, first_interval=0.1),
                concurrency=server.concurrency,
            )
            options: dict[str, Any] = {
                "connections": {"server": connection},
                "secrets": secret_store({"KEY": KEY}),
            }
            async with running(environment, **options) as runner:
                return {
                    name: _verdict(server, name, await runner.run(_definition(name))) for name in EXPECTED
                }


def _definition(name: str) -> Any:
    return YAML(typ="safe").load(Path(__file__).parent / "definitions" / f"{name}.yaml")


def _verdict(server: Server, name: str, outcome: Outcome) -> str:
    told = {"error": outcome.problem["error"]} if outcome.problem else outcome.output
    known = server.differs.get(name)
    if known is not None and told == known.told:
        return f"differs: {known.reason}"
    return "ok" if told == EXPECTED[name] else f"FAULT: {json.dumps(outcome.problem or told)}"


def _silent(*_: Any) -> Any:
    raise structlog.DropEvent


if __name__ == "__main__":
    named = sys.argv[1:] or UNLESS_NAMED
    if unknown := [name for name in named if name not in SERVERS]:
        sys.exit(f"there is no server {', '.join(unknown)} here: name some of {', '.join(SERVERS)}")
    sys.exit(asyncio.run(main(named)))
