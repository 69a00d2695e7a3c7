"""Every workflow task replays all of its run (`max_cached_workflows=0`): whatever is not deterministic shows."""

from typing import Any, Literal

import pytest
from temporalio.testing import WorkflowEnvironment

from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.cluster import longest_workflow_task
from support.connections import local_connection
from support.runs import running

CASES: dict[str, tuple[str, Any, Any]] = {
    "a map of calls": (
        """
        do:
          - base: { set: { base: 100 } }
          - each:
              call: map
              with:
                in: ${ $workflow.input }
                each: item
                concurrency: 4
                do:
                  - first: { call: httpRequest, with: { method: post, connection: shop, path: /echo, body: "${ $item }" } }
                  - second:
                      call: httpRequest
                      with: { method: post, connection: shop, path: /echo, body: "${ $tasks.base.base + $tasks.first }" }
        """,
        [1, 2, 3, 4, 5, 6, 7, 8, 9],
        [101, 102, 103, 104, 105, 106, 107, 108, 109],
    ),
    "a map that stops at the first error": (
        """
        do:
          - each:
              call: map
              with:
                in: ${ . }
                each: item
                concurrency: 3
                do:
                  - call: { call: httpRequest, with: { method: post, connection: shop, path: /echo, body: "${ $item }" } }
                  - check: { if: "${ $item == 2 }", raise: { error: { type: "https://e.example", status: 418, title: T } } }
                  - nap: { wait: PT1H }
        """,
        [1, 2, 3],
        418,
    ),
    "loops, visits and timers": (
        """
        do:
          - loop:
              for: { each: n, in: "${ [1, 2, 3] }" }
              do:
                - count: { set: { n: "${ (.n // 0) + 1 }" }, export: { as: "${ { last: $n } }" } }
                - nap: { wait: { milliseconds: 10 } }
                - again: { switch: [{ odd: { when: "${ .n % 2 == 1 }", then: count } }] }
          - end: { set: { n: "${ .n }", last: "${ $context.last }" } }
        """,
        None,
        {"n": 6, "last": 3},
    ),
    "a question asked again": (
        """
        do:
          - ask:
              call: chatCompletion
              with:
                model: m
                connection: shop
                messages: [{ role: user, content: "?" }]
                reask: 1
                response_format: { type: json_schema, json_schema: { name: n, schema: { type: object, required: [n] } } }
              output: { as: "${ .json.n }" }
        """,
        None,
        7,
    ),
    "a timeout around a timer": (
        "do: [{ nap: { wait: PT1H, timeout: { after: { milliseconds: 50 } } } }]",
        None,
        408,
    ),
    "a thousand steps, which yield": (
        "do: [{ loop: { for: { in: '${ [range(1100)] }' }, do: [{ one: { set: { n: '${ $index }' } } }] } }]",
        None,
        {"n": 1099},
    ),
    "answers that are small and large": (
        """
        do:
          - each:
              for: { each: n, in: "${ [3, 30000, 4] }" }
              do:
                - ask: { call: httpRequest, with: { method: post, connection: shop, path: /echo, body: '${ { text: ("x" * $n) } }' } }
                - add: { set: { sum: "${ ($context.sum // 0) + ($tasks.ask.text | length) }" }, export: { as: "${ . }" } }
        """,
        None,
        {"sum": 30_007},
    ),
    "attempts that wait": (
        """
        do:
          - both:
              call: map
              with:
                in: ${ [1, 2] }
                each: item
                do: [{ ask: { call: httpRequest, with: { method: post, connection: shop, path: /late, body: "${ $item }" } } }]
        """,
        None,
        [1, 2],
    ),
}
VARIANTS = [
    *((name, "activity", None) for name in CASES),
    *(
        (name, "local", continued)
        for continued in (None, 8)
        for name in (
            *("a map of calls", "a map that stops at the first error", "a question asked again"),
            *("answers that are small and large", "attempts that wait"),
        )
    ),
    ("a map of calls", "activity", 8),
    ("loops, visits and timers", "activity", 8),
]


@pytest.mark.parametrize(
    ("name", "calls", "continued"),
    [
        pytest.param(*variant, id=f"{variant[0]} {variant[1]}{' continued' if variant[2] else ''}")
        for variant in VARIANTS
    ],
)
async def test_without_cache(
    temporal: WorkflowEnvironment, name: str, calls: Literal["activity", "local"], continued: int | None
) -> None:
    definition, data, expected = CASES[name]
    late: set[bytes] = set()

    def answer(request: ServedRequest) -> Reply:
        if request.target == "/late" and request.body not in late:
            late.add(request.body)
            return Reply.status(429, retry_after=1)
        if request.target in ("/echo", "/late"):
            return Reply.json(request.json())
        return Reply.chat('{"n": 7}' if len(request.json()["messages"]) > 1 else "seven")

    async with ScriptedServer(answer) as server:
        shop = local_connection("shop", server.url, calls=calls, limits={"total": 60})
        async with running(
            temporal, worker={"max_cached_workflows": 0}, connections={"shop": shop}
        ) as runner:
            outcome = await runner.run(definition, data, continue_as_new_after=continued)
            await longest_workflow_task(outcome.handle)

    assert (outcome.problem["status"] if outcome.problem else outcome.output) == expected
    keys = [request.headers["idempotency-key"] for request in server.requests]
    assert len(keys) == len(set(keys)) + len(late)
