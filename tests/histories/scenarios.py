"""What is run to be recorded, and how it has to end."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from httptask.testing import Reply
from support.chat import calling
from support.chat_streams import chunk, sse

__all__ = ["SCENARIOS", "Scenario"]

_PYTHON = "Recorded"


@dataclass(frozen=True)
class Scenario:
    """One run.

    Attributes:
        name: of the file in `definitions/`, or of the recorded workflow in Python.
        output: what it ends with.
        error: the type of the error, or the title of the problem, that it ends with instead; `cancelled` where it is.
        answers: of the model, in order.
        input: of the run.
        limits: of the connection `limited`, if there is one.
        events: that it gets once it waits for one: type, and data.
        live: whether its texts are published.
        served: whether its worker serves the definition, instead of being given it.
        continues: whether its server wants it to continue as new.
        after: the type of the error that an earlier run ended with, from which it goes on.
        around: the workflow that runs it, of which the history is recorded instead of its own: the one of schedules that
            count from the ends of runs, or a batch, of which `input` has the rows.
    """

    name: str
    output: Any = None
    error: str | None = None
    answers: Sequence[Reply] = ()
    input: Any = None
    limits: Mapping[str, Any] = field(default_factory=dict[str, Any])
    events: Sequence[tuple[str, Any]] = ()
    live: bool = False
    served: bool = False
    continues: bool = False
    after: str | None = None
    around: Literal["run-then-wait", "batch"] | None = None

    @property
    def is_python(self) -> bool:
        """Whether it is of a workflow in Python."""
        return self.name.startswith(_PYTHON)

    @property
    def definition(self) -> Path:
        """The file of its definition."""
        return Path(__file__).parent / "definitions" / f"{self.name}.yaml"

    @property
    def file(self) -> str:
        """The name of its history."""
        if self.is_python:
            return f"python-{self.name.removeprefix(_PYTHON).lower()}"
        if self.around is not None:
            return f"{self.around}-{self.name}"
        return f"{self.name}-served" if self.served else self.name


def _streamed(*texts: str) -> Reply:
    body = sse(*(chunk({"content": text}) for text in texts), chunk({}, "stop"))
    return Reply.of(body, headers={"Content-Type": "text/event-stream"})


def _cut() -> Reply:
    message = {"role": "assistant", "content": "Once upon"}
    return Reply.json(
        {"id": "c", "model": "m", "choices": [{"index": 0, "finish_reason": "length", "message": message}]}
    )


_NO_MONEY = Reply.json({"error": {"message": "No money left.", "code": "insufficient_quota"}}, status=429)
_GREETING = Reply.chat("Hello.")
_LABEL, _NO_LABEL = (Reply.chat(json.dumps({"priority": word})) for word in ("urgent", "high"))
_LAMPS = calling(("lamp", '{"room": "hall"}'), ("lamp", '{"room": "attic"}'))
_MISTAKES = calling(("broken", "{}"), ("lamp", '{"place": "hall"}'), ("lmap", "{}"))
_TRIED = {"got": 9, "told": [[1, 404], [2, 404]], "late": "Timed out"}
_CONTINUED = {
    "seen": [[0, 0], [0, 1], [0, 2], [1, 0], [3, 0], [3, 1]],
    "values": [0, 4, 8, 12, 16, 20],
    "items": [1, 2, 3],
}
_PAGES = [[1, 2, 3], [1, 2, 3], [None, "c2"], [1, 2, 3], [1, 2, 3]]

SCENARIOS = (
    Scenario("data-flow", {"size": "large", "seen": [1, 2]}, input={"rows": [1, 2, 3]}),
    Scenario("wait"),
    Scenario("raise", error="Out of stock", input={"stock": 0}),
    Scenario("long-loop", {"n": 1050}),
    Scenario("task-timeout", error="Timed out"),
    Scenario("workflow-timeout", error="Timed out"),
    Scenario("cancelled", error="cancelled"),
    Scenario("http", "iVBORw=="),
    Scenario("openapi", [{"id": 1, "name": "lamp", "on": True}] * 2),
    Scenario("http-request", {"id": 1, "name": "lamp", "on": True}),
    Scenario("retries", {"id": 9}),
    Scenario("try", _TRIED),
    Scenario("try", _TRIED, served=True, continues=True),
    Scenario("refused", error="HttpStatusError"),
    Scenario("events", {"state": "passed"}),
    Scenario("pages", _PAGES),
    Scenario("page-repeated", error="PageRepeated"),
    Scenario("map", input=[1, 2, 3, 4, 5]),
    Scenario("map-stops", error="HttpStatusError"),
    Scenario("fork", {"all": [{"value": 8}, None, {"own": 9}], "seen": 2, "race": 4}),
    Scenario("fork-continued", [{"value": 22}, {"value": 8}], continues=True),
    Scenario("fork-stops", error="HttpStatusError"),
    Scenario(
        "listen",
        [20, "shop.shipped", "shop.packed"],
        events=[
            ("shop.shipped", {"order": 2}),
            ("shop.paid", {"amount": 1}),
            ("shop.sent", {"amount": 20}),
            ("shop.packed", {"order": 1}),
            ("shop.packed", {"order": 2}),
        ],
        continues=True,
    ),
    Scenario("run-workflow", {"depth": 2}, served=True),
    Scenario(
        "functions",
        {
            "left": 9,
            "turns": 16,
            "seen": 16,
            "at": "/do/2/caught/try/0/it/call/twice/do/0/left/call/double:1.0.0@ours",
        },
        continues=True,
    ),
    Scenario("run-left", {"n": 2}, served=True),
    Scenario("many-calls", 110),
    Scenario("large-calls", 4),
    Scenario("local-calls", [9, 300_000, 30]),
    Scenario("stored", {"id": 1, "name": "lamp", "on": True}),
    Scenario("limited", limits={"requests_per_minute": 60}),
    Scenario("token-limit", answers=[_GREETING], limits={"tokens_per_minute": 100_000}),
    Scenario("activity", {"text": "Three for 60 euros."}, input={"article": "lamp"}),
    Scenario("activity-refused", error="ActivityNotAllowed"),
    Scenario("chat", "Hello.", answers=[_GREETING], input={"text": "a lamp"}),
    Scenario("reask", "urgent", answers=[_NO_LABEL, _LABEL]),
    Scenario("output-invalid", error="OutputInvalid", answers=[_NO_LABEL]),
    Scenario("incomplete", {"text": "Once upon", "finish_reason": "length"}, answers=[_cut()]),
    Scenario(
        "fallback", {"text": "Hello.", "asked_before": "QuotaExhausted"}, answers=[_NO_MONEY, _GREETING]
    ),
    Scenario("tools", {"text": "Hello.", "tokens": 30}, answers=[_MISTAKES, _LAMPS, _GREETING]),
    Scenario("tools-in-turn", error="TurnsExceeded", answers=[_LAMPS]),
    Scenario("live", "The lamp turned.", answers=[_streamed("The lamp ", "turned.")], live=True),
    Scenario(
        "rerun", {"text": "Hello.", "name": "lamp"}, answers=[_NO_MONEY, _GREETING], after="QuotaExhausted"
    ),
    Scenario("budget", error="BudgetExceeded", answers=[_GREETING]),
    Scenario("budget-at-once", ["Hello."] * 4, answers=[_GREETING]),
    Scenario("continued", _CONTINUED, answers=[_LAMPS, _GREETING], continues=True),
    Scenario("continued", _CONTINUED, answers=[_LAMPS, _GREETING], served=True, continues=True),
    Scenario("wait", served=True, around="run-then-wait"),
    Scenario("raise", error="Out of stock", input={"stock": 0}, served=True, around="run-then-wait"),
    Scenario("raise", input=[{"stock": 1}, {"stock": 0}], around="batch"),
    Scenario("refused", input=[1, 2, 3, 4, 5, 6], around="batch", continues=True),
    Scenario("RecordedRequests", [{"id": 1, "name": "lamp", "on": True}, 404]),
    Scenario("RecordedTools", "Hello.", answers=[calling(("weather", '{"city": "Oslo"}')), _GREETING]),
    Scenario("RecordedOutputType", "urgent", answers=[_NO_LABEL, _LABEL]),
    Scenario("RecordedBudget", "the next call would exceed the budget of 15 tokens", answers=[_NO_LABEL]),
    Scenario("RecordedLiveText", "The lamp turned.", answers=[_streamed("The lamp ", "turned.")]),
)
