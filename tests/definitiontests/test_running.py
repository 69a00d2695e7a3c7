"""Tests of definitions, run by the engine. One file holds those that pass, so that they run beside each other."""

from contextlib import aclosing
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from httptask.config.load import load_config
from httptask.definitiontests import TestResult, describe, load_tests, run_tests, update

FLOW = """\
document: { dsl: 1.0.3, namespace: test, name: flow, version: 1.0.0 }
use: { secrets: [TOKEN] }
do:
  - order:
      call: httpRequest
      with:
        method: post
        endpoint: { uri: https://api.example.com/orders, authentication: { bearer: { token: "${ $secrets.TOKEN }" } } }
        body: { article: "${ .article }" }
  - rest:
      if: ${ .wait != false }
      wait: { days: 3 }
  - look:
      call: httpRequest
      with: { method: get, endpoint: "https://api.example.com/orders/${ $tasks.order.id }" }
"""

PASSING = """\
definition: flow.yaml
tests:
  - name: waits for days, and as long as it is asked to
    input: { article: 7 }
    answers:
      - request: { method: POST, url: https://api.example.com/orders }
        responses: [{ status: 429, headers: { Retry-After: "600" } }, { body: { id: 12 } }]
      - request: { method: GET, url: https://api.example.com/orders/12 }
        responses: [{ status: 503 }, { error: timeout }, { body: { id: 12, state: sent, at: "9:00" } }]
    expect:
      output: { state: sent, at: '${ test("^[0-9]+:00$") }' }
      tasks: [order, look]
      requests:
        - { url: https://api.example.com/orders/12 }
        - { method: post, headers: { authorization: Bearer $TOKEN }, body: { article: 7 } }
        - { method: post }
      notRequested: [{ method: delete }]
  - name: ends with an error
    input: { article: 8 }
    answers:
      - request: { method: POST, url: https://api.example.com/orders }
        responses: [{ status: 404, body: { error: no such article } }]
    expect:
      error: { error: HttpStatusError, type: communication, status: 404, task: order }
      notRun: [look]
"""

FAILING = """\
definition: flow.yaml
tests:
  - name: all wrong
    input: { article: 7 }
    answers:
      - request: { method: POST, url: https://api.example.com/orders }
        responses: [{ body: { id: 12 } }]
      - request: { method: GET, url: https://api.example.com/orders/12 }
        responses: [{ body: { state: sent } }]
    expect:
      output: { state: open, left: 1 }
      exact: true
      tasks: [look, order]
      notRun: [look]
      requests: [{ method: post, body: { article: 8 } }]
      notRequested: [{ method: get }]
  - name: no answer
    input: { article: 7 }
    answers:
      - request: { method: POST, url: https://api.example.com/order }
        responses: [{ body: {} }]
    expect: { error: FixtureMissing }
"""


OWN = """\
document: { dsl: 1.0.3, namespace: test, name: flow, version: 1.0.0 }
do:
  - price: { call: activity, with: { type: price_of, arguments: ["${ . }", 3] } }
"""

OWN_TESTS = """\
definition: flow.yaml
tests:
  - name: is given what an activity would give
    activities: { price_of: 15 }
    expect: { output: 15 }
  - name: has no result
    activities: { prices_of: 15 }
"""


async def run(
    environment: WorkflowEnvironment, folder: Path, tests: str, flow: str = FLOW
) -> list[TestResult]:
    (folder / "flow.yaml").write_text(flow)
    file = folder / "flow.test.yaml"
    file.write_text(tests)
    loaded = load_tests(file)
    assert not loaded.reports
    async with aclosing(run_tests(environment.client, loaded.tests, load_config(None, {}))) as results:
        return [result async for result in results]


async def test_skips_what_a_run_waits_for(temporal: WorkflowEnvironment, tmp_path: Path) -> None:
    results = await run(temporal, tmp_path, PASSING)
    assert [list(describe(result)) for result in results] == [[], []]
    assert [request.method for request in results[0].outcome.requests] == [
        "POST",
        "POST",
        "GET",
        "GET",
        "GET",
    ]


async def test_tells_each_difference_at_its_place(temporal: WorkflowEnvironment, tmp_path: Path) -> None:
    wrong, missing = await run(temporal, tmp_path, FAILING)
    told = [line.replace(f"{tmp_path}/", "") for line in describe(wrong)]
    assert told == [
        "flow.test.yaml:11:17: output.state",
        '  expected  "open"',
        '  got       "sent"',
        "flow.test.yaml:11:30: output.left",
        "  expected  1",
        "  got       nothing",
        "flow.test.yaml:15:42: requests[0].body.article",
        "  expected  8",
        "  got       7",
        "flow.test.yaml:15:7: requests: this was sent too",
        '  got       "POST https://api.example.com/orders"',
        "flow.test.yaml:15:7: requests: this was sent too",
        '  got       "GET https://api.example.com/orders/12"',
        "flow.test.yaml:16:22: notRequested[0]: this was sent",
        '  got       "GET https://api.example.com/orders/12"',
        "flow.test.yaml:13:7: tasks: they ran in another order",
        '  expected  ["look", "order"]',
        '  got       ["order", "rest", "look"]',
        "flow.test.yaml:14:16: notRun: it ran",
        '  got       "look"',
    ]
    # Whatever the test expects: a request without an answer is a fault of the test.
    [difference] = missing.differences
    assert difference.message is not None
    assert "no fixture answers POST https://api.example.com/orders" in difference.message
    assert '+  "url": "https://api.example.com/orders"' in difference.message


async def test_expects_what_it_saw_and_keeps_the_rest(temporal: WorkflowEnvironment, tmp_path: Path) -> None:
    results = await run(temporal, tmp_path, FAILING.replace("tests:", "# kept\ntests:  # kept"))
    updated = update((tmp_path / "flow.test.yaml").read_text(), results)
    assert updated.count == 4
    assert [(difference.path, reason) for difference, reason in updated.left] == [
        ("requests", "write the request that is meant by hand"),
        ("requests", "write the request that is meant by hand"),
        ("notRequested[0]", "it says what must not happen"),
        ("notRun", "it says what must not happen"),
        ("requests", "that is no expectation"),
    ]
    assert updated.text.count("# kept") == 2
    assert "output: { state: sent }" in updated.text
    assert "tasks: [order, rest, look]" in updated.text
    assert "requests: [{ method: post, body: { article: 7 } }]" in updated.text


async def test_activities_of_the_users_own_give_what_the_test_says(
    temporal: WorkflowEnvironment, tmp_path: Path
) -> None:
    given, missing = await run(temporal, tmp_path, OWN_TESTS, OWN)
    assert given.passed
    [told] = describe(missing)
    assert told.replace(f"{tmp_path}/", "").splitlines() == [
        "flow.test.yaml:6:5: error: the run failed: ActivityMissing",
        "  task price: flow.yaml:3:5",
        "  the test has no result for the activity price_of: write it under `activities`",
    ]


ORDER = """\
document: { dsl: 1.0.3, namespace: shop, name: flow, version: 1.0.0 }
do: [{ price: { run: { workflow: { namespace: shop, name: price, version: latest, input: { n: "${ .n }" } } } } }]
"""
PRICE = """\
document: { dsl: 1.0.3, namespace: shop, name: price, version: 1.0.0 }
use: { secrets: [TOKEN] }
do:
  - night: { wait: { hours: 8 } }
  - each: { call: activity, with: { type: price_of } }
  - ask:
      call: httpRequest
      with:
        method: get
        endpoint: { uri: https://api.example.com/, authentication: { bearer: { token: "${ $secrets.TOKEN }" } } }
  - times: { set: { price: "${ $tasks.each * $workflow.input.n }" } }
"""
ORDERED = """\
definition: flow.yaml
tests:
  - name: runs another
    input: { n: 2 }
    activities: { price_of: 15 }
    answers:
      - request: { method: GET, url: https://api.example.com/ }
        responses: [{ status: 503, headers: { Retry-After: "600" } }, {}]
    expect:
      output: { price: 30 }
      requests: [{ headers: { authorization: Bearer $TOKEN } }, {}]
      tasks: [price]
      exact: true
"""


async def test_runs_the_definitions_that_it_runs(temporal: WorkflowEnvironment, tmp_path: Path) -> None:
    (tmp_path / "flow.yaml").write_text(ORDER)
    (tmp_path / "flow.test.yaml").write_text(ORDERED)
    [report] = load_tests(tmp_path / "flow.test.yaml").reports
    assert "flow.yaml:2:34: error[unknown-definition]: there is no definition `shop/price:latest`" in str(
        report
    )
    (tmp_path / "price.yaml").write_text(PRICE)
    (tmp_path / "price-2.yaml").write_text(PRICE + "# again")
    [result] = await run(temporal, tmp_path, ORDERED, ORDER)
    assert list(describe(result)) == []
    assert tmp_path / "price.yaml" in load_tests(tmp_path / "flow.test.yaml").sources


EMITS = """\
document: { dsl: 1.0.3, namespace: shop, name: flow, version: 1.0.0 }
do:
  - first: { emit: { event: { with: { type: com.example.begun, shop: a, data: { n: "${ .n }" } } } } }
  - heard:
      listen: { to: { one: { with: { type: com.example.paid } } } }
      timeout: { after: P1D }
  - second:
      emit: { event: { with: { type: com.example.shipped, subject: s-1, data: { of: "${ .[0].order }" } } } }
      timeout: { after: PT1H }
  - rest: { wait: { days: 1 } }
"""
EMITTED = """\
definition: flow.yaml
tests:
  - name: all as expected
    input: { n: 2 }
    events: [{ type: com.example.paid, data: { order: 17 } }]
    expect:
      emitted:
        - { type: com.example.begun, source: /shop/flow/1.0.0, shop: a, data: { n: "${ . > 1 }" } }
        - { type: com.example.shipped, subject: s-1, data: { of: 17 } }
      emittedInOrder: true
      notEmitted: [{ type: com.example.failed }]
      exact: true
  - name: all wrong
    input: { n: 2 }
    events: [{ type: com.example.paid, data: { order: 17 } }]
    expect:
      emitted:
        - { type: com.example.shipped, data: { of: 18 } }
        - { type: com.example.lost }
      notEmitted: [{ subject: s-1 }]
  - name: in another order
    input: { n: 2 }
    events: [{ type: com.example.paid, data: { order: 17 } }]
    expect:
      emitted: [{ type: com.example.shipped }, { type: com.example.begun, shop: b }]
      emittedInOrder: true
      exact: true
"""


async def test_events_that_are_given_and_emitted(temporal: WorkflowEnvironment, tmp_path: Path) -> None:
    good, wrong, disordered = await run(temporal, tmp_path, EMITTED, EMITS)
    assert list(describe(good)) == []
    told = [line.replace(f"{tmp_path}/", "") for line in describe(wrong)]
    assert told == [
        "flow.test.yaml:18:48: emitted[0].data.of",
        "  expected  18",
        "  got       17",
        "flow.test.yaml:19:11: emitted[1]: no such event was emitted",
        '  expected  {"type": "com.example.lost"}',
        '  got       ["com.example.begun", "com.example.shipped"]',
        "flow.test.yaml:20:20: notEmitted[0]: this was emitted",
        '  got       "com.example.shipped"',
    ]
    told = [line.replace(f"{tmp_path}/", "") for line in describe(disordered)]
    assert told == [
        "flow.test.yaml:25:75: emitted[1].shop",
        '  expected  "b"',
        '  got       "a"',
        "flow.test.yaml:25:7: emitted: this was emitted too",
        '  got       "com.example.begun"',
    ]
    updated = update(EMITTED, [wrong])
    assert "{ type: com.example.shipped, data: { of: 17 } }" in updated.text
    assert [reason for _, reason in updated.left] == [
        "write the event that is meant by hand",
        "it says what must not happen",
    ]


async def test_credentials_of_the_environment_are_not_asked_for(
    temporal: WorkflowEnvironment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", "no such article")  # a secret's value would be taken out of the answer
    [_, result] = await run(temporal, tmp_path, PASSING)
    assert result.outcome.problem is not None
    assert "no such article" in result.outcome.problem["detail"]
