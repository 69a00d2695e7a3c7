"""The designer as an application of ASGI: its API, and the page that asks it."""

from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response

from httptask.catalog.errors import CatalogError
from httptask.designer.problems import Problem, problem_response
from httptask.designer.routes import (
    catalog,
    connections,
    definitions,
    editing,
    expressions,
    forms,
    keeping,
    pasted,
    project,
    runs,
    schedules,
    secrets,
    testrequests,
)
from httptask.designer.safety import Door
from httptask.designer.workspace import Workspace
from httptask.dsl.yaml.tokens import keep_tokens

__all__ = ["ROUTERS", "create_api", "create_app"]

ROUTERS = (
    project.router,
    definitions.router,
    editing.router,
    forms.router,
    expressions.router,
    catalog.router,
    catalog.directory_router,
    pasted.router,
    testrequests.router,
    keeping.router,
    connections.router,
    secrets.router,
    runs.router,
    schedules.router,
)
_LONGEST_NAME = 200
_READ_TEXTS = 4
"""A text that is edited, as it was and as it is, and those of another page."""


def create_app(workspace: Workspace, addresses: Iterable[str], token: str, bundle: Path | None) -> Door:
    """The application behind its door.

    Args:
        workspace: what it works on.
        addresses: `host:port` by which it may be asked.
        token: that whoever asks has to know.
        bundle: the folder of the built page; None for the API alone.
    """
    return Door(create_api(workspace, bundle), addresses, token)


def create_api(workspace: Workspace, bundle: Path | None = None) -> FastAPI:
    """The application without a door; arguments as of `create_app`."""
    api = FastAPI(
        title="httptask designer",
        version=version("httptask"),
        description="Definitions of a folder: read, edited, checked, tried and run.",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    api.state.workspace = workspace
    keep_tokens(_READ_TEXTS)
    for router in ROUTERS:
        api.include_router(router, prefix="/api")
    handlers: dict[Any, Any] = {
        Problem: _of_problem,
        CatalogError: _of_catalog,
        HTTPException: _of_http,
        RequestValidationError: _of_validation,
        Exception: _of_bug,
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)
    if bundle is not None:
        _serve_page(api, bundle.resolve())
    return api


def _serve_page(api: FastAPI, bundle: Path) -> None:
    async def page(request: Request) -> Response:
        path = request.path_params["path"]
        if path.startswith("api/") or path == "api":
            raise Problem(404, "the designer has nothing of that name")
        is_name = path.isprintable() and len(path) < _LONGEST_NAME
        file = (bundle / path).resolve() if is_name else bundle
        if file.is_relative_to(bundle) and file.is_file():
            return FileResponse(file)
        if "." in path or not path.isprintable():
            raise Problem(404, "the page has no such part")
        return FileResponse(bundle / "index.html")

    api.add_route("/{path:path}", page, methods=["GET"], include_in_schema=False)


def _of_problem(_: Request, problem: Problem) -> Response:
    return problem.response()


def _of_catalog(_: Request, error: CatalogError) -> Response:
    return Problem(422, error.message, error.hint).response()


def _of_http(_: Request, error: HTTPException) -> Response:
    return problem_response(error.status_code, str(error.detail))


def _of_bug(_: Request, __: Exception) -> Response:
    return problem_response(500, "the designer failed at this; its terminal tells more")


def _of_validation(_: Request, error: RequestValidationError) -> Response:
    """Without what was sent, in which there may be a secret."""
    found = [
        {"place": ".".join(map(str, one["loc"])), "message": one["msg"], "type": one["type"]}
        for one in error.errors()
    ]
    told = "; ".join(f"{one['place']}: {one['message']}" for one in found)
    return problem_response(422, told, errors=found)
