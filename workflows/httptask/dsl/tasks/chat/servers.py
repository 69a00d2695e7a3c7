"""`call: chatCompletion`: what the model and the servers that it names don't take, and where these are not."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from httptask.chat.base_url import misplaced
from httptask.chat.fields.check import field_faults
from httptask.chat.fields.unknown import UNKNOWN, with_unknown
from httptask.chat.rules.models import model_faults
from httptask.chat.rules.providers import provider_faults
from httptask.chat.strictness import Level
from httptask.connections.connection import Connection
from httptask.connections.providers import PROVIDERS
from httptask.diagnostics.fault import Fault, Severity
from httptask.dsl.expressions import has_expression
from httptask.dsl.tasks.chat.arguments import ChatCompletionArguments
from httptask.json.types import is_object

__all__ = ["server_faults"]


class _Candidate(NamedTuple):
    """Whom a request may go to.

    Attributes:
        body: the request, as far as it is written out.
        connection: None when it is not known.
        place: where its faults stand; None where each stands at its field.
    """

    body: Mapping[str, Any]
    connection: Connection | None
    place: str | None = None


def server_faults(
    arguments: ChatCompletionArguments,
    connections: Mapping[str, Connection],
    rules: Level,
    budget_units: frozenset[str],
) -> Iterator[Fault]:
    """Fields of a chat request, as far as they are written out, that its model or its server does not take.

    Streams whose usage is not told are among them, where a budget needs it.

    Args:
        arguments: of the call, from where the pointers of the faults begin.
        connections: by name.
        rules: how strictly the request is checked.
        budget_units: in which units, that only an answer tells, there is a budget.
    """
    told: set[str] = set()
    for candidate in _candidates(arguments, connections):
        fault = misplaced(candidate.connection)
        faults = [*([] if fault is None else [fault]), *_unmetered(candidate, budget_units)]
        if rules != "off":
            faults += _not_taken(candidate)
        for fault in faults:
            if fault.message not in told:
                severity = Severity.WARNING if rules == "warn" else fault.severity
                yield Fault(
                    candidate.place or fault.pointer, "chat-model", fault.message, fault.hint, severity
                )
        told.update(fault.message for fault in faults)


def _candidates(
    arguments: ChatCompletionArguments, connections: Mapping[str, Connection]
) -> Iterator[_Candidate]:
    body = with_unknown(arguments.request_body, has_expression)
    yield _Candidate(body, connections.get(arguments.connection))
    for index, fallback in enumerate(arguments.fallback):
        asked = body if fallback.model is None else {**body, "model": fallback.model}
        yield _Candidate(asked, connections.get(fallback.connection), f"/fallback/{index}")


def _not_taken(candidate: _Candidate) -> Iterator[Fault]:
    body, connection, _ = candidate
    if connection is not None:
        passed = field_faults(body, "any")  # which is how it was read, before its server was known
        yield from (fault for fault in field_faults(body, connection.provider) if fault not in passed)
    yield from model_faults(body, connection.model_rules if connection else {})
    if connection is not None and connection.provider is not None:
        yield from provider_faults(body, connection.provider)


def _unmetered(candidate: _Candidate, units: frozenset[str]) -> Iterator[Fault]:
    """A stream that does not ask for its usage; a server that refuses to be asked tells it unasked."""
    body, connection, _ = candidate
    price = connection.price if connection else None
    needed = units - ({"cost_usd"} if price is not None and price.is_free else set())
    if body.get("stream") is not True or not needed or _asks_for_usage(body.get("stream_options")):
        return
    provider = connection.provider if connection else None
    if provider is None or "stream_options" not in PROVIDERS[provider].refuses:
        unit = "tokens" if "tokens" in needed else "US dollars"
        message = f"the stream may not tell its usage, and the budget of {unit} can't be kept without"
        hint = "add `stream_options: { include_usage: true }`"
        yield Fault("/stream", "unmetered", message, hint, Severity.WARNING)


def _asks_for_usage(options: Any) -> bool:
    """Whether options ask for the usage, or may do so."""
    found = options.get("include_usage") if is_object(options) else options
    return found is True or found is UNKNOWN
