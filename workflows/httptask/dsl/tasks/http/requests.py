"""Methods, addresses that can't be one, and bodies that may not be what is meant."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from httptask.diagnostics.fault import Fault, Severity, TextFault
from httptask.diagnostics.suggest import hint_for_misspelt, hint_for_unknown
from httptask.diagnostics.words import Kind, wrong_kind
from httptask.dsl.expressions import Template, TemplateText, is_expression, is_whole_expression
from httptask.dsl.standard_patterns import URI, expression_fault
from httptask.dsl.tasks.http.arguments import AnyHttpArguments, HttpArguments, address_of
from httptask.dsl.tasks.http.parts import ENDPOINT, PATH, REQUEST
from httptask.dsl.tasks.kind import TaskNode
from httptask.json.pointer import child_pointer
from httptask.json.types import is_object

__all__ = ["form_faults", "request_faults", "standard_address_faults"]

# fmt: off
_METHODS: Final = (
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "QUERY", "ACL",
    "BIND", "CHECKIN", "CHECKOUT", "COPY", "LABEL", "LINK", "LOCK", "MERGE", "MKCOL", "MOVE",
    "PROPFIND", "PROPPATCH", "PURGE", "REBIND", "REPORT", "SEARCH", "UNBIND", "UNLINK", "UNLOCK",
    "UPDATE",
)
# fmt: on
"""The registered ones and `PURGE`; a server may know others."""
_OTHER_SCHEME: Final = re.compile(r"(?!https?:)[A-Za-z][A-Za-z0-9+.-]*://", re.IGNORECASE)
_COMPLETE_VARIABLE: Final = re.compile(r"\{[^{}]*\}")
_VARSPEC: Final = r"[\w.%-]+(?::[1-9]\d{0,3}|\*)?"
_TEMPLATE_VARIABLE: Final = re.compile(rf"\{{[+#./;?&]?{_VARSPEC}(?:,{_VARSPEC})*\}}")
"""RFC 6570, section 2; and names with a hyphen, as descriptions of APIs have them."""
_WHOLE: Final = re.compile(r"\s*(?:https?:)?//", re.IGNORECASE)
_BREAK: Final = re.compile(r"^\s|\s$|[\x00-\x1f\x7f]")
_SPACE: Final = re.compile(r" |\{[^}]*\}")
"""A space, or what is read apart: a variable of a URI template."""
_MUSTACHE: Final = re.compile(r"\{\{\s*([$.\w]*[\w])\s*\}\}")
_FOREIGN: Final = re.compile(r"(?<=/):([A-Za-z_]\w*)(?=[/?#]|$)|(?<=[/=])\$([A-Za-z_]\w*)|<([A-Za-z_]\w*)>")
_OF_ODATA: Final = frozenset(
    {"all", "batch", "count", "crossjoin", "entity", "links", "metadata", "ref", "value"}
)
"""Segments of paths that begin with `$` there."""
_WHOLE_EXPRESSION: Final = re.compile(r"\s*\$\{.+\}\s*")
"""`runtimeExpression` of the standard's schema."""
_SECRET: Final = re.compile(r"\$\{\s*\$secrets\b[^}]*\}")


def form_faults(pointer: str, arguments: AnyHttpArguments) -> Iterator[Fault]:
    """Find fields whose form the standard does not know, and that other tools would refuse.

    Args:
        pointer: of the arguments.
        arguments: of the call.
    """
    for name in ("headers", "query", "form", "multipart"):
        text = getattr(arguments, name, None)
        if isinstance(text, str):
            yield from _members(f"{pointer}/{name}", name, text)
    address = address_of(arguments)
    if address is not None and isinstance(arguments, HttpArguments):
        yield from _standard_address(f"{pointer}/{address[0]}", address[1])


def standard_address_faults(address: Template, text: str) -> Iterator[Fault]:
    """Find an address of a form that the standard does not have, as it is written."""
    if not is_expression(address.value):
        yield from _address(address, Severity.ERROR)
    yield from _standard_address(address.pointer, text)


def _standard_address(pointer: str, text: str) -> Iterator[Fault]:
    if "${" not in text or URI.match(text) or _WHOLE_EXPRESSION.fullmatch(text):
        return  # whether it is an address otherwise is told by the checks of addresses
    if is_whole_expression(text):
        fault = expression_fault(pointer, text)
        yield from () if fault is None else (fault,)
    elif _SECRET.match(text.lstrip()):
        message = "the standard's `call: http` takes no text behind an address that is a secret"
        hint = "`call: httpRequest` takes it"
        yield Fault(pointer, "not-in-the-standard", message, hint)


def _members(pointer: str, name: str, text: str) -> Iterator[Fault]:
    """A part of a request that is an object (or, of `multipart`, a list), or an expression that yields one."""
    if "${" in text:
        fault = expression_fault(pointer, text)
        yield from () if fault is None else (fault,)
        return
    kind = Kind.LIST if name == "multipart" else Kind.OBJECT
    hint = f"write its members under it, or one expression that yields {kind}"
    yield Fault(pointer, "wrong-type", wrong_kind(f"`{name}`", text, kind), hint)


def request_faults(node: TaskNode, method: str) -> Iterator[Fault]:
    """Find misspelt methods, addresses that are none, JSON that is written as text, and separators of no list."""
    yield from _method(node, method)
    yield from _body(node)
    yield from _separators(node)
    for address in map(node.template, (ENDPOINT, PATH)):
        if address is not None and not is_expression(address.value):
            of_space = Severity.ERROR if isinstance(node.spec, HttpArguments) else Severity.WARNING
            yield from _address(address, of_space)


def _separators(node: TaskNode) -> Iterator[Fault]:
    request = node.template(REQUEST)
    query: Any = {} if request is None else request.value.get("query", {})
    for name in getattr(node.spec, "separators", ()) if is_object(query) else ():
        if name not in query:
            at = child_pointer(f"{node.pointer}/with/separators", name)
            hint = hint_for_unknown(name, query, "parameters in `query`")
            yield TextFault(at, "no-parameter", f"`query` has no `{name}`", hint, at_key=True)


def _body(node: TaskNode) -> Iterator[Fault]:
    """Text that is JSON: it goes out as `text/plain` unless a header says what it is."""
    request = node.template(REQUEST)
    value: Any = {} if request is None else request.value
    headers = value.get("headers")
    if is_object(headers) and any(name.lower() == "content-type" for name in headers):
        return
    if _is_json_text(value.get("body")):
        message = "`body` is JSON written as text, and is sent as text/plain"
        hint = "write it without quotes: what is no text is sent as JSON"
        yield Fault(f"{node.pointer}/with/body", "json-text", message, hint, Severity.WARNING)


def _is_json_text(body: Any) -> bool:
    parts = body.parts if isinstance(body, TemplateText) else (body,)
    if not all(isinstance(part, str) for part in parts[:1]) or is_expression(body):
        return False
    text = "".join(part if isinstance(part, str) else "0" for part in parts).strip()
    if not text.startswith(("{", "[")):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _method(node: TaskNode, method: str) -> Iterator[Fault]:
    hint = None if "${" in method or method.upper() in _METHODS else hint_for_misspelt(method, _METHODS)
    if hint is not None:
        message = f"`{method}` is no method that is known"
        yield Fault(f"{node.pointer}/with/method", "unusual-method", message, hint, Severity.WARNING)


def _address(address: Template, of_space: Severity) -> Iterator[Fault]:
    pointer, value = address.pointer, address.value
    parts = value.parts if isinstance(value, TemplateText) else (value,)
    first = parts[0] if isinstance(parts[0], str) else ""
    yield from _white_space(pointer, parts, of_space)
    if pointer.endswith("/path") and _WHOLE.match(first):
        hint = "write it as `endpoint`; with a `connection` it has to be at its server"
        yield TextFault(pointer, "path-is-url", "`path` is a whole URL", hint, offset=0)
    scheme = _OTHER_SCHEME.match(first)
    if scheme is not None:
        message = f"`{scheme[0]}` is not HTTP"
        hint = "write an address that begins with `https://` or `http://`"
        yield TextFault(pointer, "wrong-scheme", message, hint, offset=0)
    mustache = next(
        (found for part in parts if isinstance(part, str) and (found := _MUSTACHE.search(part))), None
    )
    if mustache is not None:
        name = mustache[1].removeprefix("$json").removeprefix(".")
        message = f"`{mustache[0]}` means nothing in an address"
        cure = f"`{{{name}}}` for a member of the task's input, or " if name.isidentifier() else ""
        expression = mustache[1] if mustache[1].startswith("$workflow") else f".{name}"
        hint = f"write {cure}`${{ {expression} }}` for an expression"
        at = mustache.start() if mustache.string is parts[0] else None
        yield TextFault(pointer, "unclosed-variable", message, hint, offset=at)
        return
    yield from _foreign_variables(pointer, parts)
    text = "".join(part if isinstance(part, str) else "-" for part in parts)
    for found in _COMPLETE_VARIABLE.finditer(text):
        if _TEMPLATE_VARIABLE.fullmatch(found[0]) is None:
            message = f"`{found[0]}` is no variable of a URI template"
            hint = "write `{name}` for a member of the task's input, `${ .a.b }` for an expression, `%7B` for a brace"
            at = found.start() if found.start() < len(first) else None
            yield TextFault(pointer, "wrong-variable", message, hint, offset=at)
    rest = _COMPLETE_VARIABLE.sub(lambda found: "-" * len(found[0]), text)
    opened = rest.find("{")
    if opened >= 0:
        begins = re.split(r"[/?#&]", text[opened:])[0]
        message = f"`{begins}` in the address is not closed"
        hint = f"write `{begins}}}` for a variable of a URI template, `%7B` for a brace"
        at = opened if opened < len(first) else None
        yield TextFault(pointer, "unclosed-variable", message, hint, offset=at)


def _white_space(pointer: str, parts: tuple[Any, ...], of_space: Severity) -> Iterator[Fault]:
    """White space that nobody means: around an address, a line break in it, or the space that YAML makes of one.

    The standard's `call: http` takes no space in an address; `call: httpRequest` does.
    """
    text = "".join(part if isinstance(part, str) else "-" for part in parts)
    first = parts[0] if isinstance(parts[0], str) else ""
    found = _BREAK.search(text)
    if found is not None:
        what = "a line break" if found[0] in "\r\n" else "white space around it, or a control character in it"
        hint = "remove it (a block scalar `|` ends in a line break, `|-` does not)"
        offset = found.start() if found.start() < len(first) else None
        yield TextFault(pointer, "white-space", f"the address has {what}", hint, offset=offset)
        return
    space = next((found for found in _SPACE.finditer(text) if found[0] == " "), None)
    if space is not None:
        message = "the address has a space, which is sent as `%20`"
        hint = "write `%20` if it is meant; an address over several lines has a space where they meet"
        offset = space.start() if space.start() < len(first) else None
        yield TextFault(pointer, "white-space", message, hint, of_space, offset=offset)


def _foreign_variables(pointer: str, parts: tuple[Any, ...]) -> Iterator[Fault]:
    """What is a variable in the addresses of other tools, and is sent as it stands by this one."""
    for part in parts:
        for found in _FOREIGN.finditer(part) if isinstance(part, str) else ():
            name = found[1] or found[2] or found[3]
            if found[2] is None or name not in _OF_ODATA:
                message = f"`{found[0]}` is sent as it stands"
                hint = f"if it is a variable, write `{{{name}}}` for a member of the task's input, or `${{ .{name} }}`"
                at = found.start() if part is parts[0] else None
                yield TextFault(pointer, "no-variable", message, hint, Severity.WARNING, offset=at)
