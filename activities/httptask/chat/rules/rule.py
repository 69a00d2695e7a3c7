"""What a rule is made of."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from httptask.diagnostics.fault import Fault, Severity
from httptask.json.pointer import json_pointer
from httptask.json.types import is_array, is_object

__all__ = ["Breach", "Rule", "is_absent", "objects_in", "rule"]

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
    """

    name: str
    severity: Severity
    fields: tuple[str, ...]
    text: str
    breaches: Callable[[Body], Iterator[Breach]]

    def faults(self, body: Body) -> Iterator[Fault]:
        """What of a body breaks the rule."""
        if all(body.get(name) is None for name in self.fields):
            return
        for breach in self.breaches(body):
            yield Fault(json_pointer(breach.path), self.name, breach.message, breach.hint, self.severity)


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


def objects_in(value: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a list, with their index; nothing when it is no list."""
    for index, item in enumerate(value if is_array(value) else ()):
        if is_object(item):
            yield index, item
