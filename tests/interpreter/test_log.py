"""What a run logs, and that a replay does not log it again."""

from structlog.testing import capture_logs
from temporalio.testing import WorkflowEnvironment

from support.runs import running

STOP = "{ stop: { raise: { error: { type: 'https://example.com/e', status: 418, title: Teapot } } } }"
FAULTED = f"do: [{STOP}]"
CAUGHT = (
    f"do: [{{ attempt: {{ try: [{STOP}], "
    "catch: { retry: { limit: { attempt: { count: 1 } } }, do: [{ fine: { set: { a: 1 } } }] } } }]"
)


async def test_a_run_logs_how_it_ended_once(temporal: WorkflowEnvironment) -> None:
    async with running(temporal) as runner:
        with capture_logs() as live:
            done = await runner.start("do: [{ one: { set: { secret: value } } }]")
            await done.result()
            faulted = await runner.run(FAULTED)  # and replays it
        with capture_logs() as replayed:
            await runner.replay(done)

    events = [(entry["event"], entry.get("task")) for entry in live if entry["event"].startswith("run.")]
    assert events == [("run.completed", None), ("run.faulted", "/do/0/stop")]
    assert {entry["workflow_id"] for entry in live if "workflow_id" in entry} == {done.id, faulted.handle.id}
    assert replayed == []
    assert "value" not in str(live)


async def test_a_run_logs_what_a_try_does_about_an_error(temporal: WorkflowEnvironment) -> None:
    async with running(temporal) as runner:
        with capture_logs() as live:
            await runner.run(CAUGHT)
    events = [(entry["event"], entry["task"], entry["error"]) for entry in live if "task" in entry]
    assert events == [
        ("task.retried", "/do/0/attempt", "Teapot"),
        ("task.caught", "/do/0/attempt", "Teapot"),
    ]
