"""Pages: a next URL that can be judged."""

from collections.abc import Iterator

from httptask.dsl.expressions import Template
from httptask.dsl.faults import Fault
from httptask.dsl.functions import HttpRequestArguments
from httptask.dsl.program import Program, TaskNode

__all__ = ["check_pages"]


def check_pages(program: Program) -> Iterator[Fault]:
    """Find next URLs that would lead from a secret address."""
    for node in program.nodes.values():
        yield from _secret_address(node)


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
