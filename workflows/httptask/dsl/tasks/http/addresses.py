"""Addresses: which server a request goes to is written in the definition, and no data choose it."""

import re
from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from httptask.diagnostics.fault import Fault, Severity, TextFault
from httptask.dsl.expressions import SERVER, Expression, Secret, Template, TemplateText, is_expression
from httptask.dsl.model import Use
from httptask.dsl.tasks.http.arguments import (
    AnyHttpArguments,
    HttpArguments,
    HttpRequestArguments,
    policy_of,
)
from httptask.dsl.tasks.http.parts import ENDPOINT, PATH
from httptask.dsl.tasks.http.refusals import refusals
from httptask.dsl.tasks.kind import WHY_NOT_FROM_DATA, TaskNode
from httptask.http.url import Url, encode_text

__all__ = ["FILE", "address_faults", "document_faults", "is_from_data", "is_path"]

_VARIABLE: Final = re.compile(r"\{(?![/?#])[^{}]*\}")
_ANY_VARIABLE: Final = re.compile(r"\{[^{}]*\}")
FILE: Final = "file://"
"""Before the path of a document, relative to its definition: the standard's addresses all begin with a scheme."""
_PATH: Final = re.compile(r"(?:\./)?([^/~\s:{}.][^\s:{}]*|\.\./[^\s:{}]+)")
_ABSOLUTE: Final = re.compile(r"https?://", re.IGNORECASE)
_ENCODES: Final = re.compile(r"\|\s*@uri$")
_OF_WHOEVER_STARTS: Final = frozenset({"workflow", "runtime"})


def address_faults(node: TaskNode, use: Use) -> Iterator[Fault]:
    """Find an endpoint whose server depends on data, or that no request can go to."""
    endpoint, path = node.template(ENDPOINT), node.template(PATH)
    for address in (endpoint, path):
        yield from () if address is None else _encoded_twice(address)
    if endpoint is None:
        return
    value = endpoint.value
    if is_expression(value):
        yield from _whole(endpoint, value.parts[0], has_connection=_has_connection(node, use))
        return
    parts = value.parts if isinstance(value, TemplateText) else (value,)
    faults = [*_server(endpoint.pointer, parts)]
    is_standard = isinstance(node.spec, HttpArguments)  # which has whole addresses only
    may_be_relative = not is_standard and _has_connection(node, use)
    yield from faults or _unreadable(endpoint.pointer, parts, may_be_relative=may_be_relative)


def document_faults(address: Template) -> Iterator[Fault]:
    """Find the address of a document whose server depends on data, or that no request can go to.

    A path is not sent to anybody, and nothing of it comes from data.
    """
    value = address.value
    if is_expression(value):
        yield from _whole(address, value.parts[0], has_connection=False)
        return
    parts = value.parts if isinstance(value, TemplateText) else (value,)
    if isinstance(parts[0], str) and is_path(parts[0]):
        yield from _path_faults(address.pointer, parts)
        return
    if isinstance(value, str) and (path := _PATH.fullmatch(value)):
        message = f"`{value}` is no URL"
        hint = f"write `{FILE}{path[1]}` for a file beside the definition, or a URL out from https:// on"
        yield Fault(address.pointer, "endpoint", message, hint)
        return
    faults = [*_encoded_twice(address), *_server(address.pointer, parts)]
    yield from faults or _unreadable(address.pointer, parts, may_be_relative=False)


def is_path(text: str) -> bool:
    """Whether the address of a document, or its beginning, is the path of a file of the project."""
    return text.lower().startswith(FILE)


def _path_faults(pointer: str, parts: tuple[Any, ...]) -> Iterator[Fault]:
    path = parts[0][len(FILE) :]
    if len(parts) > 1 or _ANY_VARIABLE.search(path):
        message = "the path of the document depends on data: which file is read stands in the definition"
        yield Fault(
            pointer, "endpoint", message, "write the path out; `switch` chooses between several tasks"
        )
    elif not path or path.startswith(("/", "~", "\\")):
        message = "the path of the document is not relative, and a worker may have it elsewhere"
        hint = "write it from the folder of the definition on, such as `file://apis/shop.yaml`"
        yield Fault(pointer, "endpoint", message, hint)


def _encoded_twice(address: Template) -> Iterator[Fault]:
    for _, expression in () if is_expression(address.value) else address.expressions:
        if _ENCODES.search(expression.source):
            message = f"`${{ {expression.source.strip()} }}` is percent-encoded twice"
            hint = "leave out `| @uri`: what is put into an address is encoded anyway"
            yield TextFault(address.pointer, "encoded-twice", message, hint, offset=expression.offset)


def is_from_data(expression: Expression) -> bool:
    """Whether more decides an address than whoever starts the run."""
    return expression.reads_dot or not expression.variables <= _OF_WHOEVER_STARTS


def _whole(endpoint: Template, expression: Expression, *, has_connection: bool) -> Iterator[Fault]:
    """A whole address may come from data if its server is that of a connection, or one that the operator allows."""
    if not is_from_data(expression) or has_connection:
        return
    yield TextFault(
        endpoint.pointer,
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


def _has_connection(node: TaskNode, use: Use) -> bool:
    assert isinstance(node.spec, AnyHttpArguments)
    if isinstance(node.spec, HttpRequestArguments) and node.spec.connection is not None:
        return True
    policy = policy_of(node.spec)
    return policy is not None and policy.use is not None and policy.use not in use.authentications


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
    message = f"{what} stands in the name of the server: {WHY_NOT_FROM_DATA}"
    hint = "write the server out, or name a `connection`; data may follow behind the first `/`"
    return TextFault(pointer, "server-from-data", message, hint, offset=offset)
