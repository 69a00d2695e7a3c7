"""Pages that can't be read on: a typed error that names the page, and no request too many."""

from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from httptask.calls.page_requests import first_page
from httptask.calls.problem import TaskFault
from httptask.dsl.tasks.http.pagination import PaginateArguments
from httptask.http.body_models import JsonBody, MultipartBody, Part, RequestBody, TextBody
from httptask.http.models import HttpRequest
from httptask.testing import Reply
from support.pages import CURSOR, LINK, NEXT, PAGE, Api, definition, numbers, run_pages


def page(items: Any = (), **members: Any) -> Reply:
    return Reply.json({"data": list(items), **members})


def linked(link: str) -> Reply:
    return Reply.json({"data": [1]}, headers={"Link": link})


@pytest.mark.parametrize(
    ("paginate", "replies", "error", "detail"),
    [
        pytest.param(
            CURSOR,
            [page([1], cursor="a"), page([2], cursor="b"), page([3], cursor="a")],
            "PageRepeated",
            "page 3: the cursor of the next page is that of one before: a",
            id="cursors in a circle",
        ),
        pytest.param(
            CURSOR,
            [page([1], cursor="None"), page([2], cursor="None")],
            "PageRepeated",
            "page 2: the cursor of the next page is that of one before: None",
            id="cursor that stays",
        ),
        pytest.param(
            NEXT,
            [page([1], next="?p=2"), page([2], next="/items?p=2")],
            "PageRepeated",
            "page 2: the URL of the next page is that of one before: {server}/items?p=2",
            id="URLs in a circle",
        ),
        pytest.param(
            NEXT,
            [page([1], next="/items")],
            "PageRepeated",
            "page 1: the URL of the next page is that of one before: {server}/items",
            id="first URL again",
        ),
        pytest.param(
            LINK,
            [linked('<#top>; rel="next"')],
            "PageRepeated",
            "page 1: the URL of the next page is that of one before: {server}/items",
            id="link to the same page",
        ),
        pytest.param(
            PAGE,
            [page([{"n": 1}]), page([{"n": 1}])],
            "PageRepeated",
            "page 2: its items are those of the page before: the server may not know page",
            id="parameter without effect",
        ),
        pytest.param(
            NEXT,
            [page([1], next="https://else.example/items?p=2")],
            "NextPageForbidden",
            "page 1: it is at https://else.example, and the request went to {server}, where its credentials stay; if "
            "both are the same server, rewrite the URL in `next`",
            id="another host",
        ),
        pytest.param(
            LINK,
            [linked('<//else.example/items>; rel="next"')],
            "NextPageForbidden",
            "page 1: it is at http://else.example, and the request went to {server}, where its credentials stay; if "
            "both are the same server, rewrite the URL in `next`",
            id="another host without scheme",
        ),
        pytest.param(
            LINK,
            [linked('<https://127.0.0.1/items>; rel="next"')],
            "NextPageForbidden",
            "page 1: it is at https://127.0.0.1, and the request went to {server}, where its credentials stay; if "
            "both are the same server, rewrite the URL in `next`",
            id="another port",
        ),
        pytest.param(
            NEXT,
            [page([1], next="http://user:word@127.0.0.1/")],
            "NextPageInvalid",
            "page 1: the next URL 'http://user:word@127.0.0.1/' can't be followed: the URL holds user information "
            "before an @: write it under `authentication` instead",
            id="user information",
        ),
        pytest.param(
            NEXT,
            [page([1], next="file:///etc/passwd")],
            "NextPageInvalid",
            "page 1: the next URL 'file:///etc/passwd' can't be followed: the URL is not absolute: it must start with "
            "http:// or https://",
            id="another scheme",
        ),
        pytest.param(
            NEXT,
            [page([1], next="/%2e%2e/admin")],
            "NextPageInvalid",
            "page 1: the next URL '/%2e%2e/admin' can't be followed: the URL's path has the segment `.` or `..`, with "
            "which a server may take it for another path",
            id="dots",
        ),
        pytest.param(
            NEXT,
            [page([1], next=7)],
            None,
            "page 1: `next` yields a number; it needs a URL, or null at the end",
            id="number for a URL",
        ),
        pytest.param(
            CURSOR,
            [page([1], cursor=True)],
            None,
            "page 1: `cursor` yields true; it needs text or a number, or null at the end",
            id="true for a cursor",
        ),
        pytest.param(
            CURSOR,
            [page([1], cursor="b"), Reply.json({"items": []})],
            None,
            "page 2: `items` yields null; it needs a list: where null says that there are none, end it with `// []`",
            id="no items",
        ),
        pytest.param(
            LINK,
            [linked("/items?p=2; rel=next")],
            "NextPageInvalid",
            "page 1: the header Link can't be read from '/items?p=2; rel=next' on, so whether there is a next page is "
            "not known: take its URL from `$response.headers.link` with `next` instead of `link`",
            id="Link without brackets",
        ),
        pytest.param(
            "link: next",
            [Reply.json({"data": [], "meta": {}})],
            None,
            "page 1: the page is an object with the keys data, meta, not a list: say with `items` where its items are",
            id="page that is no list",
        ),
        pytest.param(
            f'{CURSOR}, until: "${{ .done }}"',
            [page([1])],
            None,
            "page 1: /do/0/list/with/paginate/until: a condition must yield true or false; `.done` yields `null` (give a "
            "default: `… // false`)",
            id="until that is null",
        ),
    ],
)
async def test_faults(
    temporal: WorkflowEnvironment, paginate: str, replies: list[Reply], error: str | None, detail: str
) -> None:
    outcome, targets = await run_pages(temporal, replies, definition(paginate))
    shown = outcome.problem["detail"]
    if "{server}" in detail:
        assert "http://127.0.0.1:" in shown
        detail = detail.replace("{server}", "http://127.0.0.1:" + shown.partition("http://127.0.0.1:")[2][:5])
    assert (outcome.problem.get("error"), shown) == (error, detail)
    assert outcome.problem["instance"] == "/do/0/list"
    assert len(targets) == len(replies)


@pytest.mark.parametrize(
    ("path", "query", "paginate", "detail"),
    [
        (
            '/items?${ "page" }=3',
            "{}",
            PAGE,
            "the address has the parameter page, which `paginate` sets: leave it out",
        ),
        (
            '/items?${ "aft" }er=',
            "{}",
            CURSOR,
            "the address has the parameter after, which `paginate` sets: leave it out",
        ),
        (
            "/items",
            '"${ { page: 3 } }"',
            PAGE,
            "`query` has the parameter page, which `paginate` sets: leave it out",
        ),
    ],
    ids=["page in the address", "cursor in the address", "page in the query"],
)
async def test_parameter_that_is_there_already(
    temporal: WorkflowEnvironment, path: str, query: str, paginate: str, detail: str
) -> None:
    text = definition(paginate, query).replace("path: /items", f"path: '{path}'")
    outcome, targets = await run_pages(temporal, [page()], text)
    assert (outcome.problem["error"], outcome.problem["detail"]) == ("RequestInvalid", detail)
    assert targets == []


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (
            '"${ {} }"',
            "the body has no place for /variables/0/after, which `paginate` sets: no variables in an object",
        ),
        (
            '{ variables: "${ [] }" }',
            "the body has no place for /variables/0/after, which `paginate` sets: no 0 in a list",
        ),
        (
            '"${ .kind | tostring }"',
            "`paginate` sets /variables/0/after of the body, which is no JSON: write `body` as an object",
        ),
    ],
)
async def test_place_that_is_not_there(temporal: WorkflowEnvironment, body: str, detail: str) -> None:
    text = definition("page: { body: /variables/0/after }").replace(
        "method: get", f"method: post, body: {body}"
    )
    outcome, targets = await run_pages(temporal, [page()], text)
    assert (outcome.problem["error"], outcome.problem["detail"]) == ("RequestInvalid", detail)
    assert targets == []


@pytest.mark.parametrize(
    "body",
    [JsonBody(value={"page": 1}), MultipartBody(parts=(Part(name="page", content=TextBody(text="1")),))],
)
def test_body_that_has_the_parameter(body: RequestBody) -> None:
    paginate = PaginateArguments.model_validate({"page": {"parameter": "page"}})
    with pytest.raises(TaskFault) as caught:
        first_page(paginate, HttpRequest(method="POST", url="https://h", body=body))
    assert "the body has page, which `paginate` sends in the query" in str(caught.value.problem)


async def test_more_items_than_an_output_holds(temporal: WorkflowEnvironment) -> None:
    items = [{"n": number, "text": "x" * 300_000} for number in range(20)]
    outcome, targets = await run_pages(temporal, Api(items), definition(LINK))
    assert outcome.problem["error"] == "PayloadTooLarge"
    assert outcome.problem["detail"].startswith("page 4: the list of the items of 4 pages has 2,4")
    assert "keep less of each item with `items`" in outcome.problem["detail"]
    assert len(targets) == 4

    text = definition('link: next, items: "${ [.data[].n] }"')
    outcome, targets = await run_pages(temporal, Api(items), text)
    assert outcome.output == list(range(20))


async def test_budget_counts_pages(temporal: WorkflowEnvironment) -> None:
    text = definition(PAGE).replace(
        "do:",
        "document: { dsl: 1.0.3, namespace: test, name: test, version: 1.0.0, metadata: { httptask: { budget: { calls: 2 } } } }\ndo:",
    )
    outcome, targets = await run_pages(temporal, Api(numbers(9)), text)
    assert (outcome.problem["error"], len(targets)) == ("BudgetExceeded", 2)
    assert outcome.problem["detail"] == "page 3: the next call would exceed the budget of 2 calls"
