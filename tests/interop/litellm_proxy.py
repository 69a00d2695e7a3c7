"""LiteLLM's proxy, from PyPI, with aimock behind it: it reads and rewrites every answer."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from httptask.cli.server.process import available_port

from .aimock import UNLIMITED, serving_aimock
from .server import KEY, Difference, Server, started

VERSION = "1.108.7"


@asynccontextmanager
async def _serving(folder: Path) -> AsyncGenerator[str]:
    behind = folder / "aimock"
    behind.mkdir()
    async with serving_aimock(behind) as upstream:
        parameters = {"model": "openai/lamp", "api_base": upstream, "api_key": "none"}
        models = [{"model_name": "lamp", "litellm_params": parameters}]
        (folder / "config.yaml").write_text(json.dumps({"model_list": models}))
        port = available_port()
        command = ["uv", "run", "--no-project", "--python", "3.11", "--with", f"litellm[proxy]=={VERSION}"]
        command += ["litellm", "--config", "config.yaml", "--host", "127.0.0.1", "--port", str(port)]
        environment = {"LITELLM_MASTER_KEY": KEY, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
        ready = f"http://127.0.0.1:{port}/health/liveliness"
        async with started([*command, "--telemetry", "False"], folder, ready, environment):
            yield f"http://127.0.0.1:{port}/v1"


LITELLM = Server(
    f"LiteLLM {VERSION}",
    _serving,
    {
        "limit": UNLIMITED,
        "broken": Difference(
            {"error": "HttpStatusError"}, "an error event with code 500 ends a stream that broke"
        ),
    },
)
