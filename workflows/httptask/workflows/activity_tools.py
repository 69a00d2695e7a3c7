"""Temporal activities as tools of a model: what the model is told of them, and how its calls are answered."""

import asyncio
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, get_type_hints

from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from pydantic_core import to_jsonable_python
from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, is_cancelled_exception

from httptask.chat.tools import failed
from httptask.diagnostics.cutting import shortened
from httptask.json.pointer import json_pointer
from httptask.workflows.activity_arguments import activity_arguments
from httptask.workflows.conversation import PendingCall
from httptask.workflows.errors import CallInvalid
from httptask.workflows.http_request import CallOptions

__all__ = ["ActivityTools", "tool_of"]

_A_MINUTE = timedelta(minutes=1)
_ATTEMPTS = 5
_CLOSED = ConfigDict(json_schema_extra={"additionalProperties": False})
"""The model is told that there are no other arguments, and told so again by the schema when it gives one.

A schema that the author wrote into `tools` decides for itself: what it allows beyond the parameters is passed over.
"""


@dataclass(frozen=True, slots=True)
class _Tool:
    function: Callable[..., Any]
    arguments: type[BaseModel]

    @property
    def definition(self) -> dict[str, Any]:
        schema = self.arguments.model_json_schema()
        schema.pop("title", None)
        described = {"description": text} if (text := inspect.getdoc(self.function)) else {}
        return {
            "type": "function",
            "function": {"name": self.function.__name__, **described, "parameters": schema},
        }


def tool_of(function: Callable[..., Any]) -> dict[str, Any]:
    """What a model is told of an activity: its name, its docstring, and the JSON schema of its parameters.

    Raises:
        CallInvalid: a parameter has no type, or it is a method or takes any number of arguments.
    """
    return _tool(function).definition


class ActivityTools:
    """The activities that answer a model's calls.

    Args:
        functions: the activities.
        options: how Temporal runs them; there are 5 attempts of a minute, unless they say otherwise.

    Raises:
        CallInvalid: one of them can't be a tool.
    """

    def __init__(self, functions: Sequence[Callable[..., Any]], options: CallOptions | None) -> None:
        self._tools = {function.__name__: _tool(function) for function in functions}
        self._options: dict[str, Any] = {
            "start_to_close_timeout": _A_MINUTE,
            "retry_policy": RetryPolicy(maximum_attempts=_ATTEMPTS),
            **(options or {}),
        }

    @property
    def names(self) -> frozenset[str]:
        """Their names."""
        return frozenset(self._tools)

    @property
    def definitions(self) -> list[dict[str, Any]]:
        """What the model is told of them."""
        return [tool.definition for tool in self._tools.values()]

    async def outputs(self, calls: Sequence[PendingCall], *, in_parallel: bool) -> Sequence[Any]:
        """See `Tools`."""
        if in_parallel:
            return await asyncio.gather(*map(self._output, calls))
        return [await self._output(call) for call in calls]

    async def _output(self, pending: PendingCall) -> Any:
        tool = self._tools[pending.call.name or ""]
        try:
            given = tool.arguments.model_validate(pending.arguments)
        except ValidationError as invalid:
            faults = (
                f"{json_pointer(fault['loc']) or '/'}: {fault['msg']}"
                for fault in invalid.errors(include_url=False)
            )
            return failed(shortened(f"the arguments are not valid: {'; '.join(faults)}", 2000))
        values = [getattr(given, name) for name in tool.arguments.model_fields]
        try:
            async with activity_arguments(values, "an argument") as args:
                output: Any = await workflow.execute_activity(tool.function, args=args, **self._options)
            return to_jsonable_python(output)
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            return failed(shortened(str(error.cause), 2000))


def _tool(function: Callable[..., Any]) -> _Tool:
    hints = get_type_hints(function, include_extras=True)
    fields: dict[str, Any] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if name not in hints or parameter.kind not in (
            parameter.POSITIONAL_OR_KEYWORD,
            parameter.POSITIONAL_ONLY,
        ):
            raise CallInvalid(
                f"{function.__name__} can't be a tool: its parameter `{name}` needs a type, and to be one value"
            )
        required = parameter.default is parameter.empty
        fields[name] = (hints[name], ...) if required else (hints[name], parameter.default)
    arguments = create_model(f"Arguments of {function.__name__}", __config__=_CLOSED, **fields)
    return _Tool(function, arguments)
