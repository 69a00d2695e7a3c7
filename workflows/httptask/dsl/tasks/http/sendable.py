"""What is written out in a request and could never be sent: found when it is loaded, and not by the first call."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from httptask.diagnostics.fault import Fault, TextFault
from httptask.dsl.expressions import TemplateText, is_expression
from httptask.dsl.tasks.http.parts import ENDPOINT, PATH, REQUEST
from httptask.dsl.tasks.http.refusals import refusals
from httptask.dsl.tasks.kind import TaskNode
from httptask.http.headers import check_header, check_header_name, check_idempotency_key
from httptask.http.models import FormBody, JsonBody, MultipartBody, Part, RequestBody, TextBody
from httptask.http.url import has_dot_segment
from httptask.json.pointer import child_pointer
from httptask.json.types import is_object
from httptask.request.bodies import check_content_type

__all__ = ["unsendable_faults"]

_SERVER: Final = re.compile(r"https?://[^/?#]*", re.IGNORECASE)
_BEHIND_PATH: Final = re.compile(r"[?#]")


def unsendable_faults(node: TaskNode, keep_headers: Sequence[str]) -> Iterator[Fault]:
    """Find dots in paths, and headers, media types and Idempotency-Keys that no request can have.

    Args:
        node: the task.
        keep_headers: names of the response headers that it keeps.
    """
    for index, name in enumerate(keep_headers):
        at = f"{node.pointer}/with/keepHeaders/{index}"
        yield from refusals(at, "header-name", partial(check_header_name, name))
    for address in map(node.template, (ENDPOINT, PATH)):
        if address is not None and not is_expression(address.value) and not _is_whole(address.value):
            yield from _dots(address.pointer, address.value)
    request = node.template(REQUEST)
    if request is not None:
        yield from _headers(f"{request.pointer}/headers", request.value.get("headers"))
        yield from _key(f"{request.pointer}/idempotencyKey", request.value)
        yield from _content_type(f"{request.pointer}/headers", request.value)


def _is_whole(value: Any) -> bool:
    """Whether an address is written out from end to end, and looked at as a whole."""
    return isinstance(value, str) and _SERVER.match(value) is not None


def _dots(pointer: str, value: Any) -> Iterator[Fault]:
    address = _written(value, between="-")
    if address is not None and has_dot_segment(_BEHIND_PATH.split(_SERVER.sub("", address, count=1))[0]):
        message = "the path has the segment `.` or `..`, with which a server may take it for another path"
        yield Fault(pointer, "dot-segment", message, "write the path that is meant")


def _headers(pointer: str, headers: Any) -> Iterator[Fault]:
    seen: set[str] = set()
    for name, value in headers.items() if is_object(headers) else ():
        at = child_pointer(pointer, name)
        yield from refusals(at, "unsendable-header", partial(check_header, name, _written(value) or ""))
        if name.lower() in seen:
            message = f"the header {name} is given twice"
            yield TextFault(
                at, "unsendable-header", message, "names do not depend on case: keep one", at_key=True
            )
        seen.add(name.lower())


def _content_type(pointer: str, request: Mapping[str, Any]) -> Iterator[Fault]:
    """A media type that the body is not, whatever the expressions in it yield."""
    headers, body = request.get("headers"), _kind_of_body(request)
    for name, value in headers.items() if is_object(headers) and body is not None else ():
        if name.lower() == "content-type" and isinstance(value, str):
            check = partial(check_content_type, body, value)
            yield from refusals(child_pointer(pointer, name), "content-type", check)


def _kind_of_body(request: Mapping[str, Any]) -> RequestBody | None:
    """An empty body of the same kind; None where that is not known before the task runs."""
    if "form" in request:
        return FormBody(fields={})
    if "multipart" in request:
        return MultipartBody(parts=(Part(name="part", content=TextBody(text="")),))
    body = request.get("body")
    if body is None or is_expression(body):
        return None
    return TextBody(text="") if isinstance(body, str | TemplateText) else JsonBody(value=None)


def _key(pointer: str, request: Mapping[str, Any]) -> Iterator[Fault]:
    key = request.get("idempotencyKey")
    if isinstance(key, str):
        yield from refusals(pointer, "unsendable-key", partial(check_idempotency_key, key))


def _written(value: Any, *, between: str = "") -> str | None:
    """What of a text is written out, with something in the place of expressions and secrets."""
    if isinstance(value, str):
        return value.strip(" \t")
    if not isinstance(value, TemplateText):
        return None
    return "".join(part if isinstance(part, str) else between for part in value.parts)
