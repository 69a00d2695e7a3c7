"""Which names of values an operation takes, and which it needs."""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from httptask.activities.api_operation import ApiBody, ApiOperation
from httptask.diagnostics.suggest import Suggestion, hint_for_unknown

__all__ = ["NameFault", "name_faults", "whole_body"]

_ALL = "body"
"""By which the whole body is given, whatever the document calls it."""


class NameFault(NamedTuple):
    """What is wrong with the names that are given.

    Attributes:
        name: that is one too many; None where one is missing.
        what: to be read behind the operation's id.
        hint: what to write instead, with which `what` ends.
    """

    name: str | None
    what: str
    hint: str | None = None


def name_faults(
    operation: ApiOperation, given: Collection[str], without_value: Collection[str] = ()
) -> Iterator[NameFault]:
    """Hold names against an operation.

    Args:
        operation: the operation.
        given: names of values.
        without_value: names whose value is null: a parameter is left out then, a member of the body is not missing.
    """
    described, body = {one.name for one in operation.parameters}, operation.body
    others = [name for name in given if name not in described]
    of_body = () if body is None else (body.name, *body.members, _ALL)
    known = sorted({*described, *of_body})
    meant = list[str]()  # by a name that is misspelt, which alone is told
    for name in others:
        if name not in known:
            hint = hint_for_unknown(name, known, "parameters that it has")
            if isinstance(hint, Suggestion):
                meant.append(hint.name)
            yield NameFault(name, f"has no parameter `{name}`: {hint}", hint)
    for parameter in operation.parameters:
        if parameter.required and parameter.name not in given and parameter.name not in meant:
            yield NameFault(None, f"needs `{parameter.name}` ({parameter.location})")
    if body is not None:
        of_its = [name for name in dict.fromkeys([*others, *meant]) if name in of_body]
        yield from _body_faults(body, of_its, without_value)


def whole_body(body: ApiBody, given: Collection[str]) -> str | None:
    """The name by which the whole body is given; None where its members are, or nothing is."""
    return next((name for name in (body.name, _ALL) if name in given and name not in body.members), None)


def _body_faults(body: ApiBody, given: Sequence[str], without_value: Collection[str]) -> Iterator[NameFault]:
    whole = whole_body(body, given)
    members = [name for name in given if name != whole]
    if whole is not None:
        for name in members[:1]:
            what = f"has `{whole}`, which is the whole body, and `{name}`: keep one of them"
            yield NameFault(name, what)
    elif not members:
        if body.required:
            yield NameFault(
                None, f"needs `{body.name}`" + (f", or {_listed(body.members)}" if body.members else "")
            )
    elif missing := [name for name in body.required_members if name not in {*given, *without_value}]:
        yield NameFault(None, f"needs {_listed(missing)} (body)")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
