"""A whole workflow definition."""

from typing import Literal

from httptask.dsl.model import DefinitionModel, Document, Input, Output, Schedule, Timeout, Use
from httptask.dsl.tasks import TaskList

__all__ = ["Definition"]


class Evaluate(DefinitionModel):
    """How expressions are written."""

    language: Literal["jq"] = "jq"
    """Always `jq`."""
    mode: Literal["strict", "loose"] = "strict"
    """`strict`: expressions in data stand in `${ }`; `loose`: whatever of it is jq is one, or text where it fails."""


class Definition(DefinitionModel):
    """A whole workflow definition."""

    document: Document
    """Which definition this is."""
    input: Input | None = None
    """Validates and transforms the workflow's input."""
    schedule: Schedule | None = None
    """When runs are started, once `httptask schedule create` was told to."""
    evaluate: Evaluate | None = None
    """How expressions are written."""
    use: Use = Use()
    """Parts that tasks refer to by name."""
    do: TaskList
    """Tasks to run in order."""
    timeout: Timeout | str | None = None
    """Timeout, or the name of one under `use.timeouts`."""
    output: Output | None = None
    """Transforms and validates the workflow's output."""
