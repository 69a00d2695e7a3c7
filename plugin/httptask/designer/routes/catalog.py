"""The catalogue: APIs that were added, what their operations take, and tasks that call them."""

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from httptask.designer.problems import Problem
from httptask.designer.routes.pasted import names_of
from httptask.designer.workspace import AskedWorkspace, Workspace
from httptask.json.types import is_object

router = APIRouter(prefix="/catalog", tags=["catalog"])
directory_router = APIRouter(tags=["catalog"])

_LONGEST_QUERY = 500


class AddedApi(BaseModel):
    """An API of the catalogue."""

    api: str
    title: str
    version: str
    operations: int
    source: str | None


class ApiSource(BaseModel):
    """A document that is to be added: from an address, by the name of a known API, or as its text."""

    source: str
    """Address, path within the project, or name of a known API; of a text, the name of its file."""
    text: str | None = None
    name: str | None = None
    """Of the API; by default made of its title."""
    allow_private: Annotated[str, Field(max_length=100)] | None = None
    """A network that this document may be loaded from: a refusal tells it as its `network`."""


class PrepareRequest(BaseModel):
    """The operation that a task is to call."""

    api: str
    operation: str
    path: str
    text: str
    """Of the definition that takes the task."""
    name: str | None = None
    values: dict[str, Any] = {}
    optional: Literal["none", "example", "all"] = "none"
    server: str | None = None
    authentication: str | None = None


class NeededSecret(BaseModel):
    """A secret by its name, and what it is."""

    name: str
    what: str


class PreparedTask(BaseModel):
    """A task, and what it needs."""

    name: str
    task: dict[str, Any]
    connection: str
    configuration: dict[str, Any]
    """What `httptask.toml` needs for it; empty where all of it is there. `POST /api/connections` adds it."""
    secrets: list[NeededSecret]
    declared_secrets: list[str]
    """Those that the definition has to declare: the edit `secrets`."""
    fill_in: list[str]
    from_examples: list[str]
    problems: list[str]
    notes: list[str]
    asks_authentication: bool
    body_schema: dict[str, Any] | None
    """JSON Schema of the body."""


@router.get("")
def list_apis(workspace: AskedWorkspace) -> list[AddedApi]:
    """The APIs of the project, and the one that is built in."""
    from httptask.catalog import chat_completion

    found = [(entry.name, entry.source, about) for entry, about in workspace.catalog().added()]
    if chat_completion.API not in (name for name, _, _ in found):
        found.insert(0, (chat_completion.API, None, chat_completion.ABOUT))
    return [
        AddedApi(
            api=name, title=about.title, version=about.version, operations=about.operations, source=source
        )
        for name, source, about in found
    ]


@router.post("", status_code=201)
async def add_api(source: ApiSource, workspace: AskedWorkspace) -> AddedApi:
    """Add an API's document; one from the network comes by the gate that every request takes."""
    import asyncio

    from httptask.catalog.errors import PrivateAddress
    from httptask.openapi.text import DocumentInvalid

    catalog = workspace.catalog()
    try:
        file, data, url, name = await _document(source, workspace)
        added = await asyncio.to_thread(catalog.add, file, {file: data}.get, name=name, source=url)
    except DocumentInvalid as error:
        raise Problem(422, str(error), "give an OpenAPI or Swagger document, as JSON or YAML") from None
    except PrivateAddress as error:
        raise Problem(422, error.message, error.hint, network=error.network) from None
    about = added.about
    return AddedApi(
        api=added.name,
        title=about.title,
        version=about.version,
        operations=about.operations,
        source=added.source,
    )


@router.delete("/{api}", status_code=204)
def remove_api(api: str, workspace: AskedWorkspace) -> None:
    """Remove an API and its document."""
    workspace.catalog().remove(api)


@router.get("/search")
def search_operations(
    workspace: AskedWorkspace,
    q: str = Query(max_length=_LONGEST_QUERY),
    limit: int = Query(20, ge=1, le=100),
) -> dict[str, Any]:
    """Operations by what they do, the best first, and known APIs that may have what was asked for.

    Where nothing is asked for, the first ones of the APIs that were added.
    """
    catalog = workspace.catalog()
    asked = q if q.strip() else " ".join(f'api:"{entry.name}"' for entry, _ in catalog.added())
    if not asked:
        return {"operations": [], "apis": [], "unknown": []}
    return catalog.search(asked, limit=limit).as_json()


@router.get("/{api}/operations/{operation}")
def get_operation(api: str, operation: str, workspace: AskedWorkspace) -> dict[str, Any]:
    """What an operation takes and answers: as JSON, and as a page of Markdown under `markdown`."""
    from httptask.catalog.markdown import reference_page
    from httptask.openapi.depth import SHOWN

    reference = workspace.catalog().reference(f"{api}.{operation}", SHOWN)
    return {**reference.as_json(), "markdown": reference_page(reference, SHOWN)}


@router.get("/{api}/operations")
def list_operations(api: str, workspace: AskedWorkspace) -> dict[str, Any]:
    """The operations of an API."""
    return workspace.catalog().overview(api).as_json()


@router.post("/prepare")
def prepare_task(asked: PrepareRequest, workspace: AskedWorkspace) -> PreparedTask:
    """The task that calls an operation, with a valid value for everything that is required."""
    from httptask.catalog.prepare import prepare

    taken = names_of(workspace.load(asked.path, asked.text))
    config = workspace.settings().config
    reference = workspace.catalog(config).reference(f"{asked.api}.{asked.operation}")
    made = prepare(
        reference,
        config,
        name=asked.name,
        taken=taken,
        values=asked.values,
        optional=asked.optional,
        server=asked.server,
        authentication=asked.authentication,
    )
    return PreparedTask(**made.as_json(), body_schema=_body_schema(reference.as_json()))


@directory_router.get("/directory")
def list_known_apis(
    workspace: AskedWorkspace, q: str = Query("", max_length=_LONGEST_QUERY)
) -> list[dict[str, Any]]:
    """Known APIs that can be added by their names."""
    known = workspace.catalog().directories.apis()
    words = q.lower().split()
    return [
        {**api.as_json(), "how_to_add": api.how_to_add()}
        for api in known.values()
        if all(word in f"{api.name} {api.title} {api.purpose}".lower() for word in words)
    ]


async def _document(source: ApiSource, workspace: Workspace) -> tuple[str, bytes, str | None, str | None]:
    """Name and content of a document's file, its address if it has one, and the name of its API if it is known."""
    from httptask.catalog.errors import CatalogError
    from httptask.catalog.sources import download, root_document

    given, config = source.source.strip(), workspace.settings().config
    policy = config.policy
    if source.allow_private is not None:
        policy = policy.model_copy(update={"allow_private": [*policy.allow_private, source.allow_private]})
    if source.text is not None:
        return _file_name(given), source.text.encode(), None, source.name
    if given.lower().startswith(("http://", "https://")):
        file, data = await download(given, policy)
        return file, data, given, source.name
    known = workspace.catalog(config).directories.find(given)
    if known is not None:
        if known.folder:
            raise CatalogError(f"the document of {known.title} is spread over many files", known.how_to_add())
        file, data = await download(known.url, policy)
        return file, data, known.url, source.name or known.name
    root = config.root.resolve()
    place = (root / given).resolve()
    if not place.is_relative_to(root) or not place.exists():
        raise Problem(
            422, f"{given}: no file of the project, and no known API", "choose a file, or give its address"
        )
    document = root_document(place)
    return document.name, document.read_bytes(), None, source.name


def _file_name(given: str) -> str:
    name = urlsplit(given).path.rpartition("/")[2]
    return name if name.endswith((".json", ".yaml", ".yml")) else "openapi.yaml"


def _body_schema(reference: dict[str, Any]) -> dict[str, Any] | None:
    """The schema of the first content of a body, with the definitions that it refers to."""
    body: Any = reference["body"]
    contents: Any = body["contents"] if body else ()
    schema: Any = contents[0]["schema"] if contents else None
    return {**schema, "$defs": reference["definitions"]} if is_object(schema) else None
