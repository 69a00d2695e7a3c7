"""What a run keeps of events that no task has taken."""

from typing import Any

from httptask.interpreter.inbox import MOST_BYTES, MOST_EVENTS, Inbox


def event(number: int, **properties: Any) -> dict[str, Any]:
    return {"specversion": "1.0", "id": str(number), "source": "/tests", "type": "t", **properties}


def numbers(inbox: Inbox) -> list[int]:
    return [int(kept.event["id"]) for kept in inbox.since(0)]


def test_the_oldest_make_room_where_there_are_too_many() -> None:
    inbox = Inbox()
    for number in range(MOST_EVENTS + 2):
        assert inbox.put(event(number)) is None
    assert (numbers(inbox)[0], len(inbox.events), inbox.dropped) == (2, MOST_EVENTS, 2)


def test_the_oldest_make_room_where_they_are_too_large() -> None:
    inbox = Inbox()
    for number in range(4):
        inbox.put(event(number, data="x" * (MOST_BYTES // 3)))
    assert numbers(inbox) == [2, 3]
    assert "more than 1,000,000" in (inbox.put(event(4, data="x" * MOST_BYTES)) or "")
    assert numbers(inbox) == [2, 3]


def test_an_event_that_comes_twice_counts_once_also_when_it_was_taken() -> None:
    inbox = Inbox()
    inbox.put(event(1))
    inbox.put(event(1, data="other"))
    [kept] = inbox.since(0)
    inbox.take(kept)
    inbox.put(event(1))
    assert inbox.put({**event(1), "source": "/other"}) is None
    assert [kept.event["source"] for kept in inbox.since(0)] == ["/other"]


def test_it_travels_as_json() -> None:
    inbox = Inbox()
    inbox.put(event(1, data={"a": None}, extension="x"))
    again = Inbox.model_validate_json(inbox.model_dump_json())
    again.put(event(1))
    again.put(event(2))
    assert [kept.event for kept in again.since(0)] == [event(1, data={"a": None}, extension="x"), event(2)]
    assert [kept.number for kept in again.since(1)] == [1]


def test_what_is_no_event_is_refused() -> None:
    inbox = Inbox()
    values: list[Any] = [None, 1, [], {}, {**event(1), "specversion": "0.3"}, {**event(1), "id": ""}]
    for value in values:
        assert (inbox.put(value) or "").startswith("not an event: ")
    assert not inbox.events
