"""Records what this release leaves behind on a Temporal server, so that later ones are held to it.

    uv run python -m tests.histories [NAME ...]

Runs the definitions in `definitions/` and the workflows of `tests/support/recorded_workflows.py` against a server with
scripted answers, sees how each ends, and writes its histories into the folder of the version that pyproject.toml has.
`test_replay.py` replays those of every release.

Whoever makes a release records it before its tag, and leaves the folders of those before as they are: users have such runs
under way. A version that has its tag is not recorded again. A change that fails to replay one of them goes behind `workflow.patched`, or the run has to end before it. What is new
in the language gets a definition and a scenario of its own.
"""

import argparse
import asyncio
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from temporalio.client import Client, WorkflowFailureError, WorkflowHandle, WorkflowHistory
from temporalio.exceptions import ApplicationError, CancelledError, ChildWorkflowError
from temporalio.testing import WorkflowEnvironment

from httptask.activities.names import RUN_THEN_WAIT
from httptask.dsl.canonical import qualified_name
from httptask.dsl.loader import load_file
from httptask.evaluations import DataRow, Evaluation, follow_batch, start_batch, variants_of
from httptask.events import new_event, send_event
from httptask.plugin import AllowedActivity, folder_storage
from httptask.reruns import plan_rerun, read_earlier
from httptask.scheduling import polling
from httptask.scheduling.spending_state import SEARCH_ATTRIBUTES
from httptask.testing import ScriptedServer
from httptask.workflows.run_then_wait import RunThenWait
from support import recorded_workflows
from support.cluster import has_event, run_ids
from support.connections import local_connection, secret_store
from support.histories import FOLDER, is_released, stored_in, write
from support.runs import Runner, listening, running, temporal_server

from .scenarios import SCENARIOS, Scenario
from .shop import Shop

RELEASE = version("httptask")
EVENTS_OF_A_RUN = 15
"""After how many the server wants a run to continue as new, where it is to."""
PATIENCE = timedelta(seconds=0.3)
"""How long a call waits for its turn before it asks whether anybody polls its queue: in a minute nobody here would see that."""


async def main(scenarios: Sequence[Scenario]) -> None:
    """Record them, one after the other."""
    polling.PATIENCE = PATIENCE
    registered = [word for name in SEARCH_ATTRIBUTES for word in ("--search-attribute", name)]
    suggested = ("--dynamic-config-value", f"limit.historyCount.suggestContinueAsNew={EVENTS_OF_A_RUN}")
    async with temporal_server(*registered) as plain, temporal_server(*registered, *suggested) as brief:
        for scenario in scenarios:
            await _record(scenario, brief if scenario.continues else plain)


async def _record(scenario: Scenario, environment: WorkflowEnvironment) -> None:
    async with (
        ScriptedServer(Shop(scenario.answers)) as server,
        running(environment, **_options(scenario, server.url)) as runner,
    ):
        handle = await _start(scenario, runner, server.url)
        if scenario.after is not None:
            await _require_end(replace(scenario, error=scenario.after), handle)
            handle = await _rerun(scenario, runner, handle.id)
        if scenario.error == "cancelled":
            await has_event(handle, "activity_task_scheduled")
            await handle.cancel()
        await _require_end(scenario, handle)
        _keep(scenario.file, await _chain(runner.client, handle))
        if scenario.name == "token-limit":
            counter = runner.client.get_workflow_handle(f"httptask-tokens/{runner.task_queue}/limited")
            _keep("token-limit-counter", await _chain(runner.client, counter))


def _options(scenario: Scenario, url: str) -> dict[str, Any]:
    connections = {name: local_connection(name, url) for name in ("openai", "shop", "spare")}
    if scenario.limits:
        connections["limited"] = local_connection("limited", url, **scenario.limits)
    return {
        "connections": connections,
        "secrets": secret_store({"TOKEN": "a-token-0123456789"}),
        "storage": folder_storage(stored_in(RELEASE)) if scenario.name == "stored" else None,
        "definitions": [load_file(scenario.definition).data] if scenario.served else None,
        "allow_private": ["loopback"],
        "allowed_activities": [AllowedActivity(name="price_of")],
        "share_queue": scenario.error != "ActivityNotAllowed",
        "worker": {
            "workflows": recorded_workflows.WORKFLOWS,
            "activities": recorded_workflows.ACTIVITIES,
            "build_id": f"httptask-{RELEASE}",
            "identity": "recorder",
        },
    }


async def _start(scenario: Scenario, runner: Runner, url: str) -> WorkflowHandle[Any, Any]:
    if scenario.around == "batch":
        return await _run_batch(scenario, runner)
    if scenario.around == "run-then-wait":
        name = qualified_name(load_file(scenario.definition).data)
        around = RunThenWait(schedule="again", definition=name, input=scenario.input, seconds=1)
        return await runner.client.start_workflow(
            RUN_THEN_WAIT, around, id=scenario.file, task_queue=runner.task_queue
        )
    if not scenario.is_python and not scenario.served:
        loaded = load_file(scenario.definition)
        assert loaded.program is not None, loaded.reports
        data = (
            {"base": url, "trace": "t-1"} if scenario.name.startswith(("http", "openapi")) else scenario.input
        )
        handle = await runner.start(loaded.data, data, live=scenario.live)
        if scenario.events:
            await listening(handle)
        for type_, said in scenario.events:
            await send_event(runner.client, new_event(type_, data=said), handle.id)
        return handle
    return await runner.client.start_workflow(
        scenario.name, id=scenario.file, task_queue=runner.task_queue, result_type=object
    )


async def _run_batch(scenario: Scenario, runner: Runner) -> WorkflowHandle[Any, Any]:
    """Give a batch its rows, to its end."""
    loaded = load_file(scenario.definition)
    assert loaded.program is not None, loaded.reports
    rows = [DataRow(number, each) for number, each in enumerate(scenario.input, start=1)]
    evaluation = Evaluation(variants_of(loaded.data, loaded.program, None), rows, concurrency=1)
    batch = await start_batch(runner.client, evaluation, scenario.file, task_queue=runner.task_queue)
    first = await runner.client.get_workflow_handle(batch.id).describe()
    progress = await follow_batch(runner.client, batch, rows)
    assert progress.ended == len(rows), progress
    return runner.client.get_workflow_handle(batch.id, first_execution_run_id=first.run_id)


async def _rerun(scenario: Scenario, runner: Runner, run: str) -> WorkflowHandle[Any, Any]:
    """Go on from where a run failed."""
    loaded = load_file(scenario.definition)
    assert loaded.program is not None, loaded.reports
    rerun = plan_rerun(await read_earlier(runner.client, run), loaded.data, loaded.program)
    return await rerun.start(runner.client, scenario.file, runner.task_queue)


async def _require_end(scenario: Scenario, handle: WorkflowHandle[Any, Any]) -> None:
    """Record nothing that went otherwise than it was meant to."""
    try:
        output = await handle.result()
    except WorkflowFailureError as failure:
        cause = failure.cause.cause if isinstance(failure.cause, ChildWorkflowError) else failure.cause
        assert isinstance(cause, ApplicationError | CancelledError), cause
        problem = cause.details[0] if isinstance(cause, ApplicationError) else {"error": "cancelled"}
        assert scenario.error in (problem.get("error"), problem.get("title")), problem
    else:
        assert scenario.error is None, output
        assert scenario.output is None or output == scenario.output, output


async def _chain(client: Client, handle: WorkflowHandle[Any, Any]) -> list[WorkflowHistory]:
    """The histories of all runs, oldest first."""
    return [
        await client.get_workflow_handle(handle.id, run_id=run_id).fetch_history()
        async for run_id in run_ids(client, handle)
    ]


def _keep(name: str, chain: Sequence[WorkflowHistory]) -> None:
    file = write(RELEASE, name, chain)
    events = sum(len(history.events) for history in chain)
    print(f"{name}: {len(chain)} runs, {events} events, {file.stat().st_size} bytes")


def _asked_for() -> list[Scenario]:
    """The scenarios that are named; all when none is."""
    parser = argparse.ArgumentParser(prog="python -m tests.histories", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("names", nargs="*", metavar="NAME", help="what to record; all when none is named")
    names = parser.parse_args().names
    known = {scenario.file: scenario for scenario in SCENARIOS}
    if unknown := sorted(set(names) - set(known)):
        parser.error(f"there is no scenario {', '.join(unknown)} (known: {', '.join(known)})")
    if is_released(RELEASE):
        parser.error(
            f"{RELEASE} is released, and users have runs of it: raise `version` in pyproject.toml first"
        )
    if not names:
        shutil.rmtree(FOLDER / RELEASE, ignore_errors=True)
    return [known[name] for name in names or known]


if __name__ == "__main__":
    asyncio.run(main(_asked_for()))
