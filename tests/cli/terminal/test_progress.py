"""What a person sees of a run while it goes on."""

import asyncio
import os
import pty
import signal
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from httptask.cli.terminal.progress.live import LiveView
from httptask.cli.terminal.progress.plain import PlainView
from httptask.cli.terminal.progress.wording import describe
from httptask.interpreter.status import Impasse, RunStatus, TaskStatus
from httptask.plugin import LiveText
from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.commands import HTTPTASK, Shell
from support.definitions import LABELS

SETS = """
document: { dsl: 1.0.3, namespace: tests, name: sets, version: 1.0.0 }
do:
  - one: { set: { a: 1 } }
  - two: { set: { a: "${ .a + 1 }" } }
"""

LOOPS = """
document: { dsl: 1.0.3, namespace: tests, name: loops, version: 1.0.0 }
do: [{ loop: { for: { in: "${ [range(250)] }" }, do: [{ add: { set: { n: "${ (.n // 0) + 1 }" } } }] } }]
"""

STUCK = """
import httptask.interpreter.workflow_types
from httptask.cli import main

def broken(_loaded):
    raise RuntimeError("a fault of ours,\\n" + "told at length " * 100)

httptask.interpreter.workflow_types._given_program = broken
main()
"""

SLOW_TO_REPLAY = """
from datetime import timedelta

from temporalio.client import WorkflowHandle
from httptask.cli import main

query = WorkflowHandle.query

async def query_of_a_busy_machine(self, *arguments, rpc_timeout, **options):
    if rpc_timeout < timedelta(seconds=5):
        raise TimeoutError
    return await query(self, *arguments, rpc_timeout=rpc_timeout, **options)

WorkflowHandle.query = query_of_a_busy_machine
main()
"""

NOW = datetime.now(UTC)


def task(id_: str, **fields: object) -> TaskStatus:
    defaults = {"name": id_, "pointer": f"/do/0/{id_}", "kind": "call.http", "started_at": NOW}
    return TaskStatus.model_validate({"id": id_, **defaults, **fields})


def test_retry_is_explained() -> None:
    waiting = task(
        "ask",
        state="waiting",
        summary="POST api.example.com/v1",
        attempt=2,
        max_attempts=5,
        last_failure="429 from openai: slow down",
        next_attempt_at=datetime.now(UTC) + timedelta(seconds=2.04),
    )
    assert describe(waiting) == (
        "429 from openai: slow down; waiting 2.0 s; attempt 2 of 5; same Idempotency-Key"
    )


def test_wait_that_the_server_asked_for_is_named() -> None:
    waiting = task(
        "ask",
        state="waiting",
        summary="POST x",
        attempt=2,
        last_failure="429 from x",
        retry_after=2,
        next_attempt_at=datetime.now(UTC) + timedelta(seconds=2.64),
    )
    assert "; waiting 2.6 s (its Retry-After: 2 s); attempt 2; " in describe(waiting)


def test_a_call_that_was_only_postponed_sends_no_key_again() -> None:
    postponed = task("ask", state="waiting", summary="POST x", attempt=1, last_failure="waits for its turn")
    assert describe(postponed) == "waits for its turn; attempt 1"


def test_methods_without_a_key_do_not_claim_one() -> None:
    waiting = task(
        "get", state="waiting", summary="GET example.com", attempt=2, last_failure="503 from example.com"
    )
    assert describe(waiting) == "503 from example.com; attempt 2"


def test_other_states() -> None:
    assert describe(task("pause", state="waiting", summary="30 s")) == "30 s"
    assert describe(task("ask", summary="POST x", attempt=3, max_attempts=5)) == "POST x; attempt 3 of 5"
    assert describe(task("ask", state="completed", summary="POST x", simulated=True)) == "POST x; simulated"


def test_tasks_that_ended_between_two_looks_are_told_in_the_order_they_did(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def ended(id_: str, seconds: int) -> TaskStatus:
        return task(id_, state="completed", ended_at=NOW + timedelta(seconds=seconds))

    tasks = [
        task("running"),
        ended("one", 1),
        ended("each", 3),
        ended("each/0/keep", 3),
        ended("each/1/keep", 2),
        ended("after", 3),
    ]
    PlainView().show(RunStatus(workflow="w", version="1.0.0", sha256="", tasks=tasks))
    told = [line.partition(":")[0] for line in capsys.readouterr().err.splitlines()]
    assert told == ["one", "each/1/keep", "each/0/keep", "each", "after", "running"]


def test_a_run_that_is_stuck_says_so_beside_its_tasks() -> None:
    view = LiveView()
    impasse = Impasse(attempt=3, last_failure="boom")
    view.show(RunStatus(workflow="w", version="1.0.0", sha256="", tasks=[task("one")], impasse=impasse))
    console = Console(width=200)
    with console.capture() as captured:
        console.print(view)
    first, second = captured.get().splitlines()
    assert "one" in first
    assert second.startswith(
        "the run can't go on, its workflow task fails: boom; attempt 3; Ctrl-C ends the run;"
    )


def test_a_worker_that_was_too_slow_is_told_as_that_and_not_as_a_fault(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status = RunStatus(workflow="w", version="1.0.0", sha256="", impasse=Impasse(attempt=2))
    PlainView().show(status)
    told = capsys.readouterr().err
    assert told.startswith("the run is held up: a worker did not finish its workflow task in time")
    assert "attempt 2" in told
    assert "report" not in told


def test_a_run_that_somebody_pauses_says_so_until_it_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    going = RunStatus(workflow="w", version="1.0.0", sha256="", tasks=[task("one")])
    paused = going.model_copy(update={"state": "paused"})
    plain, live = PlainView(), LiveView()
    for status in (going, paused, paused, going):
        plain.show(status)
    _, *told = capsys.readouterr().err.splitlines()
    assert told == [
        "the run is paused, and begins nothing more until `httptask runs resume`",
        "the run goes on",
    ]
    live.show(paused)
    console = Console(width=200)
    with console.capture() as captured:
        console.print(live)
    assert captured.get().splitlines()[1] == told[0]


@pytest.mark.usefixtures("one_server")
async def test_a_run_that_is_stuck_can_be_ended(shell: Shell) -> None:
    shell.write("stuck.py", STUCK)
    shell.write("sets.yaml", SETS)
    shell.script = "stuck.py"
    command = await shell.start("run", "sets.yaml")
    await command.says("Ctrl-C ends the run")
    command.press(signal.SIGINT)
    assert await command.ends() == 130
    _, stuck, *_ = command.stderr.splitlines()
    assert stuck.startswith("the run can't go on, its workflow task fails: a fault of ours, told at length ")
    assert "…; attempt 2; " in stuck
    assert len(stuck) < 400
    assert "Traceback" not in command.stderr
    assert shell.left_over() == []


@pytest.mark.usefixtures("one_server")
async def test_the_last_state_is_shown_though_it_takes_a_replay(shell: Shell) -> None:
    shell.write("slow.py", SLOW_TO_REPLAY)
    shell.write("sets.yaml", SETS)
    shell.script = "slow.py"
    code, run = await shell.run("run", "sets.yaml")
    assert code == 0, run.stderr
    assert "completed" in run.stderr


@pytest.mark.usefixtures("one_server")
async def test_asking_again_is_shown(shell: Shell) -> None:
    shell.write("asks.yaml", LABELS)
    shown = asyncio.Event()

    async def answer(request: ServedRequest) -> Reply:
        if len(request.json()["messages"]) == 1:
            return Reply.chat("{}")
        await shown.wait()
        return Reply.chat('{"label": "a"}')

    async with ScriptedServer(answer) as server:
        command = await shell.start(
            "run", "asks.yaml", OPENAI_BASE_URL=server.url, OPENAI_API_KEY="sk-0123456"
        )
        await command.says("asking again (1 of 2)")
        shown.set()
        assert await command.ends() == 0
    again = "; asking again (1 of 2): the answer did not fit its schema: /: "
    assert [line for line in command.stderr.splitlines() if again in line and "ask: running" in line]
    assert len(max(command.stderr.splitlines(), key=len)) < 250
    assert "asking again" not in command.stderr.splitlines()[-1]


def test_asking_again_is_a_change(capsys: pytest.CaptureFixture[str]) -> None:
    view = PlainView()
    for detail in (None, "asking again (1 of 2)", "asking again (1 of 2)", "asking again (2 of 2)"):
        tasks = [task("ask", summary="POST x", attempt=1, detail=detail)]
        view.show(RunStatus(workflow="w", version="1.0.0", sha256="", tasks=tasks))
    assert capsys.readouterr().err.splitlines() == [
        "ask: running  POST x",
        "ask: running  POST x; asking again (1 of 2)",
        "ask: running  POST x; asking again (2 of 2)",
    ]


def test_a_first_attempt_that_begins_is_no_change(capsys: pytest.CaptureFixture[str]) -> None:
    view = PlainView()
    for attempt in (0, 1, 2):
        tasks = [task("ask", summary="POST x", attempt=attempt)]
        view.show(RunStatus(workflow="w", version="1.0.0", sha256="", tasks=tasks))
    assert capsys.readouterr().err.splitlines() == ["ask: running  POST x", "ask: running  POST x; attempt 2"]


@pytest.mark.usefixtures("one_server")
async def test_what_a_loop_runs_often_is_not_told_each_time(shell: Shell) -> None:
    shell.write("loop.yaml", LOOPS)
    code, run = await shell.run("run", "loop.yaml", "--input", "{}")
    assert code == 0, run.stderr
    told = [line for line in run.stderr.splitlines() if line.startswith(("loop/", "add"))]
    assert told[-1] == "add: runs more often; the rest of it is not shown here"
    assert len(told) == 101

    _, shown = await shell.run("runs", "show", "last")
    assert "\nadd: 150 earlier executions are left out; --json shows all\n" in shown.stdout
    assert shown.stdout.count("\nloop/") == 100
    assert "\nloop/249/add  completed" in shown.stdout


def test_tall_runs_fit_the_screen_and_keep_what_goes_on() -> None:
    ended = [task(f"ended-{n}", state="completed", ended_at=NOW) for n in range(50)]
    view = LiveView()
    view.show(
        RunStatus(workflow="w", version="1.0.0", sha256="", tasks=[task("going-on"), *ended], omitted=7)
    )
    console = Console(width=80, height=10)
    with console.capture() as captured:
        console.print(view)
    lines = captured.get().splitlines()
    assert len(lines) < 10
    assert lines[0].strip() == "and 51 tasks that have ended"
    assert any("going-on" in line for line in lines)
    assert "ended-49" in lines[-1]


LIMITED = (
    "429 from api.example.com: You exceeded your current quota, please check your plan and billing details; "
    "for more of them write to the people who run it, and wait for their answer"
)


def waiting(id_: str) -> TaskStatus:
    return task(
        id_,
        state="waiting",
        started_at=NOW - timedelta(seconds=700),
        ended_at=NOW,
        summary="POST api.example.com/v1/chat/completions",
        attempt=2,
        max_attempts=5,
        last_failure=LIMITED,
    )


@pytest.mark.parametrize("width", [40, 80, 100, 120])
def test_a_narrow_terminal_takes_room_from_the_detail_alone(width: int) -> None:
    view = LiveView()
    tasks = [waiting("each/0/" + "around/" * 20 + "ask"), task("one", state="completed", ended_at=NOW)]
    view.show(RunStatus(workflow="w", version="1.0.0", sha256="", tasks=tasks))
    console = Console(width=width, height=30)
    with console.capture() as captured:
        console.print(view)
    first, *further, last = captured.get().splitlines()
    assert max(map(len, (first, *further, last))) <= width
    mark, name, took, unit, _ = first.split(maxsplit=4)
    assert (mark, took, unit) == ("◷", "700.0", "s")
    assert name.startswith("…")
    assert name.endswith("/ask")
    assert last.split() == ["✓", "one", "0.0", "s"]
    detail = " ".join(line[first.index(" s ") + 3 :].strip() for line in (first, *further))
    assert describe(tasks[0]).startswith(detail.removesuffix("…").rstrip())
    assert len(further) == 2 or detail == describe(tasks[0])


def test_details_fold_only_where_all_tasks_have_room() -> None:
    view = LiveView()
    view.show(
        RunStatus(workflow="w", version="1.0.0", sha256="", tasks=[waiting(f"ask-{n}") for n in range(8)])
    )
    console = Console(width=80, height=12)
    with console.capture() as captured:
        console.print(view)
    lines = captured.get().splitlines()
    assert [line.split()[1] for line in lines] == [f"ask-{n}" for n in range(8)]
    assert all(line.endswith("…") for line in lines)


def test_texts_of_two_tasks_stand_on_lines_of_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    with PlainView() as view:
        for name, text in (("a", "One "), ("a", "two"), ("b", "Three\nfour"), ("a", " and more\n")):
            view.hear(LiveText(name=name, text=text))
        view.hear(LiveText(name="a", begins=True))
        view.hear(LiveText(name="c", attempt=2, begins=True, text="[b]Five"))
        view.show(RunStatus(workflow="w", version="1.0.0", sha256="", tasks=[task("c", summary="POST x")]))
        view.hear(LiveText(name="c", text="."))
    assert capsys.readouterr().err == (
        "a> One two\nb> Three\nb> four\na>  and more\na: another answer begins\nc> [b]Five\n"
        "c: running  POST x\nc> .\n"
    )


def test_ends_of_texts_stand_below_the_tasks() -> None:
    view = LiveView()
    tasks = [task("a"), task("b", state="completed", ended_at=NOW), task("c")]
    view.show(RunStatus(workflow="w", version="1.0.0", sha256="", tasks=tasks))
    console = Console(width=40, height=24)

    def drawn() -> list[str]:
        with console.capture() as captured:
            console.print(view)
        return [line.strip() for line in captured.get().splitlines()[len(tasks) :]]

    view.hear(LiveText(name="a", begins=True, text="line\n" * 2000 + "[b]last\x1b[2J"))
    view.hear(LiveText(name="b", begins=True, text="over"))
    assert drawn() == ["a> line", "a> line", "a> line", "a> [b]last\ufffd[2J"]
    view.hear(LiveText(name="a", attempt=2, begins=True))
    view.hear(LiveText(name="a", attempt=2, text="Anew"))
    assert drawn() == ["a> [attempt 2 begins, the text before it", "a> is void]", "a> Anew"]
    console = Console(width=40, height=6)
    assert len(drawn()) <= 3


@pytest.mark.usefixtures("one_server")
async def test_terminal_gets_a_table_and_a_pretty_result(shell: Shell) -> None:
    shell.write("sets.yaml", SETS)
    ours, theirs = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *(HTTPTASK, "run", "sets.yaml"),
        cwd=shell.folder,
        env={**shell.environment, "TERM": "xterm"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = await asyncio.to_thread(read_all, ours)
    assert await process.wait() == 0
    assert "✓" in shown
    assert "one" in shown
    assert '"a"' in shown


def read_all(descriptor: int) -> str:
    chunks: list[bytes] = []
    try:
        while chunk := os.read(descriptor, 65536):
            chunks.append(chunk)
    except OSError:  # how Linux reports the end of a pseudo-terminal
        pass
    finally:
        os.close(descriptor)
    return b"".join(chunks).decode()
