"""Log lines go to stderr, one line each, and quote no exception."""

import asyncio
import json
import sys

import pytest
from temporalio.testing import WorkflowEnvironment

from support.cluster import address_of

LOGS = """
import logging
from httptask.cli.observability.logging import configure_logging
from httptask.http.log import get_logger
configure_logging("{level}")
get_logger("httptask.http").warning("http.request.failed", status=503)
try:
    raise ValueError("why")
except ValueError:
    logging.getLogger("temporalio.worker").warning("task %s failed\\n  File 'a.py'", 7, exc_info=True)
    logging.getLogger("temporalio.worker._workflow_instance").warning("activation failed", exc_info=True)
logging.getLogger("temporalio.worker").info("chatter")
"""

FAILS = """
import sys
from httptask.cli.observability.logging import configure_logging
from httptask.http.log import get_logger
sys.stderr.isatty = lambda: {terminal}
configure_logging("INFO")

def look_up(key):
    return {{}}[key]

try:
    look_up("sk-quoted")
except KeyError:
    get_logger("httptask.designer").exception("designer.failed", path="/api/task")
"""

WORKS_IN_AN_ABSENT_NAMESPACE = """
import asyncio
from temporalio import activity
from temporalio.client import Client
from temporalio.worker import Worker
from httptask.cli.observability.logging import configure_logging
configure_logging("{level}")

@activity.defn
async def nothing(): ...

async def main():
    client = await Client.connect("{address}", namespace="absent")
    try:
        await Worker(client, task_queue="q", activities=[nothing]).run()
    except RuntimeError:
        await asyncio.sleep(1)  # the core hands its log over ten times a second

asyncio.run(main())
"""

INTERRUPTED = """
import logging, os, sys, threading
from httptask.cli.observability.logging import configure_logging
configure_logging("INFO")
logger = logging.getLogger("httptask.workflow")

def interrupt(frame, event, _):
    has_a_lock = frame.f_code is logging.Handler.acquire.__code__ and event == "return"
    if has_a_lock or (frame.f_code.co_name == "emit" and event == "call"):
        raise KeyboardInterrupt
    return interrupt

def log_interrupted():
    sys.settrace(interrupt)
    try:
        logger.info("interrupted")
    except KeyboardInterrupt:
        interrupted.set()
        threading.Event().wait()

interrupted = threading.Event()
threading.Thread(target=log_interrupted, daemon=True).start()
interrupted.wait()
second = threading.Thread(target=logger.info, args=("not held up",), daemon=True)
second.start()
second.join(10)
os._exit(0)
"""


async def said(code: str) -> tuple[str, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    stdout, stderr = await process.communicate()
    return stdout.decode(), stderr.decode()


async def test_one_json_line_for_each_event_and_no_traceback() -> None:
    stdout, stderr = await said(LOGS.format(level="INFO"))
    assert stdout == ""
    ours, temporals, workflows = (json.loads(line) for line in stderr.splitlines())
    assert (ours["event"], ours["status"], ours["level"]) == ("http.request.failed", 503, "warning")
    del temporals["timestamp"], workflows["timestamp"]
    assert temporals == {
        "event": "temporalio.message",
        "message": "task 7 failed",
        "level": "warning",
        "logger": "temporalio.worker",
    }
    assert workflows == {
        "event": "workflow.task.failed",
        "message": "activation failed",
        "error": "ValueError: why",
        "level": "warning",
        "logger": "temporalio.worker._workflow_instance",
    }


async def test_a_failure_of_ours_is_logged_with_its_place_and_without_values() -> None:
    _, stderr = await said(FAILS.format(terminal=False))
    logged = json.loads(stderr)
    assert (logged["event"], logged["error"]) == ("designer.failed", "KeyError")
    assert logged["at"] == ["<string>:12 in <module>", "<string>:9 in look_up"]
    _, shown = await said(FAILS.format(terminal=True))
    assert "look_up" in shown
    assert "sk-quoted" not in stderr + shown


async def test_command_that_shows_tasks_does_not_log_them_too() -> None:
    _, stderr = await said(LOGS.format(level="WARNING"))
    assert [json.loads(line)["message"] for line in stderr.splitlines()] == ["task 7 failed"]


@pytest.mark.parametrize(("level", "events"), [("INFO", True), ("WARNING", False)])
async def test_log_of_temporals_core_stays_off_stdout(
    temporal: WorkflowEnvironment, level: str, *, events: bool
) -> None:
    code = WORKS_IN_AN_ABSENT_NAMESPACE.format(level=level, address=address_of(temporal))
    stdout, stderr = await said(code)
    assert stdout == ""
    assert ("temporalio.core" in stderr) is events
    for line in map(json.loads, stderr.splitlines()):
        if line["logger"].startswith("temporalio.core"):
            assert line["event"] == "temporalio.message"
            assert not line["message"].startswith("[")
            assert isinstance(line["fields"], dict)


async def test_a_workflow_that_is_interrupted_as_it_logs_holds_up_nobody() -> None:
    """As Temporal does with one that works for two seconds: the worker stood still for ever."""
    _, stderr = await said(INTERRUPTED)
    assert [json.loads(line)["message"] for line in stderr.splitlines()] == ["not held up"]
