"""Schedules on a real server: when they start runs, and what is told of them; nothing here waits for a clock."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TypeVar
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from temporalio.client import Client, Schedule, ScheduleActionStartWorkflow, ScheduleSpec, ScheduleState
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from httptask.dsl.compile import compile_definition
from httptask.dsl.timetable import Timetable, alternatives
from httptask.runs.history import read_run
from httptask.starts import (
    NotSchedulable,
    NotServed,
    ScheduleExists,
    ScheduleRecord,
    ScheduleSummary,
    create_schedule,
    find_served,
    list_schedules,
    plan_schedule,
    read_schedule,
    resume_schedule,
    start_run,
    trigger_schedule,
)
from support import uncached_worker
from support.cluster import address_of, has_event
from support.commands import Shell
from support.definitions import parse
from support.runs import Runner, running

T = TypeVar("T")

NIGHTLY = """
document: { dsl: 1.0.3, namespace: shop, name: nightly, version: %s }
schedule: { cron: 0 2 1 * MON }
do: [{ done: { set: { days: "${ .days }" } } }]
"""
AGAIN = """
document: { dsl: 1.0.3, namespace: shop, name: again, version: 1.0.0 }
schedule: { after: PT1S }
do: [{ stop: { raise: { error: { type: "https://example.com/gone", status: 410, title: Gone } } } }]
"""
ORDERS = """
document: { dsl: 1.0.3, namespace: shop, name: orders, version: 1.0.0 }
schedule: { after: PT3S }
do: [{ done: { set: { n: 1 } } }]
"""
SPRING = datetime(2027, 3, 27, 12, tzinfo=UTC)
"""Before clocks are put forward in Berlin."""
AUTUMN = datetime(2027, 10, 30, 12, tzinfo=UTC)
"""Before they are put back there, and a week before they are in New York."""
CRONS = [
    ("0 9 13 * 5", "Europe/Berlin", SPRING),
    ("*/20 2 * * *", "Europe/Berlin", SPRING),
    ("30 * * * *", "Europe/Berlin", SPRING),
    ("30 * * * *", "Europe/Berlin", AUTUMN),
    ("30 1 * * SUN", "America/New_York", AUTUMN),
    ("*/20 0-2 7 11 *", "America/New_York", AUTUMN),
    ("15 1 */2 * 7", "America/New_York", SPRING),
    ("5/25 8-10,22 1-7/3 jan,Feb *", "UTC", SPRING),
    ("@weekly", "Australia/Lord_Howe", AUTUMN),
]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def runner(temporal: WorkflowEnvironment) -> AsyncIterator[Runner]:
    definitions = [parse(text) for text in (NIGHTLY % "1.0.0", NIGHTLY % "1.10.0", AGAIN)]
    async with running(temporal, definitions=definitions, share_queue=False) as found:
        yield found


@pytest.mark.parametrize(("cron", "zone", "begin"), CRONS, ids=range(len(CRONS)))
async def test_the_times_that_are_told_are_those_of_the_server(
    temporal: WorkflowEnvironment, cron: str, zone: str, begin: datetime
) -> None:
    spec = ScheduleSpec(cron_expressions=alternatives(cron), start_at=begin, time_zone_name=zone)
    action = ScheduleActionStartWorkflow("none", id="none", task_queue="nobody")
    handle = await temporal.client.create_schedule(
        f"times-{uuid.uuid4().hex[:8]}", Schedule(action=action, spec=spec, state=ScheduleState(paused=True))
    )
    told = (await handle.describe()).info.next_action_times
    await handle.delete()
    assert len(told) > 5
    assert list(islice(Timetable(cron=cron).times(begin, ZoneInfo(zone)), len(told))) == told


async def test_a_schedule_from_its_creation_to_its_end(runner: Runner) -> None:
    client, id_ = runner.client, f"nightly-{uuid.uuid4().hex[:8]}"
    served = await find_served(client, runner.task_queue, "nightly")
    assert served.name == "shop/nightly:1.10.0"
    program = compile_definition(served.document).program
    assert program is not None
    plan = plan_schedule(
        program,
        {"days": 2},
        name="nightly",
        id_=id_,
        zone="Europe/Berlin",
        task_queue=runner.task_queue,
        begin=datetime.now(UTC),
    )
    assert plan.words == "at 02:00 on the first day of every month; and at 02:00 on Monday (Europe/Berlin)"
    assert plan.policies == [
        "while a run goes on: the next start is left out (skip)",
        "missed while Temporal is away: made up for within 1 day",
    ]
    await create_schedule(client, plan)
    with pytest.raises(ScheduleExists):
        await create_schedule(client, plan)
    record = await read_schedule(client, id_)
    assert (record.next, record.overlap, record.catch_up) == (plan.next, "skip", 86_400)

    run = await trigger_schedule(client, id_)
    assert run is not None
    assert await client.get_workflow_handle(run).result() == {"days": 2}
    await client.get_schedule_handle(id_).pause(note="the shop is closed")
    found = await _once(lambda: _listed(client, id_))
    [listed] = found
    assert (listed.definition, listed.paused, listed.last and listed.last.id) == ("nightly", True, run)
    record = await read_schedule(client, id_)
    assert (record.note, record.started, [each.state for each in record.runs]) == (
        "the shop is closed",
        1,
        ["completed"],
    )
    assert (await read_run(client, run)).schedule == id_
    await resume_schedule(client, id_, None)
    assert not (await read_schedule(client, id_)).paused
    await client.get_schedule_handle(id_).delete()
    with pytest.raises(RPCError):
        await read_schedule(client, id_)


async def test_runs_that_follow_on_each_other(runner: Runner) -> None:
    """So long after the end of the one before, however that ended; not while it is paused, and at once after that."""
    client, id_ = runner.client, f"again-{uuid.uuid4().hex[:8]}"
    program = compile_definition(parse(AGAIN)).program
    assert program is not None
    plan = plan_schedule(program, None, id_=id_, task_queue=runner.task_queue, begin=datetime.now(UTC))
    assert (plan.name, plan.next, plan.catch_up) == ("shop/again:1.0.0", [plan.begin], timedelta(seconds=10))
    await create_schedule(client, plan)
    second, first = (await _with_runs(client, id_, 2)).runs[-2:]
    assert (first.state, second.state) == ("faulted", "faulted")
    assert first.ended_at is not None
    begun = (await read_run(client, second.id)).started_at
    assert begun - first.ended_at >= timedelta(seconds=1)
    assert (await read_run(client, second.id)).parent is None
    await runner.replay(client.get_workflow_handle(first.id.removesuffix("/run")))

    handle = client.get_schedule_handle(id_)
    await handle.pause()
    await _once(lambda: _is_idle(client, id_))
    count = (await read_schedule(client, id_)).started
    await resume_schedule(client, id_, "open again")
    record = await _with_runs(client, id_, count + 1)
    assert record.next[0] - (record.runs[0].ended_at or plan.begin) == timedelta(seconds=1)
    await handle.delete()


async def test_a_worker_that_is_killed_between_runs_loses_none_and_doubles_none(
    temporal: WorkflowEnvironment, shell: Shell
) -> None:
    client, id_ = temporal.client, f"orders-{uuid.uuid4().hex[:8]}"
    shell.script = uncached_worker.__file__
    shell.environment["TEMPORAL_ADDRESS"] = address_of(temporal)
    shell.write("httptask.toml", "")
    shell.write("definitions/orders.yaml", ORDERS)
    worker = await shell.start()
    await worker.says("worker.started")
    program = compile_definition(parse(ORDERS)).program
    assert program is not None
    plan = plan_schedule(program, None, id_=id_, task_queue="httptask", begin=datetime.now(UTC))
    await create_schedule(client, plan)
    [first] = (await _with_runs(client, id_, 1)).runs
    around = client.get_workflow_handle(first.id.removesuffix("/run"))
    await has_event(around, "timer_started")
    worker.process.kill()
    await worker.ends()
    await has_event(around, "timer_fired")
    assert (await around.describe()).close_time is None
    worker = await shell.start()
    second = (await _with_runs(client, id_, 2)).runs[-2]
    await client.get_schedule_handle(id_).delete()
    assert first.ended_at is not None
    assert (await read_run(client, second.id)).started_at - first.ended_at >= timedelta(seconds=3)
    events = (await around.fetch_history()).events
    begun = [one for one in events if one.HasField("child_workflow_execution_started_event_attributes")]
    assert len(begun) == 1
    worker.process.kill()
    await worker.ends()


async def test_one_that_is_cancelled_does_not_wait(runner: Runner) -> None:
    """It ends what it has started, and itself; nothing waits for the time that comes after a run."""
    waits = "do: [{ hour: { wait: { hours: 1 } } }]"
    definition = parse(f"document: {{ dsl: 1.0.3, namespace: shop, name: waits, version: 1.0.0 }}\n{waits}")
    async with running(WorkflowEnvironment.from_client(runner.client), definitions=[definition]) as other:
        given = {"schedule": "s", "definition": "waits", "seconds": 3600}
        handle = await other.client.start_workflow(
            "httptask.run_then_wait", given, id=f"wait-{uuid.uuid4().hex[:8]}", task_queue=other.task_queue
        )
        run = other.client.get_workflow_handle(f"{handle.id}/run")
        await has_event(handle, "child_workflow_execution_started")
        await handle.cancel()
        for each in (handle, run):
            with pytest.raises(Exception, match="failed"):
                await each.result()
        assert (await handle.describe()).status.name == "CANCELED"  # type: ignore[union-attr]
        assert (await run.describe()).status.name == "CANCELED"  # type: ignore[union-attr]


async def test_what_no_worker_serves_is_told(runner: Runner) -> None:
    with pytest.raises(NotServed, match="no definition nihgtly is served") as unknown:
        await find_served(runner.client, runner.task_queue, "nihgtly")
    assert unknown.value.hint == "did you mean `nightly`?"
    with pytest.raises(NotServed, match="no definition orders is served") as unknown:
        await find_served(runner.client, runner.task_queue, "orders")
    assert "`shop/nightly:1.0.0`" in (unknown.value.hint or "")
    with pytest.raises(NotServed, match="no worker polls") as silent:
        await find_served(runner.client, "nobody", "nightly")
    assert silent.value.is_silent
    async with running(WorkflowEnvironment.from_client(runner.client)) as inline:
        with pytest.raises(NotServed, match="serves no definitions"):
            await find_served(runner.client, inline.task_queue, "nightly")


async def test_a_run_of_a_version(runner: Runner) -> None:
    served = await find_served(runner.client, runner.task_queue, "shop/nightly:1.0.0")
    handle = await start_run(runner.client, served, {"days": 3}, task_queue=runner.task_queue)
    assert handle.id.startswith("nightly-")
    assert await handle.result() == {"days": 3}


def test_what_can_not_be_scheduled() -> None:
    program = compile_definition(parse(NIGHTLY % "1.0.0")).program
    without = compile_definition(parse("do: [{ a: { set: { n: 1 } } }]")).program
    again = compile_definition(parse(AGAIN)).program
    assert program is not None
    assert without is not None
    assert again is not None
    now = datetime.now(UTC)
    with pytest.raises(NotSchedulable, match="has no schedule"):
        plan_schedule(without, None, task_queue="q", begin=now)
    with pytest.raises(NotSchedulable, match="no time zone Europe/Berln"):
        plan_schedule(program, None, zone="Europe/Berln", task_queue="q", begin=now)
    with pytest.raises(NotSchedulable, match="--overlap skp") as overlap:
        plan_schedule(program, None, overlap="skp", task_queue="q", begin=now)
    assert overlap.value.hint == "did you mean `skip`?"
    with pytest.raises(NotSchedulable, match="no start ever meets a run"):
        plan_schedule(again, None, overlap="skip", task_queue="q", begin=now)


async def test_an_interval_counts_from_its_creation(runner: Runner) -> None:
    every = parse(NIGHTLY % "1.0.0") | {"schedule": {"every": {"minutes": 7}}}
    program = compile_definition(every).program
    assert program is not None
    begin = datetime.now(UTC)
    plan = plan_schedule(program, {}, id_=f"every-{uuid.uuid4().hex[:8]}", task_queue="nobody", begin=begin)
    assert (plan.overlap, plan.catch_up) == ("allow-all", timedelta(minutes=7))
    await create_schedule(runner.client, plan)
    assert (await read_schedule(runner.client, plan.id)).next == plan.next
    assert plan.next[0] == begin.replace(microsecond=0) + timedelta(minutes=7)
    await runner.client.get_schedule_handle(plan.id).delete()
    assert (
        replace(plan, overlap="skip").policies[0] == "while a run goes on: the next start is left out (skip)"
    )


async def _listed(client: Client, id_: str) -> list[ScheduleSummary]:
    return [each for each in await list_schedules(client) if each.id == id_]


async def _is_idle(client: Client, id_: str) -> bool:
    return not (await client.get_schedule_handle(id_).describe()).info.running_actions


async def _with_runs(client: Client, id_: str, count: int) -> ScheduleRecord:
    """A schedule once so many runs of it have ended."""

    async def look() -> ScheduleRecord | None:
        record = await read_schedule(client, id_)
        return record if sum(each.ended_at is not None for each in record.runs) >= count else None

    found = await _once(look)
    assert found is not None
    return found


async def _once(look: Callable[[], Awaitable[T]]) -> T:
    """What is seen once there is something: Temporal's lists, and what a schedule starts, come a moment later."""
    async with asyncio.timeout(30):
        while True:
            if found := await look():
                return found
            await asyncio.sleep(0.05)
