"""What a rule is made of."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from httptask.diagnostics.fault import Severity

__all__ = ["Breach", "Rule", "is_absent", "rule"]

Body = Mapping[str, Any]


class Breach(NamedTuple):
    """Where a rule is broken, how, and the cure."""

    path: tuple[str | int, ...]
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        name: how messages and pages call it.
        severity: whether a server is sure to reject what breaks it, or may.
        fields: what it is about; a request that has none of these does not break it.
        text: the rule in a sentence.
        breaches: finds what of a body breaks it.
    """

    name: str
    severity: Severity
    fields: tuple[str, ...]
    text: str
    breaches: Callable[[Body], Iterator[Breach]]


def rule(severity: Severity, *fields: str) -> Callable[[Callable[[Body], Iterator[Breach]]], Rule]:
    """Makes a rule about some fields of a function: its name is the function's, its text the docstring."""

    def make(breaches: Callable[[Body], Iterator[Breach]]) -> Rule:
        text = " ".join((breaches.__doc__ or "").split())
        return Rule(breaches.__name__.strip("_").replace("_", "-"), severity, fields, text, breaches)

    return make


def is_absent(body: Body, name: str) -> bool:
    """Whether a field is left out, null or an empty list, so that it says nothing."""
    value = body.get(name)
    return value is None or value == []
