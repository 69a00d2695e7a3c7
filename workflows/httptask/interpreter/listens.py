"""What runs wait for, as their memo tells it to who brings events."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel
from temporalio import workflow

from httptask.dsl.locate import value_at

__all__ = [
    "ADDRESSED_TASK",
    "LISTENS_MARK",
    "LISTENS_MEMO",
    "EventCheck",
    "Listens",
    "ListensMemo",
    "Take",
    "is_addressed_to",
    "is_same",
]

ADDRESSED_TASK: Final = "httptasktask"
"""Extension attribute of an event that one execution of a task is to take, and no other: its id."""
LISTENS_MEMO: Final = "listens"
"""Key of the memo where a run keeps what it waits for: a list of `Listens`."""
LISTENS_MARK: Final = "httptask.listens"
"""By which runs are found that have waited for events: a memo can't be searched for. It stands as the id of a patch in
`TemporalChangeVersion`, the one search attribute that every server has and a workflow can add to."""
_MOST_TOLD: Final = 20
_LONGEST_TOLD: Final = 400

Take = Callable[[str, Any], Any]
"""Evaluates the source of an expression on a value."""


class EventCheck(BaseModel):
    """One thing that an event has to be.

    Attributes:
        at: the keys that lead to the value, from the event; or
        take: the expression on the event that yields it.
        equals: what it has to equal; or
        matches: the regular expression that the whole of it has to match.
    """

    at: tuple[str | int, ...] = ()
    take: str | None = None
    equals: Any = None
    matches: str | None = None

    def holds(self, event: Mapping[str, Any], take: Take) -> bool:
        """Whether it holds of an event."""
        found = value_at(event, self.at) if self.take is None else take(self.take, event)
        if self.matches is None:
            return is_same(found, self.equals)
        if found == self.matches:
            return True
        return isinstance(found, str) and take(_test_of(self.matches), found) is True


class Listens(BaseModel):
    """What one task of a run waits for, as far as others can tell without the run.

    Attributes:
        task: id of its execution.
        since: when it began to wait.
        filters: checks that all hold of an event that is meant, for each filter; one without any takes all.
    """

    task: str
    since: datetime
    filters: list[list[EventCheck]]

    def means(self, event: Mapping[str, Any], take: Take) -> bool:
        """Whether the task may take an event."""
        return is_addressed_to(self.task, event) and any(
            all(check.holds(event, take) for check in checks) for checks in self.filters
        )

    @property
    def types(self) -> list[str]:
        """The types of event that its filters name; a pattern as it is written."""
        named = [check for checks in self.filters for check in checks if check.at == ("type",)]
        return list(dict.fromkeys(str(check.matches or check.equals) for check in named))

    @property
    def attributes(self) -> dict[str, str]:
        """What attributes an event of its first filter has, as far as that names each as one text."""
        return {
            str(check.at[0]): check.equals
            for checks in self.filters[:1]
            for check in checks
            if len(check.at) == 1 and check.matches is None and isinstance(check.equals, str)
        }


class ListensMemo:
    """Keeps the memo of a run at what its tasks wait for, as far as it has room."""

    def __init__(self) -> None:
        self._tasks: dict[str, Listens] = {}

    def begin(self, listens: Listens) -> None:
        """Tell what a task waits for from now on."""
        workflow.patched(LISTENS_MARK)
        self._tasks[listens.task] = listens
        self._tell()

    def end(self, task: str) -> None:
        """Tell that a task waits no longer; a run that continued another one may have taken over its memo."""
        self._tasks.pop(task, None)
        self._tell()

    def _tell(self) -> None:
        told = [_short(listens) for listens in list(self._tasks.values())[:_MOST_TOLD]]
        if told != (workflow.memo_value(LISTENS_MEMO, default=None) or []):
            workflow.upsert_memo({LISTENS_MEMO: told or None})


def _short(listens: Listens) -> dict[str, Any]:
    """As much as a memo has room for; what is left out, the run itself holds events against."""
    filters = [
        [check for check in checks if len(check.model_dump_json()) <= _LONGEST_TOLD][:_MOST_TOLD]
        for checks in listens.filters[:_MOST_TOLD]
    ]
    return listens.model_copy(update={"filters": filters}).model_dump(mode="json", exclude_defaults=True)


def is_addressed_to(task: str, event: Mapping[str, Any]) -> bool:
    """Whether an execution of a task may take an event, whatever that says: it is for all, or for this one."""
    return bool(event.get(ADDRESSED_TASK, task) == task)


def is_same(found: Any, expected: Any) -> bool:
    """Equal as JSON; a text also equals the number that it says, for attributes of events are texts."""
    pair = [_text(value) if isinstance(value, int | float) else value for value in (found, expected)]
    has_text = isinstance(found, str) or isinstance(expected, str)
    return pair[0] == pair[1] if has_text else _text(found) == _text(expected)


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _test_of(pattern: str) -> str:
    """The expression that tests the whole of a text; jq bounds how long that takes."""
    whole = json.dumps(rf"\A(?:{pattern})\z")
    return f"test({whole})"
