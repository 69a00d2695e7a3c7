"""The server of llama-cpp-python, from PyPI: llama.cpp behind a server of its own, with the tiny model."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from httptask.cli.server.process import available_port

from .server import Difference, Server, started
from .tiny_gguf import write_tiny_gguf

VERSION = "0.3.36"


@asynccontextmanager
async def _serving(folder: Path) -> AsyncGenerator[str]:
    write_tiny_gguf(folder / "lamp.gguf")
    port = available_port()
    command = ["uv", "run", "--no-project", "--python", "3.11"]
    command += ["--with", f"llama-cpp-python[server]=={VERSION}", "python", "-m", "llama_cpp.server"]
    command += ["--model", "lamp.gguf", "--model_alias", "lamp", "--n_ctx", "4096"]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    async with started(command, folder, f"http://127.0.0.1:{port}/v1/models"):
        yield f"http://127.0.0.1:{port}/v1"


_NO_TOOLS = Difference(
    {"text": "", "finish_reason": "stop"},
    "the model is not told of tools, unless its chat format is one for them",
)
LLAMA_CPP = Server(
    f"llama-cpp-python {VERSION}",
    _serving,
    {
        "stream": Difference(
            {"text": "The lamp A is on.", "finish_reason": "stop", "counted": False, "timed": True},
            "no stream tells its usage",
        ),
        "tools": _NO_TOOLS,
        "tools-stream": _NO_TOOLS,
        "schema": Difference({"error": "HttpStatusError"}, "json_schema is refused, with status 500"),
        "limit": Difference(
            {"text": "The lamp A is on.", "finish_reason": "stop"}, "max_completion_tokens is ignored"
        ),
        "refused": Difference("The lamp A is on.", "any name of a model is taken"),
        "broken": Difference("The lamp H is on.", "the penalty breaks nothing"),
    },
    concurrency=1,  # it cuts a stream when another one begins, which is found out: ResponseInterrupted
)
