"""Which faults of a definition keep the request of one task from being tried."""

from pathlib import Path

import pytest

from httptask.dsl.loader import load_text
from httptask.testrequest import for_task, plan_request
from httptask.testrequest.sample import Sample
from support.designer import asked, workspace_of

TEXT = """\
document: { dsl: 1.0.3, namespace: tests, name: shop, version: 1.0.0 }
use:
  secrets: [shopKey]
  timeouts:
    short: { after: PT5S }
    other: { after: PT9S }
  functions:
    rate: { do: [{ first: { set: { a: 1 } } }, { asked: { call: httpRequest, with: { method: get, endpoint: "https://a.example/in" } } }] }
do:
  - each:
      for: { each: item, in: "${ .items }" }
      do:
        - find:
            call: httpRequest
            with: { method: get, endpoint: "https://a.example/${ $item }" }
            timeout: short
        - beside: { set: { b: 1 } }
  - rated: { call: rate }
  - getOrder: { call: httpRequest, with: { method: get, endpoint: "https://a.example/orders" } }
output: { as: "${ $tasks.find }" }
"""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("beside: { set: { b: 1 } }", "beside: { set: { b: '${ $itm }' } }"),
        ("beside: { set: { b: 1 } }", "beside: { sett: { b: 1 } }"),
        ("${ .items }", "${ .items | }"),
        ('with: { method: get, endpoint: "https://a.example/orders" }', "with: { path: /orders }"),
        ("getOrder: { call: httpRequest,", "getOrder: { call: htpRequest,"),
        ("getOrder: { call: httpRequest,", "getOrder: { then: nowhere, call: httpRequest,"),
        ("other: { after: PT9S }", "other: { after: soon }"),
        ("first: { set: { a: 1 } }", "first: { sett: { a: 1 } }"),
        ('as: "${ $tasks.find }"', "as: '${ $tasks.fnd }'"),
    ],
    ids=range(9),
)
@pytest.mark.parametrize(("task", "path"), [("find", "/book"), ("asked", "/in")], ids=["find", "asked"])
def test_a_fault_of_another_task_keeps_no_request_from_being_tried(
    right: str, wrong: str, task: str, path: str
) -> None:
    assert TEXT.count(right) == 1
    loaded = load_text(TEXT.replace(right, wrong), "shop.yaml")
    assert loaded.program is None
    seen = for_task(loaded, task)
    assert seen.program is not None, seen.reports
    planned = plan_request(seen.program, task, Sample(input={}, variables={"item": "book"}))
    assert planned.request.url == f"https://a.example{path}"


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("${ $item }", "${ $itm }"),
        ("${ $item }", "${ $item | }"),
        ("timeout: short", "timeout: long"),
        ("timeout: short", "timeuot: short"),
        ("timeout: short", "then: nowhere"),
        ("short: { after: PT5S }", "short: { after: soon }"),
        ("name: shop", "naem: shop"),
        ("functions:", "function:"),
        ("do:\n  - each", "dO:\n  - each"),
    ],
    ids=range(9),
)
def test_its_own_faults_and_those_of_what_it_names_do(right: str, wrong: str) -> None:
    loaded = load_text(TEXT.replace(right, wrong), "shop.yaml")
    assert loaded.program is None, loaded.reports
    seen = for_task(loaded, "find")
    assert seen.program is None
    assert seen.reports


def test_what_is_told_leaves_out_the_faults_of_others() -> None:
    text = TEXT.replace("timeout: short", "timeout: long").replace("call: rate", "call: rte")
    told = for_task(load_text(text, "shop.yaml"), "find").reports
    assert [report.pointer.rpartition("/")[2] for report in told] == ["timeout"]


async def test_the_designer_tries_a_request_while_another_task_is_wrong(tmp_path: Path) -> None:
    text = TEXT.replace(
        "getOrder: { call: httpRequest, with: { method: get, endpoint:",
        "getOrder: { call: httpRequest, with: { method: get, uri:",
    )
    (tmp_path / "shop.yaml").write_text(text)
    async with asked(workspace_of(tmp_path, {})) as client:
        body = {"path": "shop.yaml", "text": text, "dry": True, "sample": {"variables": {"item": "book"}}}
        tried = await client.post("/api/test-requests", json={**body, "task": "find"})
        refused = await client.post("/api/test-requests", json={**body, "task": "getOrder"})
    assert tried.text.startswith("event: planned"), tried.text
    assert "the definition has an error" in refused.text
    assert "`getOrder`" in refused.text
