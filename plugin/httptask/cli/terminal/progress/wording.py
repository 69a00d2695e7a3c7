"""One line about one task, the same in every view."""

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from httptask.interpreter.status import Impasse, TaskStatus
    from httptask.plugin import LiveText
    from httptask.scheduling.spending_state import Spent

__all__ = [
    "OWN_RUN_CURE",
    "PAUSED",
    "describe",
    "describe_beginning",
    "describe_impasse",
    "describe_spent",
    "describe_usage",
    "in_order_of_events",
    "seconds_taken",
]

OWN_RUN_CURE = "Ctrl-C ends the run; if it stays so, please report it as a fault of httptask"
PAUSED = "the run is paused, and begins nothing more until `httptask runs resume`"
_KEYED_METHODS = ("POST ", "PATCH ")


def describe(task: "TaskStatus") -> str:
    """What a task does, what it waits for, or what it came to."""
    parts = _retry(task) if _awaits_retry(task) else [part for part in (task.summary, task.detail) if part]
    if task.state == "running" and task.attempt > 1:
        parts.append(_attempt(task))
    if task.caught is not None:
        parts.append(f"caught: {task.caught}")
    if task.case is not None:
        parts.append(f"case {task.case}" if task.case else "no case held")
    if task.simulated:
        parts.append("simulated")
    return "; ".join(parts)


def describe_beginning(piece: "LiveText") -> str:
    """Why a text begins anew."""
    if piece.attempt > 1:
        return f"attempt {piece.attempt} begins, the text before it is void"
    return "another answer begins"


def describe_impasse(impasse: "Impasse", cure: str) -> str:
    """What keeps a run from going on, and what can be done about it."""
    if impasse.last_failure is None:
        return (
            "the run is held up: a worker did not finish its workflow task in time, being busy or gone; "
            f"it is tried again, attempt {impasse.attempt}"
        )
    return (
        f"the run can't go on, its workflow task fails: {impasse.last_failure}; "
        f"attempt {impasse.attempt}; {cure}"
    )


def describe_spent(spent: "Spent") -> str:
    """What a run has used."""
    counts = ((spent.questions, "model call"), (spent.calls - spent.questions, "HTTP call"))
    parts = [f"{count:,} {kind}" + ("" if count == 1 else "s") for count, kind in counts if count]
    is_told = spent.tokens or spent.unmetered is not None  # what a call that failed has cost is not
    is_priced = spent.cost_usd or (is_told and spent.unpriced is None)
    parts += describe_usage(spent.tokens, spent.cost_usd if is_priced else None)
    told = ["spent " + ", ".join(parts)]
    if spent.unmetered is not None:
        told.append(f"usage of {spent.unmetered} not told")
    if spent.unpriced not in (None, spent.unmetered):
        told.append(f"price of {spent.unpriced} not known")
    return "; ".join([*told, *(["simulated"] if spent.simulated else [])])


def describe_usage(tokens: int, cost_usd: float | None) -> list[str]:
    """Tokens and US dollars, as far as they are known."""
    told = [f"{tokens:,} tokens"] if tokens else []
    return told if cost_usd is None else [*told, _dollars(cost_usd)]


def in_order_of_events(tasks: "list[TaskStatus]") -> "list[TaskStatus]":
    """Tasks that have ended, in the order they did so, then the others; given in the order they began.

    What ends at the same moment ends from the inside out: a loop behind its last task.
    """
    inside_out: list[TaskStatus] = []
    around: list[TaskStatus] = []
    for task in tasks:
        while around and not task.id.startswith(f"{around[-1].id}/"):
            inside_out.append(around.pop())
        around.append(task)
    inside_out += reversed(around)
    ended = sorted((task.ended_at, at) for at, task in enumerate(inside_out) if task.ended_at is not None)
    return [inside_out[at] for _, at in ended] + [task for task in tasks if task.ended_at is None]


def seconds_taken(task: "TaskStatus", now: datetime) -> float:
    """How long a task took, or has been going on."""
    return max(0.0, ((task.ended_at or now) - task.started_at).total_seconds())


def _dollars(amount: float) -> str:
    """With two digits that count, however small it is."""
    if amount == 0:
        return "$0"
    decimals = max(4, 1 - math.floor(math.log10(amount)))
    return f"${amount:.{decimals}f}"


def _awaits_retry(task: "TaskStatus") -> bool:
    """A `wait` task waits too, but for no attempt."""
    return task.state == "waiting" and task.attempt > 0


def _retry(task: "TaskStatus") -> list[str]:
    """Why a call waits, how long, and what comes then."""
    parts = [part for part in (task.detail, task.last_failure) if part]
    asked = f" (its Retry-After: {task.retry_after:g} s)" if task.retry_after is not None else ""
    if task.next_attempt_at is not None:
        seconds = max(0.0, (task.next_attempt_at - datetime.now(UTC)).total_seconds())
        parts.append(f"waiting {seconds:.1f} s{asked}")
    parts.append(_attempt(task))
    if task.attempt > 1 and task.summary and task.summary.startswith(_KEYED_METHODS):
        parts.append("same Idempotency-Key")
    return parts


def _attempt(task: "TaskStatus") -> str:
    return f"attempt {task.attempt}" + (f" of {task.max_attempts}" if task.max_attempts else "")
