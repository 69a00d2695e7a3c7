"""Settings under `metadata.httptask`, where the standard lets a runtime add its own."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from httptask.chat.strictness import Incomplete, Level
from httptask.connections.connection import Calls
from httptask.json.types import is_object

__all__ = [
    "Budget",
    "RuntimeMetadata",
    "TaskMetadata",
    "budget_units",
    "calls_made",
    "incomplete_answers",
    "rules_level",
]

_INCOMPLETE: Mapping[str, Incomplete] = {"error": "error", "value": "value"}
_CALLS: Mapping[str, Calls] = {"activity": "activity", "local": "local"}
_LEVELS: Mapping[str, Level] = {"off": "off", "warn": "warn", "strict": "strict"}


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Budget(_Settings):
    """What one run may spend at most, or one conversation in Python."""

    calls: int | None = Field(default=None, ge=0, description="HTTP calls of one run, at most.")
    tokens: int | None = Field(default=None, ge=0, description="Tokens of one run, at most.")
    cost_usd: float | None = Field(default=None, ge=0, description="US dollars of one run, at most.")


class TaskMetadata(_Settings):
    """All settings of this runtime for one task."""

    rules: Level | None = Field(
        default=None,
        description="Chat requests that break a rule: `strict` refuses what is sure to be rejected, "
        "`warn` only warns, `off` does neither.",
    )

    calls: Calls | None = Field(
        default=None,
        description="How calls are made: each as an `activity`, or, where they are short, `local`, within their "
        "workflow task.",
    )

    incomplete: Incomplete | None = Field(
        default=None,
        description="An answer of a model that was cut at its token limit, held back by a filter, or refused: "
        "an `error`, or a `value` whose `finish_reason` or `refusal` tells.",
    )


class RuntimeMetadata(TaskMetadata):
    """All settings of this runtime for one definition."""

    budget: Budget | None = Field(default=None, description="What one run may spend at most.")
    search_attributes: bool = Field(
        default=False,
        description="Whether what a run has spent becomes search attributes of Temporal, which have to be registered.",
    )


def calls_made(task: Any, document: Any) -> Calls | None:
    """How the calls of a task are made; None leaves it to their connection.

    Args:
        task: the task's `metadata`, whatever stands there.
        document: the document's.
    """
    return next((_CALLS[found] for found in _written(task, document, "calls") if found in _CALLS), None)


def incomplete_answers(task: Any, document: Any) -> Incomplete | None:
    """What incomplete answers are to a task; None leaves it to the kind of answer.

    Args:
        task: the task's `metadata`, whatever stands there.
        document: the document's.
    """
    return next(
        (_INCOMPLETE[found] for found in _written(task, document, "incomplete") if found in _INCOMPLETE), None
    )


def rules_level(task: Any, document: Any) -> Level:
    """How strictly the chat requests of a task are checked.

    Args:
        task: the task's `metadata`, whatever stands there.
        document: the document's.
    """
    for found in _written(task, document, "rules"):
        if found in _LEVELS:
            return _LEVELS[found]
    return "strict"


def budget_units(document: Any) -> frozenset[str]:
    """In which units, that only an answer tells, a definition has a budget.

    Args:
        document: the document's `metadata`.
    """
    settings = document.get("httptask") if is_object(document) else None
    budget = settings.get("budget") if is_object(settings) else None
    limits = budget if is_object(budget) else {}
    return frozenset(unit for unit in ("tokens", "cost_usd") if limits.get(unit) is not None)


def _written(task: Any, document: Any, name: str) -> Iterator[str]:
    """A setting as it is written, the task's first."""
    for metadata in (task, document):
        settings = metadata.get("httptask") if is_object(metadata) else None
        written = settings.get(name) if is_object(settings) else None
        if isinstance(written, str):
            yield written
