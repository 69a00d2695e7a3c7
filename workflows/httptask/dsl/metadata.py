"""Settings under `metadata.httptask`, where the standard lets a runtime add its own."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from httptask.chat.faults import Level
from httptask.dsl.json_values import is_mapping

__all__ = ["Budget", "RuntimeMetadata", "TaskMetadata", "rules_level"]

_LEVELS: Mapping[str, Level] = {"off": "off", "warn": "warn", "strict": "strict"}


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Budget(_Settings):
    """What one run may spend at most."""

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


class RuntimeMetadata(TaskMetadata):
    """All settings of this runtime for one definition."""

    budget: Budget | None = Field(default=None, description="What one run may spend at most.")


def rules_level(task: Any, document: Any) -> Level:
    """How strictly the chat requests of a task are checked.

    Args:
        task: the task's `metadata`, whatever stands there.
        document: the document's.
    """
    for metadata in (task, document):
        settings = metadata.get("httptask") if is_mapping(metadata) else None
        written = settings.get("rules") if is_mapping(settings) else None
        if isinstance(written, str) and written in _LEVELS:
            return _LEVELS[written]
    return "strict"
