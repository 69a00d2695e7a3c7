"""A chat completion as an activity takes and returns it."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from httptask.chat.strictness import Incomplete, Level
from httptask.chat.usage import Usage
from httptask.diagnostics.fault import Fault
from httptask.http.models import CallRequest, Hop, HttpRequest, JsonBody, SecretReference, Timing
from httptask.json.types import is_object

__all__ = [
    "CALL_FIELDS",
    "Audio",
    "ChatRequest",
    "Completion",
    "Extra",
    "RateLimit",
    "RateLimits",
    "ToolCall",
    "Unavailable",
    "Usage",
    "asks_for_json",
]


class ChatRequest(CallRequest):
    """One `POST /chat/completions`."""

    body: dict[str, Any]
    """The API's request body, field for field."""
    connection: str = "openai"
    secrets: tuple[SecretReference, ...] = ()
    """Pointers start at the body: `/messages/0/content`."""
    idempotency_key: str | None = None
    include_response: bool = False
    """Whether `Completion.response` carries the API's whole body."""
    include_message: bool = False
    """Whether `Completion.message` carries the model's message as it came."""
    incomplete: Incomplete | None = None
    """None: an error where JSON is asked for and the answer was cut or held back, otherwise a value."""
    rules: Level = "strict"
    """What is refused before it is sent."""
    live: str | None = None
    """Name under which the text of a stream is published while it comes; None publishes nothing."""

    @property
    def is_streamed(self) -> bool:
        """See base class."""
        return self.body.get("stream") is True

    def to_http_request(self) -> HttpRequest:
        """The HTTP request that carries it, relative to its connection."""
        return HttpRequest(
            method="POST",
            url="/chat/completions",
            connection=self.connection,
            headers={"Accept": "application/json"},
            body=JsonBody(value=self.body),
            secrets=tuple(
                reference.model_copy(update={"pointer": f"/body/value{reference.pointer}"})
                for reference in self.secrets
            ),
            limits=self.limits,
            idempotency_key=self.idempotency_key,
            path_template="/chat/completions",
            traced=self.traced,
        )


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="allow")


class ToolCall(_Lenient):
    """One call of a tool that the model asks for; `arguments` are the raw text, valid JSON or not."""

    id: str | None = None
    type: str = "function"
    name: str | None = None
    arguments: str | None = None


class Audio(_Lenient):
    """What the model spoke."""

    id: str | None = None
    data: str | None = None
    """Base64, in the format that the request asks for."""
    transcript: str | None = None
    expires_at: float | None = None
    """Seconds since 1970, from when on a later request can't name it by its id."""


class Extra(BaseModel):
    """Fields of an answer that have no place of their own in a completion, as the server sent them."""

    answer: dict[str, Any] = {}
    choice: dict[str, Any] = {}
    message: dict[str, Any] = {}


class Unavailable(BaseModel):
    """Whom a question went to in vain, before it went to another."""

    connection: str
    model: str | None = None
    error: str | None = None
    detail: str | None = None


class RateLimit(BaseModel):
    """One limit; None where the server does not tell."""

    model_config = ConfigDict(frozen=True)

    limit: int | None = None
    remaining: int | None = None
    reset_seconds: float | None = None
    """Until the limit is whole again, from when the answer came."""


class RateLimits(BaseModel):
    """The limits of an answer."""

    model_config = ConfigDict(frozen=True)

    requests: RateLimit | None = None
    tokens: RateLimit | None = None


class Completion(BaseModel):
    """An answer, read. Whatever has no field here survives in `extra`; the whole body is `response`.

    The attribute `json_` is `json` in the serialised form: pydantic reserves that name on its models.
    """

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)

    text: str | None = None
    json_: Any = Field(default=None, validation_alias="json", serialization_alias="json")
    """The parsed text when `response_format` asks for JSON."""
    refusal: str | None = None
    tool_calls: list[ToolCall] = []
    finish_reason: str | None = None
    model: str | None = None
    id: str | None = None
    reasoning: str | None = None
    """What the model thought before its answer, where the server tells."""
    parts: list[Any] | None = None
    """The content, when it came in parts; `text` is that of those that are text."""
    audio: Audio | None = None
    annotations: list[Any] = []
    logprobs: dict[str, Any] | None = None
    usage: Usage | None = None
    rate_limits: RateLimits | None = None
    """What is left of the server's limits."""
    time_to_first_token: float | None = None
    """Seconds from the start of the attempt; None for an answer that was not streamed."""
    request_id: str | None = None
    """By which the server's operator finds the request."""
    extra: Extra | None = None
    cost: float | None = None
    """US dollars; None when the price is not known."""
    choices: list[dict[str, Any]] | None = None
    """All choices as the server sent them, when the request asks for more than one."""
    response: dict[str, Any] | None = None
    message: dict[str, Any] | None = None
    """The model's message as it came, where it is to go back to the model."""
    unavailable: list[Unavailable] = []
    """Who was asked before, in vain."""
    warnings: list[Fault] = []
    """What of the request the server might have rejected, and where the answer is less than it asks for."""
    attempt: int = 1
    simulated: bool = False
    """True when a fixture answered instead of a server."""
    status: int | None = None
    headers: dict[str, str] = {}
    """Of the answer, as `HttpResponse.headers`."""
    size: int | None = None
    """Bytes of the answer's body after decompression."""
    timing: Timing | None = None
    hops: tuple[Hop, ...] = ()
    """Set where the request is `traced`."""

    @property
    def is_prompt_held_back(self) -> bool:
        """Whether a content filter held the prompt back, so that there is no answer and nothing was used."""
        return self.status == HTTPStatus.BAD_REQUEST


CALL_FIELDS: Final = frozenset(
    {"attempt", "headers", "hops", "message", "response", "simulated", "size", "status", "timing"}
)
"""Fields of a completion that tell of the call: no part of a task's output."""


def asks_for_json(request_body: Mapping[str, Any]) -> bool:
    """Whether the request wants its answer as JSON."""
    response_format = request_body.get("response_format")
    return is_object(response_format) and response_format.get("type") in (
        "json_object",
        "json_schema",
    )
