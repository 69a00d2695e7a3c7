"""`run: workflow` on a real server: definitions that run others; every run is replayed."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from temporalio.client import WorkflowFailureError
from temporalio.testing import WorkflowEnvironment

from httptask.dsl.canonical import sha256
from httptask.events import new_event, send_event
from httptask.interpreter.fetch_status import fetch_status
from httptask.interpreter.workflow_types import WORKFLOW_TYPE, RunInput
from httptask.runs.executions import runs_left_by
from support.cluster import has_event
from support.definitions import parse
from support.runs import Runner, running

DOUBLE = """
document: { dsl: 1.0.3, namespace: shop, name: double, version: %s }
input: { schema: { document: { type: object, required: [n] } } }
do: [{ twice: { set: { n: "${ .n * %d }" } } }]
"""
FAILS = """
document: { dsl: 1.0.3, namespace: shop, name: fails, version: 1.0.0 }
do:
  - stop:
      raise:
        error: { type: "https://example.com/errors/gone", title: Gone, status: 410, detail: "${ .what + \\" is gone\\" }" }
"""
SPENDS = """
document:
  { dsl: 1.0.3, namespace: shop, name: spends, version: 1.0.0, metadata: { httptask: { budget: { calls: 0 } } } }
do: [{ ask: { call: httpRequest, with: { method: get, endpoint: "http://127.0.0.1:9/" } } }]
"""
WAITS = """
document: { dsl: 1.0.3, namespace: shop, name: waits, version: 1.0.0 }
do: [{ hour: { wait: { hours: 1 } } }]
"""


ITSELF = """
document: { dsl: 1.0.3, namespace: shop, name: itself, version: 1.0.0 }
do: [{ again: { run: { workflow: { namespace: shop, name: itself, version: 1.0.0 } } } }]
"""


CALLED = """
document: { dsl: 1.0.3, namespace: shop, name: called, version: 1.0.0 }
do:
  - call: { listen: { to: { one: { with: { type: shop.called } } } } }
  - told: { set: { by: "${ .[0].by }" } }
"""


def run_task(name: str, given: str = "null", version: str = "1.0.0", more: str = "") -> str:
    return (
        f"run: {{ workflow: {{ namespace: shop, name: {name}, version: {version}, input: {given} }}{more} }}"
    )


def left(name: str, given: str = "null") -> str:
    """A task that does not wait for the run of a definition."""
    return run_task(name, given, more=", await: false")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def runner(temporal: WorkflowEnvironment) -> AsyncIterator[Runner]:
    definitions = [
        parse(text)
        for text in (DOUBLE % ("1.0.0", 2), DOUBLE % ("2.0.0", 20), FAILS, SPENDS, WAITS, CALLED, ITSELF)
    ]
    async with running(temporal, definitions=definitions, share_queue=False) as found:
        yield found


async def test_the_output_of_another_definition(runner: Runner) -> None:
    one, highest = run_task("double", '{ n: "${ .n }" }'), run_task("double", "{ n: 1 }", "latest")
    outcome = await runner.run(
        f"""
        do:
          - one: {{ {one} }}
          - all: {{ for: {{ each: n, in: "${{ [1, 2] }}" }}, do: [{{ more: {{ {highest} }} }}] }}
          - none: {{ {one.replace("run: {", "run: { return: none,")}, input: {{ from: {{ n: 1 }} }} }}
          - result: {{ set: {{ one: "${{ $tasks.one.n }}", all: "${{ $tasks.all.n }}", none: "${{ $tasks.none }}" }} }}
        """,
        {"n": 21},
    )
    assert outcome.output == {"one": 42, "all": 20, "none": None}
    children = [
        child
        for event in (await outcome.handle.fetch_history()).events
        if (child := event.child_workflow_execution_started_event_attributes).workflow_type.name
    ]
    run = outcome.handle.id
    assert [(child.workflow_type.name, child.workflow_execution.workflow_id) for child in children] == [
        ("shop/double:1.0.0", f"{run}/one"),
        ("shop/double:2.0.0", f"{run}/all/0/more"),
        ("shop/double:2.0.0", f"{run}/all/1/more"),
        ("shop/double:1.0.0", f"{run}/none"),
    ]


async def test_an_error_of_it_is_one_of_the_task(runner: Runner) -> None:
    outcome = await runner.run(f"do: [{{ it: {{ {run_task('fails', '{ what: lamp }')} }} }}]")
    assert outcome.problem == {
        "type": "https://example.com/errors/gone",
        "status": 410,
        "title": "Gone",
        "detail": f"shop/fails:1.0.0 ({outcome.handle.id}/it) at /do/0/stop: lamp is gone",
        "instance": "/do/0/it",
    }


async def test_its_errors_are_caught(runner: Runner) -> None:
    """One of its own budget too, which ends no other run; and one of its schema."""
    tried = [
        (run_task("fails", "{ what: lamp }"), "{ errors: { with: { status: 410 } }, as: e,"),
        (run_task("spends"), "{ as: e,"),
        (run_task("double", "{ m: 1 }"), "{ errors: { with: { instance: /do/2/t2/try/0/it } }, as: e,"),
    ]
    tasks = [
        f'{{ t{index}: {{ try: [{{ it: {{ {task} }} }}], catch: {caught} do: [{{ told: {{ set: "${{ $e.title }}" }} }}] }} }} }}'
        for index, (task, caught) in enumerate(tried)
    ]
    outcome = await runner.run(
        f"do: [{', '.join(tasks)}, {{ all: {{ set: {{ all: '${{ [$tasks.t0, $tasks.t1, $tasks.t2] }}' }} }} }}]"
    )
    assert outcome.output == {"all": ["Gone", "Budget exceeded", "Not valid"]}, outcome.problem


async def test_an_unknown_one_is_an_error_before_anything_runs(runner: Runner) -> None:
    outcome = await runner.run(f"do: [{{ a: {{ set: {{ x: 1 }} }} }}, {{ b: {{ {run_task('dubble')} }} }}]")
    assert (outcome.problem["error"], outcome.problem["status"]) == ("DefinitionUnknown", 400)
    assert outcome.problem["detail"].startswith(
        "no definition shop/dubble:1.0.0 is served here to be run; known: called, double, fails, "
    )


async def test_one_that_runs_itself_comes_to_an_end(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("httptask.scheduling.scheduler._MOST_INSIDE", 2)
    outcome = await runner.run(f"do: [{{ it: {{ {run_task('itself')} }} }}]")
    assert outcome.problem["title"] == "Runs nest too deep"
    assert outcome.problem["detail"].endswith(
        ": shop/itself:1.0.0 would run inside of more than 2 others; one that runs itself needs an end, as by an `if`"
    )


async def test_it_is_cancelled_with_the_task(runner: Runner) -> None:
    """By a timeout of the task, and by who cancels the run; one that is ended alone is an error of the task."""
    waits = run_task("waits")
    outcome = await runner.run(f"do: [{{ it: {{ {waits}, timeout: {{ after: {{ seconds: 1 }} }} }} }}]")
    assert outcome.problem["title"] == "Timed out"
    child = runner.client.get_workflow_handle(f"{outcome.handle.id}/it")
    assert (await child.describe()).status.name == "CANCELED"  # type: ignore[union-attr]

    handle = await runner.start(f"do: [{{ it: {{ {waits} }} }}]")
    await has_event(handle, "child_workflow_execution_started")
    await runner.client.get_workflow_handle(f"{handle.id}/it").terminate()
    outcome = await runner.outcome(handle)
    assert outcome.problem["detail"] == f"shop/waits:1.0.0 ({handle.id}/it): it was terminated"


async def test_one_that_is_not_waited_for_goes_on(runner: Runner) -> None:
    """The output is the task's input, as its `input.from` makes it; what the run comes to is nothing to this one."""
    outcome = await runner.run(
        f"""
        do:
          - first: {{ {left("called", "{ n: 1 }")}, input: {{ from: {{ n: "${{ .n + 1 }}" }} }} }}
          - fails: {{ {left("fails", "{ what: lamp }")} }}
          - none: {{ {left("double", "{ n: 1 }").replace("await: false", "await: false, return: none")} }}
          - again: {{ for: {{ each: n, in: "${{ [1, 2] }}" }}, do: [{{ more: {{ {left("double", "{ n: 4 }")} }} }}] }}
          - result: {{ set: {{ first: "${{ $tasks.first }}", fails: "${{ $tasks.fails }}", none: "${{ $tasks.none }}" }} }}
        """,
        {"n": 1},
    )
    assert outcome.output == {"first": {"n": 2}, "fails": {"n": 2}, "none": None}, outcome.problem
    tasks = {task.name: task.child_run for task in (await fetch_status(outcome.handle)).tasks}
    assert (tasks["first"], tasks["fails"]) == (f"{outcome.handle.id}/first", f"{outcome.handle.id}/fails")

    child = runner.client.get_workflow_handle(f"{outcome.handle.id}/first", result_type=object)
    assert (await child.describe()).status.name == "RUNNING"  # type: ignore[union-attr]
    await send_event(runner.client, new_event("shop.called", data={"by": "Ann"}), child.id)
    assert await child.result() == {"by": "Ann"}
    failed = runner.client.get_workflow_handle(f"{outcome.handle.id}/fails")
    with pytest.raises(WorkflowFailureError):
        await failed.result()
    left_runs = [run async for run in runs_left_by(runner.client, outcome.handle.id)]
    assert left_runs == [
        f"{outcome.handle.id}/{it}" for it in ("first", "fails", "none", "again/0/more", "again/1/more")
    ]


async def test_one_that_is_left_is_not_cancelled_with_the_run(runner: Runner) -> None:
    """And fails the task where it can't begin, for one of its id goes on."""
    handle = await runner.start(
        f"do: [{{ it: {{ {left('waits')} }} }}, {{ hour: {{ wait: {{ hours: 1 }} }} }}]"
    )
    await has_event(handle, "timer_started")
    await handle.cancel()
    with pytest.raises(WorkflowFailureError):
        await handle.result()
    child = runner.client.get_workflow_handle(f"{handle.id}/it")
    assert (await child.describe()).status.name == "RUNNING"  # type: ignore[union-attr]
    await runner.replay(handle)

    again = parse(f"do: [{{ it: {{ {left('waits')} }} }}]")
    await runner.client.start_workflow(
        WORKFLOW_TYPE,
        RunInput(definition=again, sha256=sha256(again)),
        id=handle.id,
        task_queue=runner.task_queue,
    )
    outcome = await runner.outcome(runner.client.get_workflow_handle(handle.id, result_type=object))
    assert outcome.problem["instance"] == "/do/0/it"
    assert "already started" in outcome.problem["detail"]
    await child.terminate()
