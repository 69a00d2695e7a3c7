"""`paginate`: the items of all pages, in each way to the next one and at each edge, with exactly the requests it needs."""

from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from httptask.testing import Reply, ServedRequest
from support.pages import Api, definition, numbers, run_pages

LINK, NEXT = "link: next", 'next: "${ .next }"'
CURSOR = 'cursor: { parameter: after, from: "${ .cursor }" }'
PAGE, OFFSET = "page: { parameter: page }", "offset: { parameter: offset }"
SHORT_PAGE = "page: { parameter: page, size: 2 }"
SHORT_OFFSET = "offset: { parameter: offset, size: 2 }"
DATA = 'items: "${ .data }"'
ALL = {"follows": [LINK, NEXT, CURSOR], "counts": [PAGE, OFFSET], "knows size": [SHORT_PAGE, SHORT_OFFSET]}
WAYS = [way for ways in ALL.values() for way in ways]
ONE_OF_EACH = [ways[0] for ways in ALL.values()]
"""When to end depends on these, not on how a page is asked for."""


def requests_for(way: str, count: int) -> int:
    """How many pages of two must be asked for to have `count` items, and to know that they are all."""
    if way in ALL["follows"]:
        return max(1, -(-count // 2))
    if way in ALL["counts"]:
        return -(-count // 2) + 1
    return count // 2 + 1


@pytest.mark.parametrize(
    ("way", "count"),
    [
        *((way, count) for way in WAYS for count in (0, 4, 5)),
        *((way, count) for way in ONE_OF_EACH for count in (1, 2)),
    ],
)
async def test_all_items(temporal: WorkflowEnvironment, way: str, count: int) -> None:
    outcome, targets = await run_pages(temporal, Api(numbers(count)), definition(f"{way}, {DATA}"))
    assert (outcome.problem, outcome.output) == ({}, numbers(count))
    assert len(targets) == requests_for(way, count)


@pytest.mark.parametrize("way", ONE_OF_EACH)
@pytest.mark.parametrize(
    ("rule", "kept", "pages"),
    [
        ("limit: 3", 3, 2),
        ("limit: 4", 4, 2),
        ('until: "${ .data[-1].n >= 3 }"', 4, 2),
        ("maxPages: 3, limit: 5", 5, 3),
    ],
    ids=["limit in a page", "limit at a page", "until", "most pages"],
)
async def test_it_stops(temporal: WorkflowEnvironment, way: str, rule: str, kept: int, pages: int) -> None:
    outcome, targets = await run_pages(temporal, Api(numbers(9)), definition(f"{way}, {DATA}, {rule}"))
    assert (outcome.problem, outcome.output) == ({}, numbers(kept))
    assert len(targets) == pages


@pytest.mark.parametrize("way", ONE_OF_EACH)
async def test_more_pages_than_allowed(temporal: WorkflowEnvironment, way: str) -> None:
    outcome, targets = await run_pages(temporal, Api(numbers(9)), definition(f"{way}, {DATA}, maxPages: 2"))
    assert outcome.problem["error"] == "TooManyPages"
    assert outcome.problem["detail"] == (
        "page 2: there are more than 2 pages: allow more with `maxPages`, or end with `limit` or `until`"
    )
    assert len(targets) == 2


@pytest.mark.parametrize(
    ("way", "targets"),
    [
        (LINK, ["/items?q=a", "/items?offset=2"]),  # what is followed is whole
        (NEXT, ["/items?q=a", "/items?offset=2"]),
        (CURSOR, ["/items?q=a", "/items?q=a&after=c2"]),
        ('cursor: { parameter: q, from: ".cursor" }', ["/items?q=a", "/items?q=c2"]),
        (SHORT_PAGE, ["/items?q=a&page=1", "/items?q=a&page=2"]),
        (SHORT_OFFSET, ["/items?q=a&offset=0", "/items?q=a&offset=2"]),
        ("offset: { parameter: offset, start: 1, size: 2 }", ["/items?q=a&offset=1", "/items?q=a&offset=3"]),
        (
            'page: { parameter: "p[n]", start: 0, size: 2 }',
            ["/items?q=a&p%5Bn%5D=0", "/items?q=a&p%5Bn%5D=1"],
        ),
    ],
    ids=[
        "link",
        "next",
        "cursor",
        "cursor over a query",
        "page",
        "offset",
        "offset from 1",
        "page in brackets",
    ],
)
async def test_what_is_asked_for(temporal: WorkflowEnvironment, way: str, targets: list[str]) -> None:
    text = definition(f"{way}, {DATA}, limit: 4", "{ q: a }")
    _, asked = await run_pages(temporal, Api(numbers(5)), text)
    assert asked[:2] == targets


def page(items: Any, **members: Any) -> Reply:
    return Reply.json({"data": items, **members})


EMPTY = Reply.of(status=204)
LIST = Reply.json([{"n": 1}], headers={"Link": '<https://else.example/x>; rel="last prev"'})


@pytest.mark.parametrize(
    ("way", "replies", "output"),
    [
        pytest.param(LINK, [LIST], [{"n": 1}], id="a page that is the list"),
        pytest.param(LINK, [EMPTY], [], id="empty body"),
        pytest.param(f"{CURSOR}, {DATA}", [page([1], cursor=None)], [1], id="cursor null"),
        pytest.param(f"{CURSOR}, {DATA}", [page([1], cursor="")], [1], id="cursor empty"),
        pytest.param(f"{CURSOR}, {DATA}", [page([1])], [1], id="cursor missing"),
        pytest.param(f"{CURSOR}, {DATA}", [page([1], cursor=0), page([2])], [1, 2], id="cursor 0"),
        pytest.param(
            f"{CURSOR}, {DATA}", [page([], cursor="b"), page([2])], [2], id="empty page with a cursor"
        ),
        pytest.param(f"{NEXT}, {DATA}", [page([1], next="")], [1], id="next empty"),
        pytest.param(f"{NEXT}, {DATA}", [page([1])], [1], id="next missing"),
        pytest.param(
            f"{NEXT}, {DATA}", [page([1], next="items;p=2?q=a b#c"), page([2])], [1, 2], id="next relative"
        ),
        pytest.param(f"{PAGE}, {DATA}", [page([5, 5]), page([5, 5]), page([])], [5] * 4, id="equal numbers"),
        pytest.param(f"{PAGE}, {DATA}", [page([5, 5]), EMPTY], [5, 5], id="empty body at the end"),
        pytest.param(
            f'{SHORT_PAGE}, items: "${{ [.data[] | .n + $input.add] }}"', [page([{"n": 1}])], [11], id="input"
        ),
    ],
)
async def test_edges(temporal: WorkflowEnvironment, way: str, replies: list[Reply], output: Any) -> None:
    outcome, targets = await run_pages(temporal, replies, definition(way), {"add": 10})
    assert (outcome.problem, outcome.output, len(targets)) == ({}, output, len(replies))


async def test_status_that_ends(temporal: WorkflowEnvironment) -> None:
    text = """
    do:
      - list:
          call: httpRequest
          with:
            method: get
            connection: shop
            path: /items
            success: [200, 404]
            paginate:
              page: { parameter: page }
              items: "${ if $response.statusCode == 404 then [] else .data end }"
    """
    outcome, _ = await run_pages(temporal, [page([1]), Reply.json({}, status=404)], text)
    assert outcome.output == [1]


async def test_header_of_the_response(temporal: WorkflowEnvironment) -> None:
    text = definition("cursor: { parameter: page, from: '${ $response.headers[\"x-next-page\"] }' }")
    replies = [Reply.json([1], headers={"X-Next-Page": "2"}), Reply.json([2])]
    outcome, targets = await run_pages(temporal, replies, text)
    assert (outcome.output, targets) == ([1, 2], ["/items", "/items?page=2"])


async def test_items_are_handed_to_map(temporal: WorkflowEnvironment) -> None:
    text = definition(f"{LINK}, {DATA}").removesuffix("]") + (
        """, { double: { call: map, with: { in: "${ $tasks.list }", each: item,
               do: [{ one: { set: { n: "${ $item.n * 2 }" } } }] } } }]"""
    )
    outcome, _ = await run_pages(temporal, Api(numbers(5)), text)
    assert outcome.output == [{"n": 2 * item["n"]} for item in numbers(5)]


POSITIONS = {
    "cursor": (
        'cursor: { body: /variables/after, from: "${ .cursor }" }',
        "{ query: q, variables: { first: 2 } }",
        [
            {"query": "q", "variables": {"first": 2}},
            {"query": "q", "variables": {"first": 2, "after": "c2"}},
        ],
    ),
    "list as a cursor": (
        'cursor: { body: /search_after, from: "${ if .cursor then [.cursor, {n: 2}] else null end }" }',
        "{ size: 2 }",
        [{"size": 2}, {"size": 2, "search_after": ["c2", {"n": 2}]}],
    ),
    "page": ("page: { body: /page, size: 2 }", "{}", [{"page": 1}, {"page": 2}]),
    "offset": (
        "offset: { body: /searches/1/a~1b, size: 2 }",
        "{ searches: [{}, { c: 1 }] }",
        [{"searches": [{}, {"c": 1, "a/b": 0}]}, {"searches": [{}, {"c": 1, "a/b": 2}]}],
    ),
}


@pytest.mark.parametrize(("paginate", "body", "bodies"), POSITIONS.values(), ids=POSITIONS)
async def test_position_in_the_body(
    temporal: WorkflowEnvironment, paginate: str, body: str, bodies: list[Any]
) -> None:
    replies = iter([page(numbers(2), cursor="c2"), page([])])
    asked: list[Any] = []

    def answer(request: ServedRequest) -> Reply:
        asked.append(request.json())
        return next(replies)

    text = definition(f"{paginate}, {DATA}").replace("method: get", f"method: post, body: {body}")
    outcome, _ = await run_pages(temporal, answer, text)
    assert (outcome.problem, outcome.output, asked) == ({}, numbers(2), bodies)


@pytest.mark.parametrize(
    ("paginate", "form", "bodies"),
    [
        ("page: { parameter: page, size: 2 }", "{ q: x, page: 1 }", [b"q=x&page=1", b"q=x&page=2"]),
        ("offset: { parameter: from, size: 2 }", '{ from: "${ 0 }", q: x }', [b"from=0&q=x", b"from=2&q=x"]),
        ('cursor: { parameter: after, from: "${ .cursor }" }', '{ after: "" }', [b"after=", b"after=c2"]),
    ],
    ids=["page", "offset", "cursor"],
)
async def test_position_in_a_form(
    temporal: WorkflowEnvironment, paginate: str, form: str, bodies: list[bytes]
) -> None:
    replies = iter([page(numbers(2), cursor="c2"), page([])])
    asked: list[tuple[str, bytes]] = []

    def answer(request: ServedRequest) -> Reply:
        asked.append((request.target, request.body))
        return next(replies)

    text = definition(f"{paginate}, {DATA}").replace("method: get", f"method: post, form: {form}")
    outcome, _ = await run_pages(temporal, answer, text)
    assert (outcome.problem, outcome.output) == ({}, numbers(2))
    assert asked == [("/items", body) for body in bodies]


async def test_a_form_that_begins_elsewhere_is_refused(temporal: WorkflowEnvironment) -> None:
    text = definition(f"{PAGE}, {DATA}").replace("method: get", 'method: post, form: { page: "${ 3 }" }')
    outcome, targets = await run_pages(temporal, [page([])], text)
    assert outcome.problem["error"] == "RequestInvalid"
    assert (
        "`form` begins with another page than `paginate`, which is to start at 1" in outcome.problem["detail"]
    )
    assert targets == []
