"""Where `paginate` puts a position: a member that the body has room for, a parameter that is given nowhere else."""

import re
from collections.abc import Iterator
from typing import Any

from httptask.diagnostics.fault import Fault, TextFault
from httptask.diagnostics.words import kind_of
from httptask.dsl.expressions import has_expression
from httptask.dsl.tasks.http.arguments import BODY_ARGUMENTS
from httptask.dsl.tasks.http.body_places import missing_place
from httptask.json.pointer import child_pointer
from httptask.json.types import is_array, is_object

__all__ = ["place_faults"]

_STARTS = {"page": 1, "offset": 0}
_OTHER_PLACE = "or send it in the query: `parameter` instead of `body`"


def place_faults(
    pointer: str, arguments: dict[str, Any], way: str, position: dict[str, Any]
) -> Iterator[Fault]:
    """What stands in the way of a position, as far as the request is written out.

    Args:
        pointer: of the request's arguments.
        arguments: as they stand in the definition.
        way: the key of `paginate` that says where the next page is.
        position: what stands there.
    """
    member, parameter = position.get("body"), position.get("parameter")
    if None not in (member, parameter):  # which is reported already
        return
    if isinstance(member, str) and member.startswith("/"):
        fault = _body_fault(arguments, member)
        if fault is not None:
            yield Fault(f"{pointer}/paginate/{way}/body", "no-place", *fault)
    elif isinstance(parameter, str):
        yield from _query_faults(pointer, arguments, way, parameter)
        yield from _address_faults(pointer, arguments, way, parameter)
        yield from _other_body_faults(pointer, arguments, way, parameter)


def _body_fault(arguments: dict[str, Any], member: str) -> tuple[str, str] | None:
    """The message and the hint."""
    kind = next((name for name in BODY_ARGUMENTS if arguments.get(name) is not None), None)
    if kind is None:
        return (
            f"the request has no `body` for `{member}` to be set in",
            f"add `body`, an object, {_OTHER_PLACE}",
        )
    body = arguments[kind]
    if kind != "body" or (isinstance(body, str) and not has_expression(body)):
        message = f"`{member}` can't be set: the body is no JSON"
        return message, f"write `body` as an object, {_OTHER_PLACE}"
    missing = missing_place(body, member, has_expression)
    if missing is None:
        return None
    token, found = missing
    message = f"the body has no place for `{member}`: there is no `{token}` in {kind_of(found)}"
    return message, "write into `body` what stands around it"


def _query_faults(pointer: str, arguments: dict[str, Any], way: str, parameter: str) -> Iterator[Fault]:
    """A parameter of `query` beside a number; a cursor may have a first value there, and a form has the place."""
    query, form = arguments.get("query"), arguments.get("form")
    start = arguments["paginate"][way].get("start", _STARTS.get(way))
    given = form.get(parameter, start) if is_object(form) else start
    if way != "cursor" and not has_expression(given) and str(given) != str(start):
        message = f"the form begins with another `{parameter}` than `{way}`, which starts at {start}"
        at = child_pointer(child_pointer(pointer, "form"), parameter)
        yield Fault(at, "two-parameters", message, f"set `start` of `{way}`")
    if way != "cursor" and is_object(query) and parameter in query:
        message = f"`{parameter}` is given by `{way}` already"
        hint = f"leave it out here; the first page is asked for with `start` of `{way}`"
        at = child_pointer(child_pointer(pointer, "query"), parameter)
        yield TextFault(at, "two-parameters", message, hint, at_key=True)


def _other_body_faults(pointer: str, arguments: dict[str, Any], way: str, parameter: str) -> Iterator[Fault]:
    """A member or part of that name, which would stay as it is: the server might read that one."""
    body, parts = arguments.get("body"), arguments.get("multipart")
    if is_object(body) and parameter in body:
        at = child_pointer(child_pointer(pointer, "body"), parameter)
        message = f"the body has `{parameter}`, which `{way}` sends in the query"
        hint = f"write `body: /{parameter}` under `{way}` in place of `parameter`, or leave it out here"
        yield TextFault(at, "two-parameters", message, hint, at_key=True)
    for index, part in enumerate(parts if is_array(parts) else ()):
        if is_object(part) and part.get("name") == parameter:
            message = f"the part `{parameter}` has the name of what `{way}` sends in the query"
            yield Fault(f"{pointer}/multipart/{index}/name", "two-parameters", message, "leave it out here")


def _address_faults(pointer: str, arguments: dict[str, Any], way: str, parameter: str) -> Iterator[Fault]:
    endpoint = arguments.get("endpoint")
    texts = {"endpoint": endpoint, "path": arguments.get("path")}
    if is_object(endpoint):
        texts["endpoint/uri"] = endpoint.get("uri")
    given = re.compile(rf"^[^?#]*\?(?:[^#]*&)?({re.escape(parameter)})(?=[=&#]|$)")
    for place, text in texts.items():
        found = given.search(text) if isinstance(text, str) else None
        if found is not None:
            message = f"the address has the parameter `{parameter}`, which `{way}` gives already"
            first = (
                "its first value goes under `query`"
                if way == "cursor"
                else "the first page is asked for with `start`"
            )
            hint = f"leave it out here; {first}"
            yield TextFault(f"{pointer}/{place}", "two-parameters", message, hint, offset=found.start(1))
