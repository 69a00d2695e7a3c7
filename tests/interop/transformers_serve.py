"""`transformers serve`, from PyPI, with a model that is made on the spot: nothing is downloaded but the packages."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from httptask.cli.server.process import available_port

from .server import Difference, Server, started
from .tiny_model import write_tiny_model

VERSION = "5.24.0"


@asynccontextmanager
async def _serving(folder: Path) -> AsyncGenerator[str]:
    model = folder / "lamp"
    model.mkdir()
    write_tiny_model(model)
    port = available_port()
    command = ["uv", "run", "--no-project", "--python", "3.11"]
    command += ["--with", f"transformers[serving]=={VERSION}", "--with", "torch==2.15.0"]
    command += [
        "transformers",
        "serve",
        "lamp",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--device",
        "cpu",
    ]
    async with started(command, folder, f"http://127.0.0.1:{port}/health", {"HF_HUB_OFFLINE": "1"}):
        yield f"http://127.0.0.1:{port}/v1"


TRANSFORMERS = Server(
    f"transformers serve {VERSION}",
    _serving,
    {
        "broken": Difference(
            {"error": "ResponseInvalid"}, "an error event that is only a text ends a stream that broke"
        )
    },
)
