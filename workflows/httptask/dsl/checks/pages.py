"""Pages: a next URL that can be judged, and headers that are there to be read."""

from collections.abc import Iterator
from typing import Final

from httptask.dsl.expressions import Template
from httptask.dsl.faults import Fault
from httptask.dsl.functions import HttpRequestArguments
from httptask.dsl.program import ExpressionUse, Program, TaskNode
from httptask.http.headers import is_allowed

__all__ = ["check_pages"]

_HEADERS: Final = 2
"""How many keys lead to a header: `$response.headers.NAME`."""


def check_pages(program: Program) -> Iterator[Fault]:
    """Find next URLs that would lead from a secret address, and headers that no response keeps."""
    for node in program.nodes.values():
        yield from _secret_address(node)
    for use in program.uses:
        if use.place == "page":
            yield from _header_faults(use)


def _secret_address(node: TaskNode) -> Iterator[Fault]:
    arguments = node.arguments
    paginate = arguments.paginate if isinstance(arguments, HttpRequestArguments) else None
    if paginate is None or (paginate.link is None and paginate.next is None):
        return
    way = "link" if paginate.next is None else "next"
    for name in ("endpoint", "path"):
        part = node.parts.get(name)
        if isinstance(part, Template) and part.secrets:
            message = f"`{way}` can't be followed from an address that holds a secret"
            hint = (
                "responses are kept without secrets, and so are the URLs in them: write the secret under `query` "
                "or `authentication`, or use `cursor`, `page` or `offset`"
            )
            yield Fault(f"{node.pointer}/with/paginate/{way}", "secret-address", message, hint, at_key=True)


def _header_faults(use: ExpressionUse) -> Iterator[Fault]:
    for reading in use.expression.readings:
        if reading.variable != "response" or reading.path[:1] != ("headers",) or len(reading.path) < _HEADERS:
            continue
        name = reading.path[1]
        if name is None:
            continue
        if not is_allowed(name.lower()):
            message = f"the header `{name}` is not kept of a response"
            hint = (
                "kept are those that are known to hold no credential; take the value from the content instead"
            )
        elif name != name.lower():
            message = f"there is no header `{name}`: their names are in lower case"
            hint = f'write `$response.headers["{name.lower()}"]`'
        else:
            continue
        yield Fault(use.pointer, "unknown-header", message, hint, offset=reading.offset)
