"""What the package logs goes where the application's logging sends it, and never to its stdout unasked."""

import logging
import re
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from httptask.http.models import HttpRequest
from httptask.testing import Reply, ScriptedServer


async def call(make_edge: Any) -> None:
    async with ScriptedServer([Reply.of(b"ok")]) as server:
        request = HttpRequest(method="GET", url="/orders", connection="local")
        await make_edge(server.url).send(request)


async def test_an_application_that_configures_nothing_is_told_nothing(
    make_edge: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    await call(make_edge)
    assert capfd.readouterr() == ("", "")


async def test_the_standard_librarys_logging_gets_a_line_for_each_call(
    make_edge: Any, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.INFO, "httptask"):
        await call(make_edge)
    [record] = [record for record in caplog.records if record.name == "httptask.http"]
    assert record.levelname == "INFO"
    assert record.getMessage().startswith("event=http.request.finished ")
    assert " path=/orders " in record.getMessage()
    assert capfd.readouterr().out == ""


async def test_structlog_gets_events_once_it_is_configured(make_edge: Any) -> None:
    await call(make_edge)
    with capture_logs() as events:
        await call(make_edge)
    assert [event["event"] for event in events] == ["http.request.finished"]


def test_every_logger_of_the_package_is_made_at_that_one_place() -> None:
    """The command has set up structlog itself before it logs."""
    root = Path(__file__).parents[2]
    own = re.compile(r"structlog\.(?:stdlib\.)?get_logger\(")
    made = [
        file.name
        for part in ("activities", "workflows", "plugin/httptask/plugin")
        for file in (root / part).rglob("*.py")
        if own.search(file.read_text())
    ]
    assert made == ["log.py"]
