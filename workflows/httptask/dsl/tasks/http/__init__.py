"""`call: http` and `call: httpRequest`: what the standard has, and what it has no place for."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple, TypeVar

from httptask.chat.strictness import Level
from httptask.diagnostics.fault import Fault
from httptask.diagnostics.suggest import did_you_mean
from httptask.dsl.expression_parts import PartsBuilder
from httptask.dsl.key_synonyms import elsewhere, meant_key
from httptask.dsl.locate import keys_of
from httptask.dsl.model import AuthenticationPolicy, DurationLiteral, Use
from httptask.dsl.tasks.http.addresses import address_faults
from httptask.dsl.tasks.http.arguments import (
    BODY_ARGUMENTS,
    HttpArguments,
    HttpRequestArguments,
    address_of,
    named_connections,
    policy_of,
)
from httptask.dsl.tasks.http.pages import secret_address_faults
from httptask.dsl.tasks.http.pagination import PaginateArguments
from httptask.dsl.tasks.http.parts import (
    AUTHENTICATION,
    CURSOR,
    ENDPOINT,
    EVENT,
    INTERVAL,
    ITEMS,
    LAST_EVENT,
    LAST_PAGE,
    NEXT,
    PATH,
    REQUEST,
)
from httptask.dsl.tasks.http.policies import compile_policy, scheme_of
from httptask.dsl.tasks.http.requests import form_faults, request_faults
from httptask.dsl.tasks.http.response_shape import header_fault, page_shape, response_shape
from httptask.dsl.tasks.http.sendable import unsendable_faults
from httptask.dsl.tasks.http.written import written_faults
from httptask.dsl.tasks.kind import CallKind, TaskNode
from httptask.dsl.value_shape import ValueShape
from httptask.http.headers import SAFE_METHODS
from httptask.http.limits import HTTP_DEFAULTS, STREAM_DEFAULTS, Limits
from httptask.json.types import is_number

__all__ = ["HTTP", "HTTP_REQUEST", "ConnectedCall", "connected_call"]

Arguments = TypeVar("Arguments", HttpArguments, HttpRequestArguments)

_OF_REQUEST: Final = ("method", "headers", "query", *BODY_ARGUMENTS, "idempotencyKey")
_WITH_SECRETS: Final = frozenset({"endpoint", "headers", "query", "body", "form"})
_PART_CONTENT: Final = re.compile(r"multipart/\d+/(text$|json(/|$))")


class _HttpKind(CallKind[Arguments]):
    """What both calls have."""

    def headline(self, node: TaskNode) -> str:
        spec, address = self.spec(node), address_of(self.spec(node))
        where = getattr(spec, "path", None) or ("" if address is None else address[1])
        path, mark, _ = where.partition("?")  # behind it there may be a key
        return f"{spec.method.upper()} {path}{mark and '?…'}".rstrip()

    def compile(self, parts: PartsBuilder, pointer: str, spec: Arguments) -> None:
        at, address, policy = f"{pointer}/with", address_of(spec), policy_of(spec)
        if address is not None:
            parts.address(ENDPOINT, f"{at}/{address[0]}", address[1])
        if policy is not None:
            compile_policy(parts, AUTHENTICATION, f"{at}/endpoint/authentication", policy)
        given = spec.model_dump(exclude_unset=True)
        parts.template(REQUEST, at, {key: given[key] for key in _OF_REQUEST if key in given})

    def faults(self, node: TaskNode, use: Use) -> Iterator[Fault]:
        spec = self.spec(node)
        yield from form_faults(f"{node.pointer}/with", spec)
        yield from address_faults(node, use)
        yield from request_faults(node, spec.method)
        yield from unsendable_faults(node, getattr(spec, "keep_headers", ()))

    def output(self, node: TaskNode) -> ValueShape | None:
        return response_shape(node) if self.spec(node).output == "response" else None

    def key_fault(self, node: TaskNode, pointer: str, key: str, offset: int) -> Fault | None:
        return header_fault(node, pointer, key, offset)

    def policies(self, node: TaskNode) -> Mapping[str, AuthenticationPolicy]:
        policy = policy_of(self.spec(node))
        return {} if policy is None else {f"{node.pointer}/with/endpoint/authentication": policy}

    def connections(self, node: TaskNode) -> Iterator[tuple[str, str]]:
        policy = node.template(AUTHENTICATION)
        for place, name in named_connections(self.spec(node), None if policy is None else policy.value):
            yield f"{node.pointer}/with/{place}", name

    def authorization(self, node: TaskNode) -> dict[str, str] | None:
        policy = node.template(AUTHENTICATION)
        if policy is None:
            return None
        return {"scheme": scheme_of(policy)}

    def limits(self, node: TaskNode) -> tuple[Limits, Limits]:
        spec = self.spec(node)
        own = Limits(response_bytes=getattr(spec, "response_bytes", None))
        return own, HTTP_DEFAULTS if getattr(spec, "stream", None) is None else STREAM_DEFAULTS

    def may_change(self, node: TaskNode) -> bool:
        return self.spec(node).method.upper() not in SAFE_METHODS

    def hint_for_argument(self, key: str) -> str | None:
        meant = meant_key(key, keys_of(self.spec_model))
        if meant is not None:
            return did_you_mean(key, meant)
        of_request = keys_of(HttpRequestArguments)
        meant = key if key in of_request else meant_key(key, of_request)
        return f"use `call: httpRequest`, which has `{meant}`" if meant is not None else elsewhere(key)

    def may_hold_secrets(self, place: str) -> bool:
        return place.partition("/")[0] in _WITH_SECRETS or _PART_CONTENT.match(place) is not None


class _Http(_HttpKind[HttpArguments]):
    function = "http"
    spec_model = HttpArguments
    does = "an HTTP request, as the standard has it: [HTTP tasks](http-tasks.md)"
    yields = "the response's content"
    sends_requests = True
    portable_hint = None
    required = {"method": "get", "endpoint": "https://example.invalid"}
    of_any_name = ("headers", "query", "body")

    def hint_for_value(self, place: tuple[str | int, ...], value: Any) -> str | None:
        if place[:-1] != ("query",):
            return None
        in_quotes = f'quote it: {place[-1]}: "{value}", or ' if is_number(value) else ""
        return f"{in_quotes}use `call: httpRequest`, which takes numbers and lists"


class _HttpRequest(_HttpKind[HttpRequestArguments]):
    function = "httpRequest"
    spec_model = HttpRequestArguments
    does = (
        "an HTTP request with what the standard has no place for: connections, forms, files, pages, streams"
    )
    yields = "the response's content"
    sends_requests = True
    required = {"method": "get", "endpoint": "https://example.invalid"}
    of_any_name = ("headers", "query", "separators", "form", "body")

    def compile(self, parts: PartsBuilder, pointer: str, spec: HttpRequestArguments) -> None:
        super().compile(parts, pointer, spec)
        at = f"{pointer}/with"
        if spec.path is not None:
            parts.template(PATH, f"{at}/path", spec.path)
        if spec.stream is not None:
            parts.expression(EVENT, f"{at}/stream/each", spec.stream.each)
            parts.expression(LAST_EVENT, f"{at}/stream/until", spec.stream.until)
        if spec.paginate is not None:
            _compile_pages(parts, f"{at}/paginate", spec.paginate)

    def argument_faults(self, pointer: str, arguments: dict[str, Any], rules: Level) -> Iterable[Fault]:
        return written_faults(pointer, arguments)

    def faults(self, node: TaskNode, use: Use) -> Iterator[Fault]:
        yield from super().faults(node, use)
        yield from secret_address_faults(node, self.spec(node).paginate)

    def output(self, node: TaskNode) -> ValueShape | None:
        if self.spec(node).paginate is not None:
            return ValueShape.of({"type": "array"})
        return super().output(node)

    def page(self, node: TaskNode) -> ValueShape:
        return page_shape(node)

    def durations(self, node: TaskNode) -> Mapping[str, DurationLiteral]:
        paginate = self.spec(node).paginate
        if paginate is None or paginate.interval is None:
            return {}
        return {f"{node.pointer}/with/paginate/interval": paginate.interval}


def _compile_pages(parts: PartsBuilder, pointer: str, paginate: PaginateArguments) -> None:
    """Expressions that are evaluated on each page, and the interval between two of them."""
    if paginate.cursor is not None:
        parts.expression(CURSOR, f"{pointer}/cursor/from", paginate.cursor.from_)
    parts.expression(NEXT, f"{pointer}/next", paginate.next)
    parts.expression(ITEMS, f"{pointer}/items", paginate.items)
    parts.expression(LAST_PAGE, f"{pointer}/until", paginate.until)
    if paginate.interval is not None:
        parts.duration(INTERVAL, f"{pointer}/interval", paginate.interval)


HTTP: Final = _Http()
HTTP_REQUEST: Final = _HttpRequest()


class ConnectedCall(NamedTuple):
    """A request to a path of a connection's server, as it is written."""

    connection: str
    method: str
    path: str


def connected_call(node: TaskNode) -> ConnectedCall | None:
    """The request of a task that goes through a connection; None for any other task."""
    if node.kind is not HTTP_REQUEST:
        return None
    spec = HTTP_REQUEST.spec(node)
    if spec.connection is None or spec.path is None:
        return None
    return ConnectedCall(spec.connection, spec.method.upper(), spec.path)
