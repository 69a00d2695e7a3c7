"""What is told of each outbound call: one line of the log, one span, and whatever an observer makes of it."""

import asyncio
import re
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from httptask.http.errors import HttpTaskError
from httptask.http.log import get_logger

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer, TracerProvider

__all__ = ["CallObservation", "Observer", "observed"]

_PORT = re.compile(r":[0-9]+$")
_log = get_logger("httptask.http")


@dataclass
class CallObservation:
    """One call, with the redirects that it follows. Nothing of it is a secret, a query or a body.

    Attributes:
        host: name, and the port unless it is the scheme's own.
        path: with placeholders where a definition puts values in, so that calls of one task are alike.
        attempt: which attempt at the call this is, from 1.
        received: bytes of the answer, as they came.
        verdict: `retry` is a failure that another attempt may cure.
    """

    method: str
    host: str
    path: str
    connection: str | None
    attempt: int
    status: int | None = None
    received: int = 0
    milliseconds: int = 0
    error: str | None = None
    verdict: Literal["success", "retry", "failure", "cancelled"] = "success"


Observer = Callable[[CallObservation], None]


@contextmanager
def observed(call: CallObservation, observers: Sequence[Observer]) -> Generator[None]:
    """Tells of a call when it has ended, however it ends."""
    from opentelemetry import trace  # reads what is installed, for which nobody waits who sends nothing

    started = time.perf_counter()
    span = _tracer(trace.get_tracer_provider()).start_span(
        f"{call.method} {call.path}", kind=trace.SpanKind.CLIENT
    )
    with _current(span) if span.get_span_context().is_valid else nullcontext():
        try:
            yield
        except HttpTaskError as error:
            call.error, call.verdict = error.type, "retry" if error.retryable else "failure"
            call.status = error.details.get("status", call.status)
            error.logged = True
            raise
        except asyncio.CancelledError:
            call.error, call.verdict = "Cancelled", "cancelled"
            raise
        finally:
            call.milliseconds = round((time.perf_counter() - started) * 1000)
            if span.is_recording():
                _describe(span, call)
            _write(call)
            for observer in observers:
                observer(call)


@lru_cache(maxsize=8)
def _tracer(provider: "TracerProvider") -> "Tracer":
    return provider.get_tracer("httptask")


def _current(span: "Span") -> "AbstractContextManager[Span]":
    """Has others begin within the span, and ends it. It keeps no exception, whose details may quote an answer."""
    from opentelemetry import trace

    return trace.use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False)


def _describe(span: "Span", call: CallObservation) -> None:
    """OpenTelemetry's semantic conventions for HTTP client spans; a URL is left out, since it may hold a secret."""
    name, _, port = call.host.rpartition(":") if _PORT.search(call.host) else (call.host, "", "")
    attributes: dict[str, str | int] = {
        "http.request.method": call.method,
        "server.address": name.strip("[]"),
        "url.template": call.path,
        "http.response.body.size": call.received,
    }
    if port:
        attributes["server.port"] = int(port)
    if call.attempt > 1:
        attributes["http.request.resend_count"] = call.attempt - 1
    if call.status is not None:
        attributes["http.response.status_code"] = call.status
    if call.connection is not None:
        attributes["httptask.connection"] = call.connection
    if call.error is not None:
        attributes["error.type"] = call.error
        from opentelemetry.trace import StatusCode

        span.set_status(StatusCode.ERROR)
    span.set_attributes(attributes)


def _write(call: CallObservation) -> None:
    fields = {
        "method": call.method,
        "host": call.host,
        "path": call.path,
        "status": call.status,
        "attempt": call.attempt,
        "connection": call.connection,
        "bytes": call.received,
        "milliseconds": call.milliseconds,
        "verdict": call.verdict,
        "error": call.error,
    }
    told = {name: value for name, value in fields.items() if value is not None}
    if call.error is None:
        _log.info("http.request.finished", **told)
    elif call.verdict == "cancelled":
        _log.info("http.request.failed", **told)
    else:
        _log.warning("http.request.failed", **told)
