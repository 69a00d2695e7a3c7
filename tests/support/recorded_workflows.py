"""Workflows in Python whose histories are recorded with each release.

A history is replayed with the code that it was recorded with: what stands here is never changed. What a release brings
is shown by a workflow of its own.
"""

from datetime import timedelta
from typing import Any, Literal

from pydantic import BaseModel
from temporalio import activity, workflow
from temporalio.contrib.workflow_streams import WorkflowStream

from httptask.workflows import Budget, chat_completion, http_request
from httptask.workflows.errors import BudgetExceeded, HttpStatusError

__all__ = ["ACTIVITIES", "WORKFLOWS"]

_QUESTION: list[dict[str, Any]] = [{"role": "user", "content": "How is it?"}]


class Verdict(BaseModel):
    priority: Literal["low", "urgent"]


@activity.defn
async def weather(city: str) -> str:
    """Tell the weather of a city."""
    return f"It is grey in {city}."


@activity.defn
async def price_of(article: str, count: int) -> int:
    """Tell the price of so many."""
    return len(article) * 5 * count


@workflow.defn
class RecordedRequests:
    @workflow.run
    async def run(self) -> list[Any]:
        posted = await http_request("post", "/orders", connection="shop", json={"n": 1})
        try:
            await http_request("get", "/nothing", connection="shop")
        except HttpStatusError as error:
            return [posted.content, error.info["status"]]
        return []


@workflow.defn
class RecordedTools:
    @workflow.run
    async def run(self) -> str | None:
        answer = await chat_completion(
            model="m",
            messages=_QUESTION,
            handlers=[weather],
            handler_options={"start_to_close_timeout": timedelta(seconds=5)},
        )
        return answer.text


@workflow.defn
class RecordedOutputType:
    @workflow.run
    async def run(self) -> str:
        answer = await chat_completion(model="m", messages=_QUESTION, output_type=Verdict, reask=1)
        return answer.json.priority


@workflow.defn
class RecordedBudget:
    @workflow.run
    async def run(self) -> str:
        try:
            await chat_completion(
                model="m", messages=_QUESTION, output_type=Verdict, reask=3, budget=Budget(tokens=15)
            )
        except BudgetExceeded as error:
            return error.message
        return ""


@workflow.defn
class RecordedLiveText:
    @workflow.init
    def __init__(self) -> None:
        self.stream = WorkflowStream()

    @workflow.run
    async def run(self) -> str | None:
        answer = await chat_completion(model="m", messages=_QUESTION, stream=True, live="reply")
        self.stream.detach_pollers()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return answer.text


ACTIVITIES = [price_of, weather]
WORKFLOWS = [RecordedBudget, RecordedLiveText, RecordedOutputType, RecordedRequests, RecordedTools]
