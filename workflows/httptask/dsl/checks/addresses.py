"""Addresses: which server a request goes to is written in the definition, and no data choose it."""

import re
from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from httptask.dsl.checks.refusals import refusals
from httptask.dsl.expressions import SERVER, Expression, Secret, TemplateText, is_expression
from httptask.dsl.faults import Fault, Severity
from httptask.dsl.functions import HttpArguments, HttpRequestArguments
from httptask.dsl.model import Endpoint
from httptask.dsl.program import Program, TaskNode, TemplateUse
from httptask.http.url import Url, encode_text

__all__ = ["check_addresses", "is_from_data"]

_VARIABLE: Final = re.compile(r"\{(?![/?#])[^{}]*\}")
_ANY_VARIABLE: Final = re.compile(r"\{[^{}]*\}")
_ABSOLUTE: Final = re.compile(r"https?://", re.IGNORECASE)
_ENCODES: Final = re.compile(r"\|\s*@uri$")
_OF_WHOEVER_STARTS: Final = frozenset({"workflow", "runtime"})
_ADDRESSES: Final = ("endpoint", "endpoint/uri", "path")
_WHY: Final = "what comes from a response must not choose where requests go"


def check_addresses(program: Program) -> Iterator[Fault]:
    """Find endpoints whose server depends on data or that no request can go to, and connections that depend on data."""
    for task in program.nodes.values():
        yield from _connection(task)
    for use in program.templates:
        node = program.nodes.get(use.task or "")
        if node is not None and use.pointer in (f"{node.pointer}/with/{place}" for place in _ADDRESSES):
            yield from _encoded_twice(use)
        if node is None or use.pointer not in (
            f"{node.pointer}/with/endpoint",
            f"{node.pointer}/with/endpoint/uri",
        ):
            continue
        value = use.template.value
        if is_expression(value):
            yield from _whole(program, node, use, value.parts[0])
            continue
        parts = value.parts if isinstance(value, TemplateText) else (value,)
        faults = [*_server(use.pointer, parts)]
        is_standard = isinstance(node.arguments, HttpArguments)  # which has whole addresses only
        may_be_relative = not is_standard and _has_connection(program, node)
        yield from faults or _unreadable(use.pointer, parts, may_be_relative=may_be_relative)


def _connection(node: TaskNode) -> Iterator[Fault]:
    arguments = node.arguments
    named = {"connection": getattr(arguments, "connection", None)}
    endpoint = getattr(arguments, "endpoint", None)
    if isinstance(endpoint, Endpoint) and endpoint.authentication is not None:
        named["endpoint/authentication/use"] = endpoint.authentication.use
    for index, fallback in enumerate(getattr(arguments, "fallback", ())):
        named[f"fallback/{index}/connection"] = fallback.connection
    for place, name in named.items():
        if isinstance(name, str) and "${" in name:
            message = f"the name of a connection is no expression: {_WHY}"
            hint = "write the name out; `switch` chooses between tasks with different ones"
            yield Fault(f"{node.pointer}/with/{place}", "server-from-data", message, hint)


def _encoded_twice(use: TemplateUse) -> Iterator[Fault]:
    for _, expression in () if is_expression(use.template.value) else use.template.expressions:
        if _ENCODES.search(expression.source):
            message = f"`${{ {expression.source.strip()} }}` is percent-encoded twice"
            hint = "leave out `| @uri`: what is put into an address is encoded anyway"
            yield Fault(use.pointer, "encoded-twice", message, hint, offset=expression.offset)


def is_from_data(expression: Expression) -> bool:
    """Whether more decides an address than whoever starts the run."""
    return expression.reads_dot or not expression.variables <= _OF_WHOEVER_STARTS


def _whole(program: Program, node: TaskNode, use: TemplateUse, expression: Expression) -> Iterator[Fault]:
    """A whole address may come from data if its server is that of a connection, or one that the operator allows."""
    if not is_from_data(expression) or _has_connection(program, node):
        return
    yield Fault(
        use.pointer,
        "server-from-data",
        "the whole address is computed from data: it is asked only at the `allowed_hosts` of httptask.toml",
        "list these under [policy], name a `connection`, at whose server it then must be, or read it from "
        "`$workflow.input`",
        Severity.WARNING,
        offset=expression.offset,
    )


def _unreadable(pointer: str, parts: tuple[Any, ...], *, may_be_relative: bool) -> Iterator[Fault]:
    """An address that can be seen to be refused, whatever is put into it."""
    if not isinstance(parts[0], str):
        return
    absolute = _ABSOLUTE.match(parts[0]) is not None
    if not absolute and (may_be_relative or "://" in parts[0]):  # follows the base URL, or has another fault
        return
    if not absolute:
        hint = "write it out from https:// on; or `call: httpRequest` with a `connection`, and a `path` at its server"
        yield Fault(pointer, "endpoint", "the endpoint is not absolute: it names no server", hint)
    elif len(parts) == 1:
        read = partial(Url.parse, encode_text(_ANY_VARIABLE.sub("x", parts[0])))
        yield from refusals(pointer, "endpoint", read, "write it as it is to be sent")


def _has_connection(program: Program, node: TaskNode) -> bool:
    arguments = node.arguments
    if isinstance(arguments, HttpRequestArguments) and arguments.connection is not None:
        return True
    endpoint = arguments.endpoint if isinstance(arguments, HttpArguments | HttpRequestArguments) else None
    if not isinstance(endpoint, Endpoint) or endpoint.authentication is None:
        return False
    use = endpoint.authentication.use
    return use is not None and use not in program.definition.use.authentications


def _server(pointer: str, parts: tuple[Any, ...]) -> Iterator[Fault]:
    """The first piece of data that stands where the server's name is not over yet."""
    head = ""
    for part in parts:
        if isinstance(part, Secret):
            # A secret's value is the operator's, and may be a whole URL.
            head += "secret" if head else "https://secret"
        elif isinstance(part, Expression):
            if not SERVER.match(head):
                yield _fault(pointer, f"`${{ {part.source.strip()} }}`", part.offset)
                return
        else:
            variable = _VARIABLE.search(part)
            before = part if variable is None else part[: variable.start()]
            if variable is not None and not SERVER.match(head + before):
                yield _fault(pointer, f"`{variable[0]}`", variable.start() if part is parts[0] else None)
                return
            head += part


def _fault(pointer: str, what: str, offset: int | None) -> Fault:
    message = f"{what} stands in the name of the server: {_WHY}"
    hint = "write the server out, or name a `connection`; data may follow behind the first `/`"
    return Fault(pointer, "server-from-data", message, hint, offset=offset)
