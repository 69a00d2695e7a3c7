"""Workflows as users write them: nothing but the public package, in Temporal's sandbox."""

import asyncio
from typing import Any, Literal

from pydantic import BaseModel, field_validator
from temporalio import workflow
from temporalio.contrib.workflow_streams import WorkflowStream
from temporalio.exceptions import ActivityError, is_cancelled_exception

from httptask.http.models import Part, TextBody
from httptask.workflows import Budget, chat_completion, http_request
from httptask.workflows.errors import (
    BudgetExceeded,
    CallFailed,
    CallInvalid,
    OutputInvalid,
    PriceUnknown,
    QuotaExhausted,
    RequestInvalid,
    UsageUnknown,
)


class Label(BaseModel):
    priority: Literal["low", "urgent"]
    reason: str

    @field_validator("reason")
    @classmethod
    def _says_something(cls, reason: str) -> str:
        if not reason.strip():
            raise ValueError("say something")
        return reason


@workflow.defn
class Asks:
    @workflow.run
    async def run(self) -> str:
        answer = await chat_completion(
            model="m", messages=[{"role": "user", "content": "?"}], output_type=Label, temperature=0
        )
        return f"{type(answer.json).__name__} {answer.json.priority}"


@workflow.defn
class AsksAgain:
    @workflow.run
    async def run(self) -> list[Any]:
        answer = await chat_completion(
            model="m",
            messages=[{"role": "user", "content": "?"}],
            output_type=Label,
            reask=2,
            rules="warn",
            extra_body={"top_k": 3},
        )
        assert answer.usage is not None
        return [answer.json.priority, answer.usage.total_tokens, *answer.warnings]


@workflow.defn
class AsksWrongly:
    @workflow.run
    async def run(self) -> list[str]:
        told: list[str] = []
        try:
            await chat_completion(model="m", messages=[{"role": "usr"}], temperature=3)
        except RequestInvalid as error:
            told += [fault["pointer"] for fault in error.info["faults"]]
        try:
            await chat_completion(
                model="m", messages=[], output_type=Label, response_format={"type": "json_object"}
            )
        except CallInvalid as error:
            told.append(error.message)
        try:
            await chat_completion(model="m", messages=[], n=1, extra_body={"n": 2})
        except CallInvalid as error:
            told.append(error.message)
        wrong: list[dict[str, Any]] = [
            {"reask": 1},
            {"reask": -1},
            {"max_turns": 3},
            {"max_turns": 0},
            {"rules": "loose"},
            {"connection": None, "incomplete": "no"},
            {"messages": "hi"},
            {"messages": None},
            {"messages": [{"role": "user", "content": "hi"}, "hi"]},
            {"output_type": dict[str, int]},
            {"budget": {"calls": 1}},
        ]
        for arguments in wrong:
            try:
                await chat_completion(**{"model": "m", "messages": [], **arguments})
            except CallInvalid as error:
                told.append(error.message)
        return told


@workflow.defn
class AsksWithinBudget:
    @workflow.run
    async def run(self, budget: Budget) -> list[object]:
        try:
            answer = await chat_completion(
                model="m",
                messages=[{"role": "user", "content": "?"}],
                output_type=Label,
                reask=3,
                budget=budget,
            )
        except (BudgetExceeded, PriceUnknown, UsageUnknown) as error:
            spent = error.info["spent"]
            return [type(error).__name__, error.message, spent["calls"], spent["tokens"], spent["cost_usd"]]
        return [answer.json.priority]


@workflow.defn
class AsksWithIdleTools:
    @workflow.run
    async def run(self) -> list[object]:
        try:
            await chat_completion(
                model="m",
                messages=[{"role": "user", "content": "?"}],
                output_type=Label,
                reask=1,
                tools=[{"type": "function", "function": {"name": "look"}}],
            )
        except OutputInvalid as error:
            return [error.message, error.info["tool_calls"], error.info["text"]]
        return []


@workflow.defn
class Listens:
    @workflow.run
    async def run(self) -> list[object]:
        answer = await chat_completion(model="m", messages=[{"role": "user", "content": "?"}], stream=True)
        waited = answer.time_to_first_token is not None and answer.time_to_first_token > 0
        return [answer.text, answer.reasoning, waited, answer.request_id]


@workflow.defn
class TellsLive:
    @workflow.init
    def __init__(self) -> None:
        self.stream = WorkflowStream()

    @workflow.run
    async def run(self) -> str | None:
        answer = await chat_completion(
            model="m", messages=[{"role": "user", "content": "?"}], stream=True, live="reply"
        )
        self.stream.detach_pollers()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return answer.text


@workflow.defn
class TellsNobody:
    @workflow.run
    async def run(self) -> str:
        try:
            await chat_completion(model="m", messages=[], stream=True, live="reply")
        except ValueError as error:
            return str(error)
        return "told"


@workflow.defn
class GoesOn:
    """Brings its call to its end also where it is cancelled."""

    @workflow.run
    async def run(self) -> int:
        call = asyncio.ensure_future(http_request("POST", "/orders", connection="shop", json={"n": 1}))
        try:
            await asyncio.shield(call)
        except asyncio.CancelledError:
            await call
        number: int = call.result().content["id"]
        return number


@workflow.defn
class GivesUp:
    """Cancels its first call once the second one has come to its end."""

    @workflow.run
    async def run(self) -> bool:
        slow = asyncio.ensure_future(http_request("GET", "/slow", connection="shop"))
        await http_request("GET", "/quick", connection="shop")
        slow.cancel()
        try:
            await slow
        except (asyncio.CancelledError, ActivityError, CallFailed) as error:
            return is_cancelled_exception(error)
        return False


@workflow.defn
class Posts:
    @workflow.run
    async def run(self) -> str:
        try:
            response = await http_request(
                "post", "/orders", connection="shop", query={"tag": ["a", "b"]}, json={"n": 1}
            )
        except QuotaExhausted as error:
            return f"quota exhausted: {error.info['status']}"
        return f"posted {response.content['id']}"


@workflow.defn
class Uploads:
    @workflow.run
    async def run(self) -> str:
        part = Part(name="file", content=TextBody(text="a"), filename="a.txt")
        await http_request("put", "/1", connection="shop", content=b"\x00\xff")
        await http_request("post", "/2", connection="shop", form={"a": [1, "x y"]})
        await http_request("post", "/3", connection="shop", multipart=[part])
        return "sent"


@workflow.defn
class CallsWrongly:
    @workflow.run
    async def run(self) -> list[str]:
        told: list[str] = []
        wrong: list[dict[str, Any]] = [
            {"json": {}, "form": {}},
            {"headers": {"A": 1}, "query": ["a"]},
            {"success": "2xx"},
            {"form": "a=1"},
            {"multipart": []},
            {"limits": 3},
        ]
        for arguments in wrong:
            try:
                await http_request("post", "/", connection="shop", **arguments)
            except CallInvalid as error:
                told.append(error.message)
        return told
