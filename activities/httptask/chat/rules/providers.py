"""Which fields the servers of a provider don't take, or leave alone."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from httptask.chat.fields.unknown import UNKNOWN
from httptask.chat.rules.models import not_taken
from httptask.connections.providers import PROVIDERS, ProviderName
from httptask.diagnostics.fault import Fault, Severity
from httptask.diagnostics.words import quoted
from httptask.json.pointer import json_pointer
from httptask.json.types import is_number

__all__ = ["provider_faults"]

_PROVIDER_RULE: Final = "provider"
"""Name of the rule that such a fault breaks."""
_CURES: Final[Mapping[str, str]] = {"max_completion_tokens": "write `max_tokens`"}
"""What servers take that don't know a newer field."""


def provider_faults(body: Mapping[str, Any], name: ProviderName) -> Iterator[Fault]:
    """Fields that mean nothing to the server, or that it answers with an error. Warnings: servers change.

    Args:
        body: the request.
        name: whose server it goes to.
    """
    provider = PROVIDERS[name]
    for field, values in provider.refuses.items():
        if _breaks(body.get(field), values):
            who = f"{provider.title} takes"
            fault = not_taken(field, body[field], values, who, provider.as_of, _PROVIDER_RULE)
            yield replace(fault, hint=_CURES.get(field, fault.hint))
    for field, values in provider.ignores.items():
        if _breaks(body.get(field), values):
            message = f"{provider.title} ignores `{field}` (as of {provider.as_of})"
            yield _warning(field, message, _CURES.get(field, "leave it out, or ask another server"))
    for field, most in provider.caps.items():
        value = body.get(field)
        if is_number(value) and value > most:
            who = f"{provider.title} lowers it to {most:g} (as of {provider.as_of})"
            yield _warning(field, f"`{field}` is {quoted(value)}: {who}", f"write {most:g} or less")


def _warning(field: str, message: str, hint: str) -> Fault:
    return Fault(json_pointer((field,)), _PROVIDER_RULE, message, hint, Severity.WARNING)


def _breaks(value: Any, values: Any) -> bool:
    return value is not None and value is not UNKNOWN and value not in values
