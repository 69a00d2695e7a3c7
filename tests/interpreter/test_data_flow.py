"""How data goes through a run (dsl.md, Data Flow), on a real server; every run is replayed."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from support.runs import Runner, running


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def runner(temporal: WorkflowEnvironment) -> AsyncIterator[Runner]:
    async with running(temporal) as found:
        yield found


CASES: dict[str, tuple[str, Any, Any]] = {
    "input.from and output.as of the workflow": (
        """
        input: { from: .order }
        do: [{ double: { set: { total: "${ .total * 2 }" } } }]
        output: { as: .total }
        """,
        {"order": {"total": 21}},
        42,
    ),
    "a task reads outputs of earlier ones": (
        """
        do:
          - first: { set: { a: 1 } }
          - second: { set: { b: "${ $tasks.first.a + 1 }" } }
          - third: { set: { sum: "${ $tasks.first.a + $tasks.second.b }" } }
        """,
        None,
        {"sum": 3},
    ),
    "the workflow's output is made of its tasks'": (
        """
        do:
          - first: { set: { a: 1 } }
          - skipped: { if: "${ false }", set: { a: 2 } }
          - block:
              do:
                - inner: { set: { b: 3 } }
                - each: { call: map, with: { in: "[1]", do: [{ stop: { set: { c: 4 }, then: end } }] } }
          - never: { set: { d: 5 } }
        output: { as: "${ [., $tasks.first.a, $tasks.skipped, $tasks.inner.b, $tasks.block, $tasks.never] }" }
        """,
        None,
        [{"c": 4}, 1, None, 3, None, None],
    ),
    "a skipped task is null and passes its input on": (
        """
        do:
          - first: { set: { a: 1 } }
          - skipped: { if: "${ .a > 1 }", set: { a: 99 } }
          - last: { set: { a: "${ .a }", skipped: "${ $tasks.skipped }" } }
        """,
        None,
        {"a": 1, "skipped": None},
    ),
    "export replaces the context": (
        """
        do:
          - first: { set: { a: 1 }, export: { as: "${ $context + { seen: $output.a } }" } }
          - last: { set: { context: "${ $context }" } }
        """,
        {"start": True},
        {"context": {"start": True, "seen": 1}},
    ),
    "a context that does not fit is the context when that is caught": (
        """
        do:
          - a: { try: [{ b: { set: { a: 1 }, export: { as: "7", schema: { document: { type: string } } } } }], catch: {} }
          - c: { set: "${ $context }" }""",
        None,
        7,
    ),
    "an export reads its own task": (
        """
        do:
          - first: { set: { a: 1 }, export: { as: "${ $tasks.first }" } }
          - last: { set: { context: "${ $context }" } }
        """,
        None,
        {"context": {"a": 1}},
    ),
    "an expression alone keeps its type": (
        """
        do: [{ all: { set: { text: "n=${ .n }, o=${ .o }", n: "${ .n }", literal: "$${ .n }" } } }]
        """,
        {"n": 2, "o": {"a": [1]}},
        {"text": 'n=2, o={"a":[1]}', "n": 2, "literal": "${ .n }"},
    ),
    "nested do sees and is seen": (
        """
        do:
          - outer: { set: { a: 1 } }
          - block:
              do:
                - inner: { set: { b: "${ $tasks.outer.a + 1 }" } }
          - last: { set: { b: "${ $tasks.inner.b }" } }
        """,
        None,
        {"b": 2},
    ),
    "a name of an inner scope hides it": (
        """
        do:
          - x: { set: { at: outer } }
          - loop:
              for: { in: "${ [1, 2] }" }
              do:
                - before: { set: { x: "${ $tasks.x }" } }
                - x: { set: { at: inner } }
                - behind: { set: { before: "${ $tasks.before.x }", behind: "${ $tasks.x.at }" } }
          - last: { set: { loop: "${ . }", x: "${ $tasks.x.at }" } }
        """,
        None,
        {"loop": {"before": None, "behind": "inner"}, "x": "outer"},
    ),
    "for carries its data on, and while ends it": (
        """
        do:
          - loop:
              for: { each: n, in: "${ .numbers }", at: i }
              while: "${ .sum < 6 }"
              do: [{ add: { set: { sum: "${ .sum + $n }", last: "${ $i }" } } }]
        """,
        {"numbers": [1, 2, 3, 4, 5], "sum": 0},
        {"sum": 6, "last": 2},
    ),
    "for goes through a list that is written out": (
        """
        do:
          - colors:
              for: { each: color, in: [{ name: red, n: "${ .n }" }, { name: blue, n: "${ $workflow.input.n + 1 }" }] }
              do: [{ add: { set: { seen: "${ (.seen // []) + [[$index, $color]] }" } } }]
        """,
        {"n": 1},
        {"seen": [[0, {"name": "red", "n": 1}], [1, {"name": "blue", "n": 2}]]},
    ),
    "in loose mode each text that is jq, or itself": (
        """
        evaluate: { mode: loose }
        do:
          - all:
              set:
                read: .n
                sum: .n + 1
                braced: ${ .n }
                joined: "n is ${ .n }"
                words: hello world
                failed: .n.x.y
                several: .n, .n
                quoted: 'not ("a\\\\b'
                list: [.n, { inner: $context.n }]
        """,
        {"n": 1},
        {
            "read": 1,
            "sum": 2,
            "braced": 1,
            "joined": "n is 1",
            "words": "hello world",
            "failed": ".n.x.y",
            "several": ".n, .n",
            "quoted": 'not ("a\\\\b',
            "list": [1, {"inner": 1}],
        },
    ),
    "for goes through nothing, and passes its input on": (
        """
        do: [{ none: { for: { in: [] }, do: [{ never: { set: { a: 1 } } }] } }]
        """,
        {"a": 2},
        {"a": 2},
    ),
    "task names may be long, and nest": (
        f"""
        do: [{{ {"n" * 900}: {{ do: [{{ {"m" * 900}: {{ set: {{ a: "${{ $task.name | length }}" }} }} }}] }} }}]
        """,
        None,
        {"a": 900},
    ),
    "loop variables nest": (
        """
        do:
          - rows:
              for: { each: row, in: "${ .rows }" }
              do:
                - cells:
                    for: { each: cell, in: "${ $row }", at: column }
                    do: [{ add: { set: { seen: "${ (.seen // []) + [[$index, $column, $cell]] }" } } }]
        """,
        {"rows": [["a"], ["b", "c"]]},
        {"seen": [[0, 0, "a"], [1, 0, "b"], [1, 1, "c"]]},
    ),
    "map gives each item the same input, in order": (
        """
        do:
          - each:
              call: map
              with:
                in: ${ .items }
                each: item
                concurrency: 3
                do: [{ one: { set: { out: "${ .base + $item }" } } }]
              output: { as: "${ map(.out) }" }
        """,
        {"items": [1, 2, 3, 4, 5], "base": 10},
        [11, 12, 13, 14, 15],
    ),
    "map collects errors": (
        """
        do:
          - each:
              call: map
              with:
                in: ${ . }
                onError: collect
                do: [{ one: { set: { half: "${ if . == null then 0 else $item / 2 end }" } } }]
              output: { as: "${ map(has(\\"error\\")) }" }
        """,
        [2, "x", 4],
        [False, True, False],
    ),
    "backward then with a visit counter": (
        """
        do:
          - count: { set: { n: "${ (.n // 0) + 1 }" } }
          - again:
              switch:
                - more: { when: "${ .n < 4 }", then: count }
          - done: { set: { n: "${ .n }", latest: "${ $tasks.count.n }" } }
        """,
        None,
        {"n": 4, "latest": 4},
    ),
    "exit leaves the nearest list, end the workflow": (
        """
        do:
          - block:
              do:
                - one: { set: { a: 1 }, then: exit }
                - never: { set: { a: 2 } }
          - two: { set: { a: "${ .a + 10 }" }, then: end }
          - never2: { set: { a: 99 } }
        """,
        None,
        {"a": 11},
    ),
    "end inside a map ends the workflow": (
        """
        do:
          - each:
              call: map
              with:
                in: "${ [1, 2] }"
                do: [{ stop: { set: { stopped: "${ $item }" }, then: end } }]
          - never: { set: { a: 99 } }
        """,
        None,
        {"stopped": 1},
    ),
    "descriptors": (
        """
        do:
          - look:
              set:
                task: ${ $task.name }
                reference: ${ $task.reference }
                runtime: ${ $runtime.name }
                version: ${ $workflow.definition.document.version }
                input: ${ $workflow.input.a }
                started: ${ $workflow.startedAt.epoch.seconds > 1700000000 }
        """,
        {"a": 5},
        {
            "task": "look",
            "reference": "/do/0/look",
            "runtime": "httptask",
            "version": "1.0.0",
            "input": 5,
            "started": True,
        },
    ),
}


@pytest.mark.parametrize("name", CASES)
async def test_data_flow(runner: Runner, name: str) -> None:
    definition, data, expected = CASES[name]

    outcome = await runner.run(definition, data)

    assert outcome.problem == {}
    assert outcome.output == expected


PROBLEMS: dict[str, tuple[str, Any, dict[str, Any]]] = {
    "an expression that fails names its place": (
        """
        do: [{ bad: { set: { x: "${ .a + 1 }" } } }]
        """,
        {"a": "text"},
        {"status": 400, "instance": "/do/0/bad"},
    ),
    "null in text": (
        """
        do: [{ greet: { set: { text: "Hello ${ .name }" } } }]
        """,
        {},
        {"instance": "/do/0/greet"},
    ),
    "input schema": (
        """
        input: { schema: { document: { type: object, required: [id] } } }
        do: [{ x: { set: { a: 1 } } }]
        """,
        {},
        {"type": "https://serverlessworkflow.io/spec/1.0.0/errors/validation", "title": "Not valid"},
    ),
    "raise with an expression": (
        """
        do:
          - stop:
              raise: { error: { type: "https://example.com/e", status: 418, title: Teapot, detail: "for ${ .who }" } }
        """,
        {"who": "you"},
        {"status": 418, "detail": "for you", "instance": "/do/0/stop"},
    ),
    "a URI variable that is no text": (
        """
        do:
          - get: { call: http, with: { method: get, endpoint: "https://example.com/{order}" } }
        """,
        {"order": {"lines": [1]}},
        {"title": "Not a URI variable", "instance": "/do/0/get"},
    ),
    "a raised error that use.errors names": (
        """
        use: { errors: { teapot: { type: "https://example.com/e", status: 418, title: Teapot } } }
        do: [{ stop: { raise: { error: teapot } } }]
        """,
        None,
        {"status": 418, "title": "Teapot"},
    ),
    "a task that takes too long": (
        """
        do: [{ nap: { wait: PT1H, timeout: { after: { milliseconds: 50 } } } }]
        """,
        None,
        {"status": 408, "instance": "/do/0/nap"},
    ),
    "a workflow that takes too long": (
        """
        timeout: { after: PT0.05S }
        do: [{ nap: { wait: PT1H } }]
        """,
        None,
        {"status": 408, "instance": ""},
    ),
    "a block that takes too long, by its name": (
        """
        do:
          - block:
              timeout: { after: { milliseconds: 50 } }
              do: [{ nap: { wait: { hours: 1 } } }]
        """,
        None,
        {"status": 408, "instance": "/do/0/block"},
    ),
    "for over what is not a list": (
        """
        do: [{ loop: { for: { in: "${ .a }" }, do: [{ x: { set: { a: 1 } } }] } }]
        """,
        {"a": 3},
        {"title": "Not a list", "instance": "/do/0/loop"},
    ),
    "an endless loop ends by the workflow's timeout": (
        """
        timeout: { after: PT1S }
        do: [{ a: { set: { n: 1 } } }, { b: { set: { n: 2 }, then: a } }]
        """,
        None,
        {"status": 408},
    ),
}


@pytest.mark.parametrize("name", PROBLEMS)
async def test_problems(runner: Runner, name: str) -> None:
    definition, data, expected = PROBLEMS[name]

    outcome = await runner.run(definition, data)

    assert {**outcome.problem, **expected} == outcome.problem
