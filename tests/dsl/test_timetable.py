"""When a schedule starts runs: in words, and its next times."""

from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from httptask.dsl.timetable import Timetable, alternatives

BEGIN = datetime(2026, 11, 29, 20, 58, 1, 500, tzinfo=UTC)

WORDS = {
    Timetable(every=5400): "every 1 hour 30 minutes",
    Timetable(cron="0 9 * * MON-FRI"): "at 09:00 on Monday through Friday",
    Timetable(cron="@daily"): "at 00:00 every day",
    Timetable(cron="0 9 13 * 5"): "at 09:00 on the 13th day of every month; and at 09:00 on Friday",
    Timetable(cron="0 9 */2 * 5"): "at 09:00 on every second day of month if it's on Friday",
    Timetable(after=60): "at once, and again 1 minute after the end of each run, however that ends",
}


@pytest.mark.parametrize(("timetable", "words"), WORDS.items(), ids=range(len(WORDS)))
def test_it_is_told_in_words(timetable: Timetable, words: str) -> None:
    assert timetable.words() == words


def next_times(timetable: Timetable, count: int, zone: str = "UTC") -> list[str]:
    return [f"{each:%m-%d %H:%M:%S}" for each in islice(timetable.times(BEGIN, ZoneInfo(zone)), count)]


def test_days_of_the_month_and_of_the_week_are_enough_each() -> None:
    assert alternatives("0 9 13 * 5") == ["0 9 13 * *", "0 9 * * 5"]
    times = next_times(Timetable(cron="0 9 13 * 5"), 4, "Europe/Berlin")
    assert times == ["12-04 08:00:00", "12-11 08:00:00", "12-13 08:00:00", "12-18 08:00:00"]
    assert alternatives("0 9 13 * *") == ["0 9 13 * *"]


def test_intervals_count_from_the_beginning() -> None:
    both = Timetable(every=3600, cron="58 21 * * *")
    assert next_times(both, 3) == ["11-29 21:58:00", "11-29 21:58:01", "11-29 22:58:01"]
    gap = both.shortest_gap(BEGIN, ZoneInfo("UTC"))
    assert gap is not None
    assert gap.total_seconds() == 1
    assert Timetable(after=1).shortest_gap(BEGIN, ZoneInfo("UTC")) is None
