"""Arguments of `call: chatCompletion`."""

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from httptask.dsl.model import DefinitionModel
from httptask.dsl.tasks import TaskList

__all__ = ["EXTRA_ARGUMENTS", "ChatCompletionArguments", "Fallback"]


class Fallback(DefinitionModel):
    """Whom to ask when the model, or its server, can't be had."""

    connection: str
    """Connection of `httptask.toml` whose server is asked."""
    model: str | None = None
    """Name of the model there; by default the same."""


class ToolHandler(DefinitionModel):
    """What answers the calls of one tool."""

    do: TaskList
    """Tasks to run for a call: their input is its arguments, their output goes back to the model."""


class ChatCompletionArguments(BaseModel):
    """`call: chatCompletion`: the body of `POST /chat/completions`, field for field, and a few of ours."""

    model_config = ConfigDict(extra="allow", frozen=True)

    connection: str = "openai"
    """Connection of `httptask.toml` whose server is asked."""
    output: Literal["completion", "response"] = "completion"
    """`completion`: text, json, usage, ... `response`: the API's whole body."""
    reask: int = Field(default=0, ge=0, le=10)
    """How often to ask again when the answer doesn't fit its JSON schema."""
    fallback: tuple[Fallback, ...] = ()
    """Whom to ask instead, in order, when no answer can be had."""
    handlers: dict[str, ToolHandler] = {}
    """Tasks that answer the calls of a tool, by its name; the model is then asked again."""
    max_turns: int = Field(default=10, alias="maxTurns", ge=1, le=100)
    """How often the model is asked at most, while it calls tools."""

    @property
    def request_body(self) -> dict[str, Any]:
        """What is written of the body of the request, without the arguments that are ours."""
        return self.model_extra or {}


EXTRA_ARGUMENTS: Final = frozenset(
    field.alias or name for name, field in ChatCompletionArguments.model_fields.items()
)
"""Arguments of `chatCompletion` that are not fields of the API."""
