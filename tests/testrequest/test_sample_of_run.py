"""The data of a test request out of a run that has not come to its end, or that went on in others of its chain."""

from typing import Any

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.testing import WorkflowEnvironment

from httptask.dsl.compile import compile_definition
from httptask.dsl.program import Program
from httptask.http.models import JsonBody, TextBody
from httptask.runs.history import read_run
from httptask.testing import Reply, ScriptedServer
from httptask.testrequest import SampleIncomplete, plan_request, sample_of_run
from httptask.testrequest.planning import PlannedRequest
from support.cluster import has_event
from support.connections import local_connection
from support.definitions import parse
from support.runs import Runner, running

WAITS = """
do:
  - ask: { call: httpRequest, with: { method: post, connection: shop, path: /ask, body: "${ .name }" } }
  - pause: { set: { asked: "${ . }" } }
  - hold: { wait: PT1H }
  - tell: { call: httpRequest, with: { method: post, connection: shop, path: /tell, body: "${ $tasks.ask }" } }
  - after: { call: httpRequest, with: { method: post, connection: shop, path: /, body: "${ $tasks.tell }" } }
"""
LOOPS = """
do:
  - first: { set: { sum: 0 } }
  - each:
      for: { each: n, in: "${ [1, 2, 3] }" }
      do:
        - add: { call: httpRequest, with: { method: post, connection: shop, path: /, body: "${ { n: $n, sum } }" } }
        - keep: { set: { sum: "${ .sum }" } }
  - last: { call: httpRequest, with: { method: post, connection: shop, path: /, body: "${ [$tasks.first, .] }" } }
"""


_UNNAMED = "is a run of httptask.run"
"""Said of what is started here, for it is not told of which file it is a run."""


def program_of(text: str) -> Program:
    program = compile_definition(parse(text)).program
    assert program is not None
    return program


async def planned(runner: Runner, run: str, program: Program, task: str) -> tuple[PlannedRequest, list[str]]:
    """The request of a task on what a run had, and what is said about that."""
    sample, notes = sample_of_run(await read_run(runner.client, run), program, task)
    return plan_request(program, task, sample), [note for note in notes if _UNNAMED not in note]


def body(request: PlannedRequest) -> Any:
    written = request.request.body
    assert isinstance(written, JsonBody | TextBody)
    return written.value if isinstance(written, JsonBody) else written.text


async def test_a_run_that_goes_on_gives_what_it_has_and_a_cancelled_one_what_it_had(
    temporal: WorkflowEnvironment,
) -> None:
    program = program_of(WAITS)
    async with (
        ScriptedServer([Reply.json({"id": 7})]) as server,
        running(temporal, connections={"shop": local_connection("shop", server.url)}) as runner,
    ):
        handle = await runner.start(WAITS, {"name": "lamp"})
        await has_event(handle, "timer_started")
        for state, said in (("running", "is running"), ("cancelled", "was cancelled")):
            if state == "cancelled":
                await handle.cancel()
                with pytest.raises(WorkflowFailureError):
                    await handle.result()
            ask, notes = await planned(runner, handle.id, program, "ask")
            assert body(ask) == "lamp"
            assert [said in note for note in notes] == [True]
            tell, notes = await planned(runner, handle.id, program, "tell")
            assert body(tell) == {"id": 7}
            assert "tell did not run" in notes[1]
            with pytest.raises(SampleIncomplete, match=f"tell, which {handle.id} does not have"):
                await planned(runner, handle.id, program, "after")


async def test_a_run_that_continued_as_new_gives_what_it_had_in_all_of_its_chain(
    temporal: WorkflowEnvironment,
) -> None:
    program = program_of(LOOPS)
    answers = [Reply.json({"sum": value}) for value in (1, 3, 6)] + [Reply.json(None, status=404)]
    async with (
        ScriptedServer(answers) as server,
        running(temporal, connections={"shop": local_connection("shop", server.url)}) as runner,
    ):
        outcome = await runner.run(LOOPS, continue_as_new_after=4)
        add, notes = await planned(runner, outcome.handle.id, program, "add")
        last, _ = await planned(runner, outcome.handle.id, program, "last")
    assert notes == []
    assert body(add) == {"n": 3, "sum": 3} == server.requests[2].json()
    assert body(last) == [{"sum": 0}, {"sum": 6}] == server.requests[3].json()
