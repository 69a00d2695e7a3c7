"""A server that gives lists page by page, in each of the usual ways."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from temporalio.testing import WorkflowEnvironment

from httptask.authentication.policy import ConnectionPolicy
from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.connections import local_connection
from support.runs import Outcome, running

__all__ = ["API_KEY", "CURSOR", "LINK", "NEXT", "PAGE", "Api", "definition", "numbers", "run_pages"]

LINK = 'link: next, items: "${ .data }"'
NEXT = 'next: "${ .next }", items: "${ .data }"'
CURSOR = 'cursor: { parameter: after, from: "${ .cursor }" }, items: "${ .data }"'
PAGE = 'page: { parameter: page }, items: "${ .data }"'
"""Ways to the next page, as the members of `paginate`."""

API_KEY = ConnectionPolicy.model_validate(
    {"api_key": {"in": "query", "name": "key", "value": "$secrets.KEY"}}
)


def numbers(count: int) -> list[dict[str, int]]:
    """That many records."""
    return [{"n": number} for number in range(count)]


@dataclass
class Api:
    """Serves `items`, two on a page, under `/items`; each page says in every way where the next one is."""

    items: list[Any]
    size: int = 2
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    def __call__(self, request: ServedRequest) -> Reply:
        query = parse_qs(urlsplit(request.target).query)
        start = int(query["offset"][0]) if "offset" in query else 0
        if "page" in query:
            start = (int(query["page"][0]) - 1) * self.size
        if "after" in query:
            start = int(query["after"][0].removeprefix("c"))
        end = start + self.size
        more = end < len(self.items)
        body = {
            "data": self.items[start:end],
            "next": f"/items?offset={end}" if more else None,
            "cursor": f"c{end}" if more else "",
            "last": not more,
        }
        links = (
            f'<?offset={end}>; rel="next", <?offset=0>; rel="first"' if more else '<?offset=0>; rel="first"'
        )
        return Reply.json(body, headers={"Link": links, **self.headers})


def definition(paginate: str, query: str = "{}", **rest: str) -> str:
    """A definition that lists `/items`; `paginate` as YAML, without braces."""
    others = "".join(f", {name}: {value}" for name, value in rest.items())
    return (
        "do: [{ list: { call: httpRequest, with: "
        f"{{ method: get, connection: shop, path: /items, query: {query}, paginate: {{ {paginate} }} }}{others} }} }}]"
    )


async def run_pages(
    temporal: WorkflowEnvironment,
    script: list[Reply] | Callable[[ServedRequest], Reply],
    text: str,
    data: Any = None,
    **options: Any,
) -> tuple[Outcome, list[str]]:
    """Run a definition against a server; what came of it, and the targets that were asked for."""
    async with ScriptedServer(script) as server:
        shop = {"shop": local_connection("shop", server.url)}
        async with running(temporal, connections=shop) as runner:
            outcome = await runner.run(text.replace("SERVER", server.url), data, **options)
            return outcome, [request.target for request in server.requests]
