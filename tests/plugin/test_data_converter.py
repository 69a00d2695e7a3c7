"""What the payloads of the package's models hold, and what is read of them."""

import dataclasses
import gc
import json
import weakref
from collections.abc import Sequence
from typing import Any

import pytest
from pydantic import BaseModel
from temporalio.api.common.v1 import Payload
from temporalio.converter import (
    DataConverter,
    PayloadCodec,
    SerializationContext,
    WithSerializationContext,
    WorkflowSerializationContext,
)

from httptask.activities.connection_profile import ConnectionProfile, RunConfiguration
from httptask.chat.models import ChatRequest, Completion
from httptask.http.models import HttpAnswer, HttpRequest, JsonBody, Limits, TextBody
from httptask.plugin.data_converter import LeanPayloadConverter, data_converter
from httptask.resilience.retry import Retry

CONVERTER = LeanPayloadConverter()


def told(value: Any) -> Any:
    """What stands in the payload."""
    return json.loads(CONVERTER.to_payloads([value])[0].data)


@pytest.mark.parametrize(
    ("value", "payload"),
    [
        (HttpRequest(method="GET", url="/", attempts=5), {"method": "GET", "url": "/"}),
        (
            HttpRequest(
                method="POST", url="/", body=TextBody(text=""), limits=Limits(total=5), attempts=None
            ),
            {
                "method": "POST",
                "url": "/",
                "body": {"kind": "text", "text": ""},
                "limits": {
                    "connect": None,
                    "first_byte": None,
                    "idle": None,
                    "total": 5,
                    "response_bytes": None,
                },
                "attempts": None,
            },
        ),
        (
            HttpRequest(method="POST", url="/", body=JsonBody(value={"a": None}), success=(404,)),
            {
                "method": "POST",
                "url": "/",
                "body": {"kind": "json", "value": {"a": None}},
                "success": [404],
            },
        ),
        (
            Completion(json={"a": [None]}, finish_reason="stop"),
            {"json": {"a": [None]}, "finish_reason": "stop"},
        ),
        (ChatRequest(body={"model": "m", "stop": None}), {"body": {"model": "m", "stop": None}}),
        (HttpAnswer(content=None), {"content": None}),
        (
            RunConfiguration(connections={"shop": ConnectionProfile(retry=Retry(attempts=2))}),
            {"connections": {"shop": {"retry": {"attempts": 2}}}},
        ),
    ],
    ids=[
        "only what is required",
        "a body and limits",
        "nulls of data",
        "a name of its own in JSON",
        "a chat request",
        "an answer",
        "a configuration",
    ],
)
def test_defaults_go_without_saying(value: BaseModel, payload: Any) -> None:
    assert told(value) == payload
    assert CONVERTER.from_payloads(CONVERTER.to_payloads([value]), [type(value)]) == [value]


class Codec(PayloadCodec, WithSerializationContext):
    """Knows which workflow it encodes for."""

    def __init__(self, workflow_id: str | None = None) -> None:
        self.workflow_id = workflow_id

    def with_context(self, context: SerializationContext) -> "Codec":
        assert isinstance(context, WorkflowSerializationContext)
        return Codec(context.workflow_id)

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return list(payloads)

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return list(payloads)


def test_a_context_reaches_whoever_takes_one() -> None:
    context = WorkflowSerializationContext(namespace="default", workflow_id="wf")
    ours = data_converter(None, None)
    assert ours.with_context(context) is ours
    for theirs in (
        dataclasses.replace(ours, payload_codec=Codec()),
        data_converter(DataConverter(payload_codec=Codec()), None),
    ):
        codec = theirs.with_context(context).payload_codec
        assert isinstance(codec, Codec)
        assert codec.workflow_id == "wf"


class Theirs(BaseModel):
    """A model of a user's."""

    a: int | None = None
    b: str = "b"


@pytest.mark.parametrize(
    "value", [Theirs(), {"a": None}, [None], "text"], ids=["a model", "an object", "a list", "a text"]
)
def test_what_is_not_ours_is_carried_whole(value: Any) -> None:
    assert told(value) == (value.model_dump() if isinstance(value, BaseModel) else value)


class InCycle:
    def __init__(self) -> None:
        self.itself = self


def test_runs_that_are_over_go_after_many_bytes() -> None:
    over = InCycle()
    gone = weakref.ref(over)
    gc.disable()
    try:
        del over
        for _ in range(64):
            CONVERTER.to_payloads(["x" * 1_100_000])
        assert gone() is None
    finally:
        gc.enable()
