from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.api.history.v1 import HistoryEvent

from httptask.testing.time_skipping import skipped_too_far

BEGIN = datetime(2026, 11, 29, tzinfo=UTC)


def history(*timers: float, fired: int = 0, target: float) -> Iterator[HistoryEvent]:
    """Timers that are started at once, of which the first ones have fired when time is skipped."""
    for index, seconds in enumerate(timers):
        event = HistoryEvent(event_id=index + 1)
        event.event_time.FromDatetime(BEGIN)
        event.timer_started_event_attributes.start_to_fire_timeout.FromTimedelta(timedelta(seconds=seconds))
        yield event
    for index in range(fired):
        event = HistoryEvent(event_id=index + 100)
        event.timer_fired_event_attributes.started_event_id = index + 1
        yield event
    event = HistoryEvent(event_id=200)
    skipped = event.workflow_execution_time_skipping_transitioned_event_attributes
    skipped.target_time.FromDatetime(BEGIN + timedelta(seconds=target))
    yield event


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param(history(60, 3600, target=60), False, id="to the first timer"),
        pytest.param(history(60, 60.2, 3600, target=60.2), False, id="by less than a second"),
        pytest.param(history(60, 3600, fired=1, target=3600), False, id="to the only one that is left"),
        pytest.param(history(60, 60.1, 3600, fired=1, target=3600), True, id="over one that is due"),
        pytest.param(history(target=3600), False, id="with no timer"),
    ],
)
def test_tells_time_that_should_not_have_been_skipped(events: Iterator[HistoryEvent], expected: bool) -> None:
    assert skipped_too_far(events) is expected
