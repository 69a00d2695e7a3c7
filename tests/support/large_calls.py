"""Workflows as users write them, whose calls are more than Temporal takes at once, or nothing that it can take."""

import asyncio

from temporalio import activity, workflow

from httptask.workflows import chat_completion, http_request
from httptask.workflows.errors import CallInvalid, PayloadInvalid, PayloadTooLarge

TEXT = "x" * 3_000_000


@activity.defn
async def keep(text: str) -> int:
    """Keep a text."""
    return len(text)


@workflow.defn
class SendsTooMuch:
    @workflow.run
    async def run(self) -> list[str]:
        told: list[str] = []
        try:
            await http_request("POST", "/", connection="shop", json={"a": TEXT})
        except PayloadTooLarge as error:
            told.append(error.message)
        try:
            await chat_completion(model="m", messages=[{"role": "user", "content": TEXT}])
        except PayloadTooLarge as error:
            told.append(error.message)
        try:
            await http_request("POST", "/", connection="shop", text="half of a pair: \ud800")
        except PayloadInvalid as error:
            told.append(error.message)
        return told


@workflow.defn
class SendsManyAtOnce:
    @workflow.run
    async def run(self, count: int, size: int) -> list[int]:
        return await asyncio.gather(*(self._send(number, size) for number in range(count)))

    async def _send(self, number: int, size: int) -> int:
        body = {"n": number, "text": "x" * size}
        response = await http_request("POST", "/", connection="shop", json=body)
        return int(response.content["n"])


@workflow.defn
class KeepsMany:
    @workflow.run
    async def run(self) -> str | None:
        asked = [{"role": "user", "content": "?"}]
        return (await chat_completion(model="m", messages=asked, handlers=[keep])).text


@workflow.defn
class SendsNoJson:
    @workflow.run
    async def run(self) -> list[str]:
        nan, told = float("nan"), list[str]()
        for body in (
            {"json": {"a": ["NaN", nan]}},
            {"form": {"n": -float("inf")}},
            {"query": {"n": [1, nan]}},
            {"json": object()},
        ):
            try:
                await http_request("POST", "/", connection="shop", **body)
            except CallInvalid as error:
                told.append(error.message)
        try:
            await chat_completion(model="m", messages=[], temperature=nan)
        except CallInvalid as error:
            told.append(error.message)
        await http_request("POST", "/", connection="shop", json={"text": "NaN", "n": 1})
        null = {"Content-Type": "application/json"}
        await http_request("POST", "/", connection="shop", text="null", headers=null)
        return told
