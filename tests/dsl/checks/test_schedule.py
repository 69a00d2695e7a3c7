"""What is wrong with a `schedule` before anybody keeps it."""

import pytest

from support.definitions import faults_of

FAULTY = {
    "nothing": ("{}", "empty", "/schedule"),
    "half a second": ("{ every: PT0.5S }", "interval", "/schedule/every"),
    "parts of a second": ("{ every: { seconds: 1, milliseconds: 500 } }", "interval", "/schedule/every"),
    "no time at all": ("{ after: PT0S }", "interval", "/schedule/after"),
    "a word": ("{ every: hourly }", "duration", "/schedule/every"),
    "no part": ("{ after: {} }", "empty", "/schedule/after"),
    "an expression": ('{ every: "${ .period }" }', "not-constant", "/schedule/every"),
    "after beside another": ("{ after: PT1M, cron: 0 9 * * * }", "after-alone", "/schedule/after"),
    "six fields": ("{ cron: 0 0 9 * * * }", "cron", "/schedule/cron"),
    "an hour that is none": ("{ cron: 0 24 * * * }", "cron", "/schedule/cron"),
    "a day that never comes": ("{ cron: 0 9 31 2 * }", "cron", "/schedule/cron"),
    "the last day": ("{ cron: 0 9 L * * }", "cron", "/schedule/cron"),
    "the second Friday": ("{ cron: 0 9 * * 5#2 }", "cron", "/schedule/cron"),
    "a question mark": ("{ cron: 0 9 ? * 5 }", "cron", "/schedule/cron"),
    "events": ("{ on: { any: [] } }", "unsupported", "/schedule/on"),
    "another key": ("{ crom: 0 9 * * * }", "unknown-key", "/schedule/crom"),
}


@pytest.mark.parametrize("name", FAULTY)
def test_a_faulty_schedule_is_told(name: str) -> None:
    schedule, code, pointer = FAULTY[name]
    [fault] = faults_of(f"schedule: {schedule}\ndo: [{{ a: {{ set: {{ n: 1 }} }} }}]")
    assert (fault.code, fault.pointer) == (code, pointer)


@pytest.mark.parametrize(
    "schedule",
    [
        "{ every: PT1S }",
        "{ every: { days: 1 }, cron: '@daily' }",
        "{ after: { minutes: 90 } }",
        "{ cron: 0 9 13 * 5 }",
    ],
    ids=["every", "every and cron", "after", "cron"],
)
def test_a_sound_schedule_is_none(schedule: str) -> None:
    assert faults_of(f"schedule: {schedule}\ndo: [{{ a: {{ set: {{ n: 1 }} }} }}]") == []
