"""What one HTTP call is asked to do and what came of it: the wire format of the HTTP activity.

Everything here is plain data. No secret value ever stands in it: `SecretReference` says where the
activity inserts one, so history shows what was asked and never a credential.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from httptask.authentication.models import Authentication
from httptask.http.body_models import (
    BinaryBody,
    FormBody,
    JsonBody,
    MultipartBody,
    Part,
    RequestBody,
    TextBody,
)
from httptask.http.limits import ATTEMPTS, MAX_RESPONSE_BYTES, Limits
from httptask.http.parameters import ParameterValue, Separator
from httptask.http.secret_reference import SecretReference

__all__ = [
    "MAX_EVENTS",
    "MAX_RESPONSE_BYTES",
    "BinaryBody",
    "CallRequest",
    "FormBody",
    "Hop",
    "HttpAnswer",
    "HttpRequest",
    "HttpResponse",
    "JsonBody",
    "Limits",
    "ModelUsage",
    "MultipartBody",
    "ParameterValue",
    "Part",
    "RequestBody",
    "SecretReference",
    "SentRequest",
    "Separator",
    "StatusPattern",
    "StreamFormat",
    "StreamReading",
    "TextBody",
    "Timing",
    "matches",
]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


StatusPattern = Annotated[int, Field(ge=100, le=599)] | Annotated[str, Field(pattern=r"^[1-5]xx$")]
"""A status code (404) or a class of them ("2xx")."""


def matches(status: int, patterns: Sequence[StatusPattern]) -> bool:
    """Whether a status is among those of the patterns."""
    return any(status == pattern or f"{status // 100}xx" == pattern for pattern in patterns)


class CallRequest(_Model):
    """What every kind of call carries."""

    limits: Limits = Limits()
    attempts: int | None = Field(default=ATTEMPTS, ge=1)
    """How many attempts may send it; None leaves the count to whoever retries."""
    attempts_made: int = Field(default=0, ge=0)
    """How many of them were made before its activity: by local ones, or by one that came to wait in its queue again."""
    ends_attempt: bool = False
    """Whether its activity ends with each attempt that fails, for the workflow to decide on another one."""
    server: str | None = None
    """Origin of the connection's server, as the worker that the run began on has it."""
    traced: bool = False
    """Whether what comes of it tells every request that went out for it, as `hops`."""

    @property
    def is_streamed(self) -> bool:
        """Whether the answer comes in events."""
        raise NotImplementedError


MAX_EVENTS = 100_000
"""Most events that are read of one answer."""

StreamFormat = Literal["sse", "ndjson"]
"""Server-sent events (WHATWG HTML, section 9.2), or a JSON value per line."""


class StreamReading(_Model):
    """How an answer that comes in events is read, and what is kept of them. Expressions are jq, without `${ }`."""

    format: StreamFormat | None = None
    """None takes what the media type says."""
    take: Literal["all", "last"] = "all"
    each: str | None = None
    """Yields what is kept of an event: nothing, one value or several."""
    until: str | None = None
    """Whether an event is the last one that is wanted."""
    limit: int | None = Field(default=None, ge=1)
    """How many events are wanted."""
    pointer: str = ""
    """JSON Pointer of these settings in the definition, for messages."""


class HttpRequest(CallRequest):
    """One HTTP request, rendered and complete but for the secrets."""

    method: str
    url: str
    """Absolute, or relative to the connection's base URL."""
    connection: str | None = None
    headers: dict[str, str] = {}
    query: dict[str, ParameterValue] = {}
    separators: dict[str, Separator] = {}
    """Of lists in `query` that are sent as one parameter, by its name."""
    body: RequestBody | None = None
    authentication: Authentication | None = None
    secrets: tuple[SecretReference, ...] = ()
    success: tuple[StatusPattern, ...] = ("2xx",)
    """Statuses that are a result; every other one is an error."""
    raw: bool = False
    """Whether to take the body of the answer as base64, unparsed."""
    charset: str | None = None
    """Charset of an answer that is text, where its server does not say it, or says another."""
    keep_headers: tuple[str, ...] = ()
    """Headers of the answer to keep beside those that are always kept."""
    stream: StreamReading | None = None
    """Set for an answer that comes in events."""
    whole_response: bool = False
    """Whether the activity returns an `HttpResponse`, and not an `HttpAnswer`."""
    idempotency_key: str | None = None
    path_template: str | None = None
    """The path with placeholders where a definition puts values in, for logs, spans and metrics."""
    address_from_data: bool = False
    """Whether data of a run chose the server, which then has to be a connection's or among the allowed ones."""

    @property
    def is_streamed(self) -> bool:
        """See base class."""
        return self.stream is not None


class Timing(_Model):
    """Milliseconds from the start of the attempt."""

    connected: float | None = None
    """None when a kept-alive connection was used."""
    first_byte: float
    """Until status and headers were there."""
    total: float


class SentRequest(_Model):
    """What went out, without credentials: secrets stand as `$NAME`."""

    method: str
    uri: str
    headers: dict[str, str]


class Hop(_Model):
    """One request that left, or was to: redirects, challenges, tokens and further tries make several of a call.

    Times are in milliseconds. Those of steps that were not taken are None: a connection that stood has no first three.
    """

    method: str
    uri: str
    """With `[redacted]` for the values of secrets."""
    for_token: bool = False
    """Whether it was to get an access token, and not the call itself."""
    status: int | None = None
    """Of its answer; None where none came."""
    error: str | None = None
    """The type of the error that it ended in."""
    sent: bool = False
    """Whether a byte of it may have gone out, so that the server may have acted on it."""
    started: float
    """Since the beginning of the attempt."""
    dns: float | None = None
    """Until the name of the server was resolved; None for an address."""
    connect: float | None = None
    """Until the server took the connection."""
    tls: float | None = None
    """Until the connection was secured."""
    first_byte: float | None = None
    """From then on until status and headers were there."""
    total: float
    """From its start until its answer was read, or given up."""


class ModelUsage(_Model):
    """What an answer of a model has used."""

    model: str
    total_tokens: int
    cost: float | None = None
    """US dollars; None when the price is not known."""


class HttpAnswer(_Model):
    """What histories hold of the answer to a request of a task that wants its content: all that the run reads."""

    status: int = 200
    headers: dict[str, str] = {}
    """Lower-case names; of an `HttpAnswer` those by which the server's operator finds the request.

    Of an `HttpResponse` all on the allow list (no cookies, no credentials).
    """
    content: Any
    """Parsed by media type: JSON value, text, or base64 of anything else; None when the body was empty.

    Of a stream, what is kept of its events.
    """
    content_kind: Literal["json", "text", "base64", "none"] = "json"
    attempt: int = 1
    redactions: int = 0
    """How often a secret's value was found in the answer and replaced."""
    simulated: bool = False
    """True when a fixture answered instead of a server."""
    redirected_to: str | None = None
    """Host and path that answered, when redirects were followed; never a query."""
    usage: ModelUsage | None = None
    """Set when the content is an answer of a model that tells its tokens, such as embeddings."""


class HttpResponse(HttpAnswer):
    """The answer to one request."""

    size: int
    """Bytes of the body after decompression."""
    request: SentRequest
    timing: Timing
    hops: tuple[Hop, ...] = ()
    """Set where the request is `traced`."""
