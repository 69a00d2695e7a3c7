"""Arguments of the standard's `call: http`, and of `call: httpRequest`."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from pydantic import Field

from httptask.dsl.model import AuthenticationPolicy, DefinitionModel, Endpoint
from httptask.dsl.tasks.http.pagination import PaginateArguments, StreamArguments
from httptask.dsl.tasks.http.policies import connections_of_policy
from httptask.http.models import MAX_RESPONSE_BYTES, Separator, StatusPattern

__all__ = [
    "BODY_ARGUMENTS",
    "AnyHttpArguments",
    "HttpArguments",
    "HttpRequestArguments",
    "address_of",
    "named_connections",
    "policy_of",
]


class HttpArguments(DefinitionModel):
    """`call: http`, exactly the standard's arguments (dsl-reference.md, HTTP Call)."""

    method: str
    """HTTP method."""
    endpoint: str | Endpoint
    """Where the request goes: a URI, or one with authentication."""
    headers: dict[str, str] | str = {}
    """Request headers."""
    body: Any = None
    """Request body; anything but text is sent as JSON."""
    query: dict[str, str] | str = {}
    """Query parameters, as text."""
    output: Literal["raw", "content", "response"] = "content"
    """`content`: the parsed body. `response`: status, headers and body. `raw`: the body in base64."""
    redirect: bool = False
    """Whether redirects are results (true) or errors (false)."""


class MultipartPart(DefinitionModel):
    """One part of a multipart body; one of `text`, `json` and `base64` is its content."""

    name: str
    """Name of the field."""
    text: str | None = None
    """Content that is sent as it is."""
    json_: Any = Field(default=None, alias="json")
    """Content that is sent as JSON."""
    base64: str | None = None
    """Content that is sent as the bytes that this base64 stands for."""
    filename: str | None = None
    """Makes the part a file of this name."""
    content_type: str | None = Field(default=None, alias="contentType")
    """Media type of the content."""


class HttpRequestArguments(DefinitionModel):
    """`call: httpRequest`: the standard's arguments and what the standard has no place for."""

    method: str
    """HTTP method."""
    endpoint: str | Endpoint | None = None
    """Where the request goes: a URI, or one with authentication."""
    connection: str | None = None
    """Connection of `httptask.toml` that the request is sent through."""
    path: str | None = None
    """URI template, relative to the connection's base URL."""
    headers: dict[str, str] | str = {}
    """Request headers."""
    body: Any = None
    """Request body; anything but text is sent as JSON."""
    form: dict[str, Any] | str | None = None
    """Instead of `body`, a form: text, numbers, true, false, or lists of them."""
    multipart: tuple[MultipartPart, ...] | str | None = None
    """Instead of `body`, a form of fields and files."""
    base64: str | None = None
    """Instead of `body`, the bytes that this base64 stands for."""
    query: dict[str, Any] | str = {}
    """Query parameters: text, numbers, true, false, or lists of them."""
    separators: dict[str, Separator] = {}
    """For each list in `query` that is sent as one parameter, what is between its items: `,`, a space or `|`."""
    output: Literal["raw", "content", "response"] = "content"
    """`content`: the parsed body. `response`: status, headers and body. `raw`: the body in base64."""
    redirect: bool = False
    """Whether redirects are results (true) or errors (false)."""
    keep_headers: tuple[str, ...] = Field(default=(), alias="keepHeaders")
    """Response headers to keep, by name, beside those that are always kept; a connection can keep some too."""
    charset: str | None = None
    """Charset of a response that is text (windows-1252), where its server does not say it."""
    success: tuple[StatusPattern, ...] | None = None
    """Statuses that are a result (204, "2xx"); every other one is an error."""
    response_bytes: int | None = Field(default=None, alias="responseBytes", ge=1, le=MAX_RESPONSE_BYTES)
    """Most bytes that the decompressed response may have; by default the connection's limit, or 1 MiB."""
    idempotency_key: str | None = Field(default=None, alias="idempotencyKey")
    """Text that a server knows repetitions of the request by; by default one of the task's own."""
    stream: StreamArguments | None = None
    """For a response that comes in events: which of them to take."""
    paginate: PaginateArguments | None = None
    """For a list that comes in pages: where the next page is, and what to take of each."""


BODY_ARGUMENTS: Final[tuple[str, ...]] = ("body", "form", "multipart", "base64")
"""Arguments of `httpRequest` that are its body, of which it has one."""


AnyHttpArguments = HttpArguments | HttpRequestArguments


def address_of(arguments: AnyHttpArguments) -> tuple[str, str] | None:
    """The address that an endpoint is, behind its place among the arguments; None where there is no endpoint."""
    endpoint = arguments.endpoint
    if isinstance(endpoint, Endpoint):
        return "endpoint/uri", endpoint.uri
    return None if endpoint is None else ("endpoint", endpoint)


def policy_of(arguments: AnyHttpArguments) -> AuthenticationPolicy | None:
    """The authentication policy that is written at the endpoint."""
    endpoint = arguments.endpoint
    return endpoint.authentication if isinstance(endpoint, Endpoint) else None


def named_connections(
    arguments: AnyHttpArguments, policy: Mapping[str, Any] | None
) -> Iterator[tuple[str, str]]:
    """The connections that a call names, as such and where the standard has the name of a policy.

    Args:
        arguments: of the call.
        policy: its own authentication policy, if it has one.

    Returns:
        Each name behind its place among the arguments.
    """
    if isinstance(arguments, HttpRequestArguments) and arguments.connection is not None:
        yield "connection", arguments.connection
    yield from connections_of_policy("endpoint/authentication", policy_of(arguments), policy)
