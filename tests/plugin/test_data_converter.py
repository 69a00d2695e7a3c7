"""What the payloads of the package's models hold, and what is read of them."""

import json
from typing import Any

import pytest
from pydantic import BaseModel

from httptask.activities.connection_profile import ConnectionProfile, RunConfiguration
from httptask.chat.models import ChatRequest, Completion
from httptask.http.models import HttpAnswer, HttpRequest, JsonBody, Limits, TextBody
from httptask.plugin.data_converter import LeanPayloadConverter
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


class Theirs(BaseModel):
    """A model of a user's."""

    a: int | None = None
    b: str = "b"


@pytest.mark.parametrize(
    "value", [Theirs(), {"a": None}, [None], "text"], ids=["a model", "an object", "a list", "a text"]
)
def test_what_is_not_ours_is_carried_whole(value: Any) -> None:
    assert told(value) == (value.model_dump() if isinstance(value, BaseModel) else value)
