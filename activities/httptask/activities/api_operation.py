"""An operation of an API document, as a run keeps it: what its request is made of, and nothing else of the document."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from httptask.http.models import HttpRequest
from httptask.http.styles import Style

__all__ = ["ApiBody", "ApiOperation", "ApiParameter", "OperationRequest"]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OperationRequest(HttpRequest):
    """The request for a document, and which operation of it is wanted."""

    operation_id: str
    """As the document has it, or the name that `httptask catalog` gives to one that has none."""


class ApiParameter(_Model):
    """A value in the path, the query, a header or a cookie."""

    name: str
    location: Literal["path", "query", "header", "cookie"]
    required: bool = False
    style: Style = Style()


class ApiBody(_Model):
    """What is sent."""

    media_type: str
    required: bool = False
    name: str = "body"
    """Of the parameter that is all of it: as Swagger 2.0 names it."""
    members: tuple[str, ...] = ()
    """Of an object or a form; each can be given as if it were a parameter."""
    required_members: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    """Members that are bytes, given as base64."""
    styles: dict[str, Style] = {}
    """How fields of a form are written, where the document says it."""


class ApiOperation(_Model):
    """An operation of a document that was loaded once; later calls of the same task go by it."""

    operation_id: str
    document: str
    """Address of the document, without secrets."""
    sha256: str
    """Of the document's bytes, in hexadecimal."""
    method: str
    server: str
    """URL that the path follows."""
    server_found: bool = False
    """Whether the document names another server than the one that it came from."""
    path: str
    parameters: tuple[ApiParameter, ...] = ()
    body: ApiBody | None = None
    accept: str | None = None
    """Media type of the answer to ask for."""
    kept: str = ""
    """Where the project of the worker keeps the document, which was not loaded from its address then."""
    attempt: int = 1
    """Which attempt has loaded the document."""
