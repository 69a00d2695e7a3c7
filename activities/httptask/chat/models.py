"""A chat completion as an activity takes and returns it."""

from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from httptask.chat.faults import BodyFault, Level
from httptask.http.models import CallRequest, SecretReference, Timing

__all__ = ["CALL_FIELDS", "ChatRequest", "Completion", "ToolCall", "Usage"]


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
    rules: Level = "strict"
    """What is refused before it is sent."""


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="allow")


class ToolCall(_Lenient):
    """One call of a tool that the model asks for; `arguments` are the raw text, valid JSON or not."""

    id: str | None = None
    type: str = "function"
    name: str | None = None
    arguments: str | None = None


def _count(value: object) -> int | None:
    """A count that is not a whole number is no reason to lose an answer that is paid for."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


TokenCount = Annotated[int | None, BeforeValidator(_count)]


class Usage(_Lenient):
    """Token counts as the server reports them; details are kept as they come."""

    prompt_tokens: TokenCount = None
    completion_tokens: TokenCount = None
    total_tokens: TokenCount = None


class Completion(BaseModel):
    """The part of an answer that workflows use; other fields of the API survive in `response` and `choices`.

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
    usage: Usage | None = None
    cost: float | None = None
    """US dollars; None when the price is not known."""
    choices: list[dict[str, Any]] | None = None
    """All choices as the server sent them, when the request asks for more than one."""
    response: dict[str, Any] | None = None
    warnings: list[BodyFault] = []
    """What of the request the server might have rejected."""
    attempt: int = 1
    simulated: bool = False
    """True when a fixture answered instead of a server."""
    status: int | None = None
    headers: dict[str, str] = {}
    """Of the answer, as `HttpResponse.headers`."""
    size: int | None = None
    """Bytes of the answer's body after decompression."""
    timing: Timing | None = None


CALL_FIELDS: Final = frozenset({"attempt", "headers", "response", "simulated", "size", "status", "timing"})
"""Fields of a completion that tell of the call: no part of a task's output."""
