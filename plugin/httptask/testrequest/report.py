"""The report of a test request: what was prepared, what went over the wire, what came back, and what a run makes of it.

One model for the terminal, for programs and for whoever shows it elsewhere.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict

from httptask.diagnostics.fault import Fault
from httptask.http.models import Hop
from httptask.testrequest.execution import Executed

__all__ = ["Estimate", "OutcomePart", "Part", "PreparedPart", "Report", "ResponsePart", "WirePart"]


class Part(BaseModel):
    """A part of a report. It begins in the words of who wrote the definition."""

    happened: str
    run_would: str | None = None
    """What a run does there, to be read behind "a run would"."""
    change: str | None = None
    """What to change; None where nothing is known to be wrong."""


class Estimate(BaseModel):
    """What a chat completion may use, before it is asked for."""

    prompt_tokens: int
    """Guessed from the length of the request."""
    completion_tokens: int | None = None
    """At most, in all choices; None where the request does not bound its answer."""
    cost: float | None = None
    """US dollars at most; None where the answer is not bounded, or the price not known."""


class PreparedPart(Part):
    """The request as it is to be sent; secrets stand as `$NAME`."""

    method: str
    uri: str
    headers: dict[str, str]
    body: Any = None
    """JSON value or text; None for no body."""
    curl: str
    """A command for a shell that sends the same, as often as somebody wants: without the `Idempotency-Key` of this one
    request. Secrets are variables in it."""
    connection: str | None = None
    operation: str | None = None
    """The operation that it is a call of: `API.OPERATION` of the catalogue, or as the task names it."""
    document: str | None = None
    """The API document that the request is made of: where the project keeps it, or its address."""
    document_sha256: str | None = None
    """Of its bytes, in hexadecimal."""
    warnings: list[Fault] = []
    """What its server may reject."""
    error: dict[str, Any] | None = None
    """Why it will not be sent: a problem of RFC 7807, as of a run."""
    estimate: Estimate | None = None


class WirePart(Part):
    """What went out, one after the other: tries, redirects, challenges, tokens, and the request itself."""

    hops: list[Hop] = []
    executed: Executed | None = None
    """By which Temporal knows the call; None where none was begun."""
    simulated: bool = False
    """Whether a recorded answer stood in for the server."""


class ResponsePart(Part):
    """What came back. Of a success all fields of the activity's result stand here too."""

    model_config = ConfigDict(extra="allow")

    status: int
    headers: dict[str, str] = {}
    content: Any = None
    """Of an answer that is an error, its beginning."""
    drift: list[Fault] = []
    """Where the answer is not as the catalogue's reference describes it."""


class OutcomePart(Part):
    """What the task makes of it: what the next task sees, or the error, and what becomes of that."""

    downstream: Any = None
    """The task's output, as the next task sees it."""
    context: Any = None
    """`$context` behind a task that exports to it."""
    next_task: str | None = None
    handled_tools: list[str] = []
    """Tools that the model calls and the task answers, before it asks again: what the next task sees is not known."""
    next_page: dict[str, Any] | None = None
    """The request that a run makes next, where a list has more pages."""
    error: dict[str, Any] | None = None
    """A problem of RFC 7807."""
    attempt: int
    attempts: int
    """How many a run makes at most."""
    would_retry: bool = False
    would_ask_again: int = 0
    """How often a run would show the model what is wrong, at most."""
    retry_after: float | None = None
    """Seconds that the server asked to wait."""
    next_delay: float | None = None
    """Seconds until a run tries again, at least."""
    caught_by: str | None = None
    """What takes the error once no attempt is left; None where it ends the workflow."""
    usage: dict[str, Any] | None = None
    """Tokens, as the server counts them."""
    cost: float | None = None
    """US dollars."""


class Report(BaseModel):
    """A test request. A dry run has only the first part, and a call without an answer no response."""

    prepared: PreparedPart
    wire: WirePart | None = None
    response: ResponsePart | None = None
    outcome: OutcomePart | None = None

    @property
    def is_success(self) -> bool:
        """Whether the task would succeed, or its request could be sent where nothing was."""
        return (self.prepared if self.outcome is None else self.outcome).error is None

    def to_json(self) -> dict[str, Any]:
        """As a program reads it: what is not known is left out."""
        return self.model_dump(mode="json", exclude_unset=True)
