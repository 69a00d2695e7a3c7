"""Arguments of the calls: the standard's `http` and the functions of the built-in catalogue."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from httptask.dsl.model import Endpoint, TaskList
from httptask.dsl.reading_arguments import PaginateArguments, StreamArguments
from httptask.http.models import MAX_RESPONSE_BYTES, StatusPattern

__all__ = [
    "BODY_ARGUMENTS",
    "CHAT_EXTRA_ARGUMENTS",
    "FUNCTIONS",
    "UNSUPPORTED_CALLS",
    "ActivityArguments",
    "ChatCompletionArguments",
    "Fallback",
    "HttpArguments",
    "HttpRequestArguments",
    "MapArguments",
    "MultipartPart",
    "ToolHandler",
    "connections_named",
    "function_name",
]


class _Arguments(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        populate_by_name=True,
        serialize_by_alias=True,
        use_attribute_docstrings=True,
    )


class HttpArguments(_Arguments):
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


class MultipartPart(_Arguments):
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


class HttpRequestArguments(_Arguments):
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


BODY_ARGUMENTS = ("body", "form", "multipart", "base64")
"""Arguments of `httpRequest` that are its body, of which it has one."""


class Fallback(_Arguments):
    """Whom to ask when the model, or its server, can't be had."""

    connection: str
    """Connection of `httptask.toml` whose server is asked."""
    model: str | None = None
    """Name of the model there; by default the same."""


class ToolHandler(_Arguments):
    """What answers the calls of one tool."""

    do: TaskList
    """Tasks to run for a call: their input is its arguments, their output goes back to the model."""


class ChatCompletionArguments(BaseModel):
    """`call: chatCompletion`: the body of `POST /chat/completions`, field for field, and a few of ours."""

    model_config = ConfigDict(extra="allow", frozen=True, use_attribute_docstrings=True)

    connection: str = "openai"
    """Connection of `httptask.toml` whose server is asked."""
    output: Literal["completion", "response"] = "completion"
    """`completion`: text, json, usage, ... `response`: the API's whole body."""
    reask: int = Field(default=0, ge=0, le=10)
    """How often to ask again when the answer doesn't fit its JSON schema."""
    fallback: tuple[Fallback, ...] = ()
    """Whom to ask instead, in order, when no answer can be had."""
    handlers: dict[str, ToolHandler] = {}
    """Tasks that answer the calls of a tool, by its name; the model is then asked again."""
    max_turns: int = Field(default=10, alias="maxTurns", ge=1, le=100)
    """How often the model is asked at most, while it calls tools."""


CHAT_EXTRA_ARGUMENTS = frozenset(
    field.alias or name for name, field in ChatCompletionArguments.model_fields.items()
)
"""Arguments of `chatCompletion` that are not fields of the API."""


class MapArguments(_Arguments):
    """`call: map`: runs `do` for each item on its own; the output is the list of results in order."""

    in_: str = Field(alias="in")
    """Expression that yields the list."""
    each: str = "item"
    """Variable that holds the item."""
    at: str = "index"
    """Variable that holds the index, from 0."""
    concurrency: int = Field(default=1, ge=1, le=200)
    """How many items run at the same time."""
    on_error: Literal["stop", "collect"] = Field(default="stop", alias="onError")
    """`stop` at the first error, or `collect` errors among the results."""
    do: TaskList
    """Tasks to run for each item, independently of the others."""


class ActivityArguments(_Arguments):
    """`call: activity`: an activity of the user's own workers, which `httptask.toml` has to allow."""

    type: str
    """Temporal activity type: the name that it is registered under."""
    arguments: list[Any] | str = []
    """Its arguments, in order."""


FUNCTIONS: dict[str, type[BaseModel]] = {
    "http": HttpArguments,
    "httpRequest": HttpRequestArguments,
    "chatCompletion": ChatCompletionArguments,
    "map": MapArguments,
    "activity": ActivityArguments,
}
UNSUPPORTED_CALLS = ("a2a", "asyncapi", "grpc", "mcp", "openapi")


def connections_named(arguments: BaseModel | None, policy: Mapping[str, Any] | None) -> list[str]:
    """The connections that a call names, as such and where the standard has the name of a policy.

    Args:
        arguments: of the call.
        policy: its own authentication policy, if it has one.
    """
    names: list[str | None] = []
    if isinstance(arguments, ChatCompletionArguments | HttpRequestArguments):
        names.append(arguments.connection)
    if isinstance(arguments, ChatCompletionArguments):
        names += [fallback.connection for fallback in arguments.fallback]
    if policy is not None:
        names.append(policy.get("certificate", {}).get("use"))
    elif isinstance(arguments, HttpArguments | HttpRequestArguments):
        endpoint = arguments.endpoint
        if isinstance(endpoint, Endpoint) and endpoint.authentication is not None:
            names.append(endpoint.authentication.use)
    return [name for name in names if name is not None]


def function_name(call: str) -> str:
    """The function that a `call` names: `chatCompletion` or `chatCompletion:1.0.0@default`."""
    name, _, version = call.partition(":")
    return name if version in ("", "1.0.0@default") else call
