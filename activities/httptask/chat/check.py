"""Whether a chat request may be sent."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any, Final

from httptask.chat.fields.check import Server, field_faults
from httptask.chat.fields.unknown import IsUnknown, with_unknown
from httptask.chat.models import ChatRequest
from httptask.chat.rules import RULES
from httptask.chat.rules.models import Takes, model_faults
from httptask.chat.rules.options import ANSWER_SCHEMA
from httptask.chat.rules.providers import provider_faults
from httptask.chat.rules.rule import Rule
from httptask.chat.strictness import Level
from httptask.connections.connection import Connection
from httptask.diagnostics.cutting import shortened
from httptask.diagnostics.fault import Fault, Severity
from httptask.http.errors import RequestInvalid
from httptask.json.pointer import json_pointer

__all__ = ["NOT_SENDABLE", "check_body", "require_sendable"]

NOT_SENDABLE: Final = "the chat request can't be sent"
_NEEDED: Final = frozenset({"model", "messages"})
_MOST_TOLD: Final = 50
_LONGEST: Final = 300
_NO_RULES: Final[Mapping[str, Takes]] = {}


def check_body(
    body: Mapping[str, Any],
    is_unknown: IsUnknown | None = None,
    *,
    level: Level = "strict",
    model_rules: Mapping[str, Takes] = _NO_RULES,
    provider: Server = None,
) -> list[Fault]:
    """Find every fault of a request body at once.

    Args:
        body: the JSON body of `POST /chat/completions`.
        is_unknown: tells a value that is not known yet, such as an expression of a definition that is being
            loaded; no rule is applied to it.
        level: at `warn` every fault is a warning, at `off` there are none, but for `model` and `messages` that are
            missing and a schema that no answer could be held to.
        model_rules: what models take, by patterns of their names, beside what is known of them.
        provider: whose values of its own pass; of a provider also what it does not take is told.
    """
    known: Mapping[str, Any] = body if is_unknown is None else with_unknown(body, is_unknown)
    if level == "off":
        return [*filter(_is_needed, field_faults(known)), *_rule_faults([ANSWER_SCHEMA], known)]
    faults = [*field_faults(known, provider), *_rule_faults(RULES, known)]
    if model_rules or known.keys() - _NEEDED:
        faults += model_faults(known, model_rules)
    if provider is not None and provider != "any":
        faults += provider_faults(known, provider)
    if level == "warn":
        return [fault if _is_needed(fault) else replace(fault, severity=Severity.WARNING) for fault in faults]
    return faults


def require_sendable(request: ChatRequest, connection: Connection | None = None) -> list[Fault]:
    """Check a request before it is sent over a connection, at its own level.

    Returns:
        What the server may reject.

    Raises:
        RequestInvalid: the body can't be sent; `details["faults"]` lists what is wrong with it, up to 50 faults of all
            `details["count"]`.
    """
    secret = {reference.pointer for reference in request.secrets}
    of_server: dict[str, Any] = (
        {} if connection is None else {"model_rules": connection.model_rules, "provider": connection.provider}
    )
    found = check_body(request.body, level=request.rules, **of_server)
    faults = [_bounded(fault) for fault in found if fault.pointer not in secret]
    errors = [fault for fault in faults if fault.severity is Severity.ERROR]
    if errors:
        first = errors[0]
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        raise RequestInvalid(
            f"{NOT_SENDABLE}: {first.pointer}: {first.message}: {first.hint}{more}",
            details={
                "count": len(errors),
                "faults": [asdict(fault) for fault in errors[:_MOST_TOLD]],
            },
        )
    return faults[:_MOST_TOLD]


def _rule_faults(rules: Iterable[Rule], body: Mapping[str, Any]) -> Iterator[Fault]:
    """Breaches of the rules that are about a field of the body."""
    for rule in rules:
        if all(body.get(name) is None for name in rule.fields):
            continue
        for breach in rule.breaches(body):
            yield Fault(json_pointer(breach.path), rule.name, breach.message, breach.hint, rule.severity)


def _bounded(fault: Fault) -> Fault:
    """The fault as a failure or result can hold it: keys of the author's own may be of any length."""
    return replace(fault, pointer=shortened(fault.pointer, _LONGEST))


def _is_needed(fault: Fault) -> bool:
    is_missing = fault.code == "missing" and fault.pointer.removeprefix("/") in _NEEDED
    return is_missing or fault.code == ANSWER_SCHEMA.name
