"""A `map` of more than fits into another run: its parts run in workflows of their own, and the author sees one map."""

import asyncio
import hashlib
import time
from typing import Any

import pytest
from temporalio.client import WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from httptask.interpreter import parts
from httptask.interpreter.services import Services
from httptask.scheduling.spending_state import SPENT_MEMO
from httptask.testing import ScriptedServer
from support.cluster import events_of, parts_of, run_ids
from support.connections import local_connection
from support.definitions import parse
from support.parts import (
    ENDS,
    NO_BUDGET,
    UNDISTURBED,
    holding_one,
    let_parts_be_small,
    same_number,
)
from support.runs import Outcome, running

MAP = """
do:
  - seed: { set: { factor: 10 }, export: { as: "${ { seen: .factor } }" } }
  - each:
      call: map
      with:
        in: '${ [range(36) | { n: ., text: ("x" * 900) }] }'
        concurrency: 4
        do:
          - first:
              call: httpRequest
              with:
                method: post
                connection: shop
                path: /
                body:
                  n: "${ $item.n }"
                  around: "${ [$index, .factor, $tasks.seed.factor, $context.seen, $workflow.id] }"
          - second: { set: { n: "${ .n }", at: "${ $index }", text: '${ "y" * 400 }' } }
  - last: { set: { count: "${ length }", n: "${ [.[].n] }", at: "${ [.[].at] }", seed: "${ $tasks.seed }" } }
"""


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    let_parts_be_small(monkeypatch)


def key_of(origin: str | None, pointer: str, id_: str) -> str:
    return hashlib.sha256(f"{origin} {pointer} {id_}".encode()).hexdigest()[:32]


@pytest.mark.parametrize("worker", [{}, {"max_cached_workflows": 0}], ids=["cached", "uncached"])
async def test_the_author_sees_one_map(temporal: WorkflowEnvironment, worker: dict[str, Any]) -> None:
    async with ScriptedServer(same_number) as server:
        shop = {"shop": local_connection("shop", server.url)}
        async with running(temporal, connections=shop, worker=worker) as runner:
            outcome = await runner.run(MAP, {}, continue_as_new_after=30)
            found = await parts_of(runner.client, outcome.handle)
            chains = [[run_id async for run_id in run_ids(runner.client, part)] for part in found]

    count = list(range(36))
    assert outcome.problem == {}
    assert outcome.output == {"count": 36, "n": count, "at": count, "seed": {"factor": 10}}
    assert len(found) > 1
    assert max(map(len, chains)) > 1  # a part continues as new, too
    assert sorted((request.json() for request in server.requests), key=lambda body: body["n"]) == [
        {"n": n, "around": [n, 10, 10, 10, outcome.handle.id]} for n in count
    ]
    origin = outcome.handle.first_execution_run_id
    assert {request.headers["idempotency-key"] for request in server.requests} == {
        key_of(origin, "/do/1/each/with/do/0/first", f"each/{n}/first") for n in count
    }


LARGE_RESULTS = """
do:
  - each:
      call: map
      with:
        in: "${ [range(30)] }"
        concurrency: 6
        do:
          - first: { call: httpRequest, with: { method: post, connection: shop, path: /, body: { n: "${ $item }" } } }
          - second: { set: { n: "${ .n }", text: '${ "y" * 5000 }' } }
  - last: { set: { bytes: "${ [.[].text | length] | add }", n: "${ [.[].n] }" } }
"""


async def test_results_come_in_pieces(temporal: WorkflowEnvironment) -> None:
    """All of them are six times what Temporal carries; a part has no more than a history has room for."""
    one_by_one = LARGE_RESULTS.replace("concurrency: 6", "concurrency: 1")
    async with ScriptedServer(same_number) as server:
        shop = {"shop": local_connection("shop", server.url)}
        async with running(temporal, connections=shop) as runner:
            outcome = await runner.run(one_by_one, continue_as_new_after=100)
            found = await parts_of(runner.client, outcome.handle)
            pieces = await events_of(outcome.handle, "workflow_execution_signaled")

    assert outcome.output == {"bytes": 30 * 5000, "n": list(range(30))}
    assert len(server.requests) == 30
    assert len(pieces) > 4
    assert len(found) > 2


LARGE_ITEM = (
    LARGE_RESULTS.replace("- first", "- large: { set: { text: '${ \"y\" * 21000 }' } }\n          - first")
    .replace("concurrency: 6", "")
    .replace("text: '${ \"y\" * 5000 }'", 'text: "${ $tasks.large.text[:9] }"')
)


async def test_an_output_that_becomes_too_large_is_told_before_the_other_calls(
    temporal: WorkflowEnvironment,
) -> None:
    definition = LARGE_RESULTS[: LARGE_RESULTS.index("  - last")]
    detail, calls = await refused(temporal, definition, after=40)
    assert "`output.as`" in detail
    assert calls < 30


async def test_items_that_no_history_can_hold_are_told_before_the_other_calls(
    temporal: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "LARGEST_HISTORY", 25_000)
    detail, calls = await refused(temporal, UNDISTURBED, after=30)
    assert "items that are left" in detail
    assert calls < 36


async def refused(temporal: WorkflowEnvironment, definition: str, *, after: int) -> tuple[str, int]:
    """Why a map is too large, and how many calls were made before that was told."""
    async with ScriptedServer(same_number) as server:
        shop = {"shop": local_connection("shop", server.url)}
        async with running(temporal, connections=shop) as runner:
            outcome = await runner.run(definition, continue_as_new_after=after)
    assert (outcome.problem["error"], outcome.problem["instance"]) == ("PayloadTooLarge", "/do/0/each")
    return outcome.problem["detail"], len(server.requests)


RAISES = 'raise: { error: { type: "https://e.example/no", status: 418, title: No, detail: no } }'


async def ended(
    temporal: WorkflowEnvironment, definition: str, *, at: int = 30, **how: str
) -> tuple[Outcome, int, int]:
    """What came of a run, how many calls it made, and in how many parts."""
    async with ScriptedServer(same_number) as server:
        shop = {"shop": local_connection("shop", server.url)}
        async with running(temporal, connections=shop) as runner:
            outcome = await runner.run(definition % {"at": at, **how}, continue_as_new_after=30)
            found = await parts_of(runner.client, outcome.handle)
    return outcome, len(server.requests), len(found)


async def test_an_error_in_a_part_is_one_of_the_map(temporal: WorkflowEnvironment) -> None:
    outcome, calls, count = await ended(temporal, ENDS, budget=NO_BUDGET, on_error="stop", stop=RAISES)
    assert (outcome.problem["status"], outcome.problem["instance"]) == (418, "/do/0/each/with/do/1/stop")
    assert 31 <= calls < 36
    assert count


async def test_an_error_in_a_part_is_caught_around_the_map(temporal: WorkflowEnvironment) -> None:
    definition = parse(ENDS % {"budget": NO_BUDGET, "on_error": "stop", "stop": RAISES, "at": 20})
    retry = {"limit": {"attempt": {"count": 1}}}
    told = {"tell": {"set": "${ [$error.title, $error.instance] }"}}
    definition["do"] = [{"attempt": {"try": definition["do"], "catch": {"retry": retry, "do": [told]}}}]
    async with ScriptedServer(same_number) as server:
        shop = {"shop": local_connection("shop", server.url)}
        async with running(temporal, connections=shop) as runner:
            outcome = await runner.run(definition, {}, continue_as_new_after=30)
            assert await parts_of(runner.client, outcome.handle)
    assert outcome.output == ["No", "/do/0/attempt/try/0/each/with/do/1/stop"]
    assert len(server.requests) >= 2 * 21
    assert (
        len({request.headers["idempotency-key"] for request in server.requests}) <= 22
    )  # the same in both attempts


async def test_errors_in_a_part_are_collected(temporal: WorkflowEnvironment) -> None:
    outcome, calls, count = await ended(temporal, ENDS, budget=NO_BUDGET, on_error="collect", stop=RAISES)
    assert [found.get("n") for found in outcome.output] == [n if n != 30 else None for n in range(36)]
    assert outcome.output[30]["error"]["status"] == 418
    assert calls == 36
    assert count


async def test_a_task_in_a_part_ends_the_run(temporal: WorkflowEnvironment) -> None:
    ends = "set: { done: true }, then: end"
    outcome, _, count = await ended(temporal, ENDS, budget=NO_BUDGET, on_error="stop", stop=ends)
    assert outcome.output == {"done": True}
    assert count


async def test_a_budget_holds_for_all_parts(temporal: WorkflowEnvironment) -> None:
    outcome, calls, count = await ended(
        temporal, ENDS, budget="{ calls: 28 }", on_error="collect", stop=RAISES
    )
    assert outcome.problem["error"] == "BudgetExceeded"
    assert 26 <= calls <= 28  # what was let through is cut off where it has not been sent yet
    assert count


async def test_a_timeout_around_the_map_ends_its_part(temporal: WorkflowEnvironment) -> None:
    waits = "wait: { seconds: 60 }"
    definition = ENDS.replace("seconds: 200", "seconds: 8")
    began = time.monotonic()
    outcome, calls, count = await ended(
        temporal, definition, at=8, budget=NO_BUDGET, on_error="collect", stop=waits
    )
    assert (outcome.problem["status"], outcome.problem["instance"]) == (408, "/do/0/each")
    assert time.monotonic() - began < 50, "it has continued as new, and is asked to end nevertheless"
    assert count
    assert (await spent_by(outcome))["calls"] == calls


NESTED = """
do:
  - rows:
      call: map
      with:
        in: "${ [1, 2] }"
        each: row
        at: r
        concurrency: 2
        do:
          - factor: { set: { factor: "${ $row * 100 }" } }
          - cells:
              call: map
              with:
                in: '${ [range(20) | { n: ., text: (($row | tostring) * 900) }] }'
                each: cell
                at: c
                concurrency: 2
                do:
                  - send:
                      call: httpRequest
                      with:
                        method: post
                        connection: shop
                        path: /
                        body: { n: "${ $tasks.factor.factor + $row + $r + $cell.n }", c: "${ $c }" }
                  - keep: { set: { n: "${ .n }", text: '${ "y" * 300 }' } }
              output: { as: "${ [.[].n] }" }
"""


async def test_a_map_inside_a_map_runs_in_parts(temporal: WorkflowEnvironment) -> None:
    async with ScriptedServer(same_number) as server:
        shop = {"shop": local_connection("shop", server.url)}
        async with running(temporal, connections=shop) as runner:
            outcome = await runner.run(NESTED, continue_as_new_after=40)
            found = await parts_of(runner.client, outcome.handle)

    assert outcome.output == [[row * 101 + row - 1 + n for n in range(20)] for row in (1, 2)]
    assert len({request.headers["idempotency-key"] for request in server.requests}) == 40
    assert len(server.requests) == 40
    assert {part.id.split("/")[2] for part in found} == {"0", "1"}, [part.id for part in found]


async def test_items_that_fit_in_no_part_run_in_the_same_history(temporal: WorkflowEnvironment) -> None:
    """All of them read something that is too large."""
    definition = LARGE_RESULTS.replace("text: '${ \"y\" * 5000 }'", 'text: "${ $workflow.input.text[:100] }"')
    async with ScriptedServer(same_number) as server:
        shop = {"shop": local_connection("shop", server.url)}
        async with running(temporal, connections=shop) as runner:
            handle = await runner.start(definition, {"text": "x" * 21_000}, continue_as_new_after=40)
            output = await handle.result()
            await runner.replay(handle)
            found = await parts_of(runner.client, handle)

    assert output == {"bytes": 3000, "n": list(range(30))}
    assert (len(server.requests), found) == (30, [])


@pytest.mark.parametrize("how", ["cancel", "terminate"])
async def test_a_part_that_somebody_ends_faults_the_map(temporal: WorkflowEnvironment, how: str) -> None:
    """Nobody has cancelled the run: it does not end without saying where."""
    held = asyncio.Event()
    async with ScriptedServer(holding_one(held)) as server:
        shop = {"shop": local_connection("shop", server.url)}
        async with running(temporal, connections=shop) as runner:
            handle = await runner.start(UNDISTURBED, continue_as_new_after=30)
            await asyncio.wait_for(held.wait(), 30)
            [*_, part] = await parts_of(runner.client, handle)
            await getattr(part, how)()
            problem = await problem_in(handle)
            await runner.replay(handle)

    assert (problem["status"], problem["instance"]) == (500, "/do/0/each")
    assert problem["detail"] == {"cancel": "Cancelled", "terminate": "Terminated"}[how]


async def test_a_workflow_with_the_id_of_a_part_faults_the_map(temporal: WorkflowEnvironment) -> None:
    async with ScriptedServer(same_number) as server:
        shop = {"shop": local_connection("shop", server.url)}
        async with running(temporal, connections=shop) as runner:
            handle = await runner.start(UNDISTURBED, continue_as_new_after=30)
            for index in range(36):
                await runner.client.start_workflow(
                    "other", id=f"{handle.id}/each/{index}", task_queue=f"nobody-{handle.id}"
                )
            problem = await problem_in(handle)
            await runner.replay(handle)

    assert problem["instance"] == "/do/0/each"
    assert "already started" in problem["detail"]


async def test_a_part_that_can_not_go_on_tells_why(
    temporal: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_stay = Services.may_stay

    def may_stay_as_no_part(found: Services) -> bool:
        return may_stay(found) and found.state.part is None

    monkeypatch.setattr(Services, "may_stay", may_stay_as_no_part)
    async with ScriptedServer(same_number) as server:
        shop = {"shop": local_connection("shop", server.url)}
        async with running(temporal, connections=shop) as runner:
            outcome = await runner.run(LARGE_ITEM, continue_as_new_after=30)
            spent = await spent_by(outcome)

    assert (outcome.problem["title"], outcome.problem["error"]) == ("Too large", "PayloadTooLarge")
    assert outcome.problem["detail"].endswith("are the output of large")
    assert outcome.problem["instance"] == "/do/0/each"
    assert spent["calls"] == len(server.requests)


async def problem_in(handle: WorkflowHandle[Any, Any]) -> dict[str, Any]:
    """The RFC 7807 object that a run ends in."""
    with pytest.raises(WorkflowFailureError) as failed:
        await handle.result()
    assert isinstance(failed.value.cause, ApplicationError), failed.value.cause
    found: dict[str, Any] = failed.value.cause.details[0]
    return found


async def spent_by(outcome: Outcome) -> dict[str, Any]:
    """What the memo of an ended run tells."""
    description = await outcome.handle.describe()
    found: dict[str, Any] = await description.memo_value(SPENT_MEMO)
    return found
