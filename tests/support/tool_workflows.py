"""Workflows whose models call activities, as users write them."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BaseModel, Field
from temporalio import activity, workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError

from httptask.workflows import Budget, chat_completion, tool_of
from httptask.workflows.errors import TurnsExceeded

calls: list[tuple[object, ...]] = []
"""What the activities were called with."""


@dataclass
class Sky:
    colour: str


class Verdict(BaseModel):
    nice: bool


@activity.defn
async def weather(city: str, days: Annotated[int, Field(ge=1)] = 1) -> Sky:
    """Tell the weather of a city."""
    calls.append(("weather", city, days))
    return Sky("grey")


@activity.defn
async def broken() -> None:
    calls.append(("broken",))
    raise ApplicationError("the sensor is gone", non_retryable=True)


@workflow.defn
class AsksWithTools:
    @workflow.run
    async def run(self) -> list[Any]:
        answer = await chat_completion(
            model="m",
            messages=[{"role": "user", "content": "How is it?"}],
            handlers=[weather, broken],
            handler_options={
                "start_to_close_timeout": timedelta(seconds=5),
                "retry_policy": RetryPolicy(maximum_attempts=1),
            },
            output_type=Verdict,
        )
        return [answer.json.nice, answer.usage and answer.usage.total_tokens]


@workflow.defn
class DescribesToolsItself:
    @workflow.run
    async def run(self) -> None:
        parameters = {"type": "object", "properties": {"city": {"type": "string"}}}
        await chat_completion(
            model="m",
            messages=[{"role": "user", "content": "How is it?"}],
            tools=[{"type": "function", "function": {"name": "weather", "parameters": parameters}}],
            handlers=[weather],
        )


@workflow.defn
class AsksForEver:
    @workflow.run
    async def run(self) -> str:
        try:
            await chat_completion(
                model="m",
                messages=[{"role": "user", "content": "How is it?"}],
                handlers=[weather],
                max_turns=2,
                parallel_tool_calls=False,
            )
        except TurnsExceeded as error:
            return error.message
        return "?"


@workflow.defn
class AsksByForce:
    @workflow.run
    async def run(self) -> str | None:
        answer = await chat_completion(
            model="m",
            messages=[{"role": "user", "content": "How is it?"}],
            handlers=[weather],
            tool_choice="required",
        )
        return answer.text


@workflow.defn
class AsksOnBudget:
    @workflow.run
    async def run(self, budget: Budget) -> None:
        await chat_completion(
            model="m",
            messages=[{"role": "user", "content": "How is it?"}],
            handlers=[weather],
            budget=budget,
        )


@workflow.defn
class DescribesTools:
    @workflow.run
    async def run(self) -> dict[str, Any]:
        return tool_of(weather)
