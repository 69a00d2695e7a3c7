"""`paginate`: one way to the next page, and nothing beside it that would be another for each page."""

from collections.abc import Iterator
from typing import Any, Final

from httptask.diagnostics.fault import Fault, TextFault
from httptask.diagnostics.suggest import closest
from httptask.dsl.tasks.http.page_places import place_faults
from httptask.dsl.tasks.http.pagination import WAYS, PaginateArguments
from httptask.dsl.tasks.http.parts import ENDPOINT, PATH
from httptask.dsl.tasks.kind import TaskNode
from httptask.json.pointer import child_pointer
from httptask.json.types import is_object

__all__ = ["page_faults", "secret_address_faults"]

_OWN_KEY: Final = "each page is a request of its own, and has its own key"
_ALL: Final = ", ".join(f"`{way}`" for way in WAYS)


def page_faults(pointer: str, arguments: dict[str, Any]) -> Iterator[Fault]:
    """What is wrong with the `paginate` of a request beyond its types.

    Args:
        pointer: of the request's arguments.
        arguments: as they stand in the definition.
    """
    paginate = arguments.get("paginate")
    if not is_object(paginate):
        return
    at = child_pointer(pointer, "paginate")
    ways = [way for way in WAYS if way in paginate]
    if not ways and not any(closest(key, WAYS) for key in paginate):
        message = "`paginate` does not say where the next page is"
        yield TextFault(at, "missing-key", message, f"add one of {_ALL}", at_key=True)
    for way in ways[1:]:
        message = f"`paginate` has a second way to the next page, `{way}`"
        hint = f"keep it or `{ways[0]}`"
        yield TextFault(child_pointer(at, way), "two-ways", message, hint, at_key=True)
    yield from _excluded(pointer, arguments)
    for way in ("cursor", "page", "offset"):
        position = paginate.get(way)
        if is_object(position):
            yield from _place_faults(child_pointer(at, way), way, position)
            yield from place_faults(pointer, arguments, way, position)


def _place_faults(pointer: str, way: str, value: dict[str, Any]) -> Iterator[Fault]:
    if "parameter" in value and "body" in value:
        message = f"`{way}` has two places, `parameter` and `body`"
        yield TextFault(
            child_pointer(pointer, "body"), "two-places", message, "keep one of them", at_key=True
        )
    elif not any(closest(key, ("parameter", "body")) for key in value):
        message = f"`{way}` does not say where its value goes"
        hint = "add `parameter`, the name of a query parameter, or `body`, a JSON Pointer such as `/variables/after`"
        yield TextFault(pointer, "missing-key", message, hint, at_key=True)


def _excluded(pointer: str, arguments: dict[str, Any]) -> Iterator[Fault]:
    reasons = {
        "stream": "a response is read as events or page by page",
        "idempotencyKey": _OWN_KEY,
    }
    for key, reason in reasons.items():
        if key in arguments:
            message = f"`{key}` and `paginate` exclude each other"
            hint = f"leave one of them out: {reason}"
            yield TextFault(child_pointer(pointer, key), "not-with-paginate", message, hint, at_key=True)
    headers = arguments.get("headers")
    for name in headers if is_object(headers) else ():
        if name.lower() == "idempotency-key":
            at = child_pointer(child_pointer(pointer, "headers"), name)
            message = f"the header `{name}` and `paginate` exclude each other"
            yield TextFault(at, "not-with-paginate", message, f"leave it out: {_OWN_KEY}", at_key=True)
    if arguments.get("output") in ("raw", "response"):
        message = f"`output: {arguments['output']}` and `paginate` exclude each other"
        hint = (
            "leave `output` out: it is the list of all items; `items` sees status and headers in `$response`"
        )
        yield Fault(child_pointer(pointer, "output"), "not-with-paginate", message, hint)


def secret_address_faults(node: TaskNode, paginate: PaginateArguments | None) -> Iterator[Fault]:
    """Find a next URL that would lead from a secret address, so that it can't be judged."""
    if paginate is None or (paginate.link is None and paginate.next is None):
        return
    way = "link" if paginate.next is None else "next"
    for address in map(node.template, (ENDPOINT, PATH)):
        if address is not None and address.secrets:
            message = f"`{way}` can't be followed from an address that holds a secret"
            hint = (
                "responses are kept without secrets, and so are the URLs in them: write the secret under `query` "
                "or `authentication`, or use `cursor`, `page` or `offset`"
            )
            yield TextFault(
                f"{node.pointer}/with/paginate/{way}", "secret-address", message, hint, at_key=True
            )
