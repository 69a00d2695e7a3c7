"""The events that requests of webhooks are."""

import json
from typing import Any

import pytest

from httptask.config.sections import Webhook
from httptask.events import EventRefused
from httptask.events.requests import EventMapping, WebhookRequest

EVENT: dict[str, Any] = {"specversion": "1.0", "id": "1", "source": "/a", "type": "t", "data": {"n": 1}}
BINARY = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/a%20b", "ce-type": "t", "ce-part": "x"}


def request(body: bytes = b"", query: dict[str, str] | None = None, **headers: str) -> WebhookRequest:
    return WebhookRequest(
        {name.replace("_", "-"): value for name, value in headers.items()}, query or {}, body
    )


def plain() -> EventMapping:
    return EventMapping("hook", Webhook(path="/", run="${ .query.run }"))


def test_structured_mode() -> None:
    sent = request(
        json.dumps(EVENT).encode(), {"run": "r"}, content_type="application/cloudevents+json; charset=utf-8"
    )
    arrival = plain().arrival(sent)
    assert (arrival.event.written(), arrival.run) == (EVENT, "r")


@pytest.mark.parametrize(
    ("media_type", "body", "data"),
    [
        ("application/json", b'{"n":1}', {"data": {"n": 1}}),
        ("text/plain", b"hello", {"data": "hello"}),
        ("image/png", b"\x00", {"data_base64": "AA=="}),
    ],
)
def test_binary_mode(media_type: str, body: bytes, data: dict[str, Any]) -> None:
    arrival = plain().arrival(WebhookRequest({**BINARY, "content-type": media_type}, {}, body))
    written = arrival.event.written()
    assert written == {
        "specversion": "1.0",
        "id": "1",
        "source": "/a b",
        "type": "t",
        "part": "x",
        "datacontenttype": media_type,
        **data,
    }


def test_plain_json_is_mapped() -> None:
    mapping = EventMapping(
        "github",
        Webhook(
            path="/github",
            type='com.github.${ .headers["x-github-event"] }',
            id='${ .headers["x-github-delivery"] }',
            subject="${ .body.number }",
            data="${ .body.change }",
        ),
    )
    sent = request(b'{"number":7,"change":[1]}', x_github_event="push", x_github_delivery="d-1")
    event = mapping.arrival(sent).event
    assert (event.type, event.id, event.subject, event.source) == (
        "com.github.push",
        "d-1",
        "7",
        "/webhooks/github",
    )
    assert event.data == [1]


def test_a_form_is_mapped_and_credentials_are_not_seen() -> None:
    mapping = EventMapping("form", Webhook(path="/", type="t", data="${ {body: .body, headers: .headers} }"))
    sent = request(
        b"a=1&b=", content_type="application/x-www-form-urlencoded", authorization="Bearer x", cookie="c"
    )
    assert mapping.arrival(sent).event.data == {
        "body": {"a": "1", "b": ""},
        "headers": {"content-type": "application/x-www-form-urlencoded"},
    }


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (request(b"{"), "no CloudEvent"),
        (request(b"{", content_type="application/cloudevents+json"), "no JSON"),
        (request(b"{}", content_type="application/cloudevents+json"), "not an event"),
        (request(b"", ce_specversion="0.3"), "not an event"),
    ],
    ids=["plain", "cut", "empty", "old"],
)
def test_what_is_no_event_is_refused(sent: WebhookRequest, why: str) -> None:
    with pytest.raises(EventRefused, match=why):
        plain().arrival(sent)


def test_an_expression_that_fails_refuses_the_request() -> None:
    with pytest.raises(EventRefused, match="no event can be made of it"):
        EventMapping("hook", Webhook(path="/", type="${ .body.a.b }")).arrival(request(b'{"a":1}'))
    with pytest.raises(EventRefused, match="/webhooks/hook"):
        EventMapping("hook", Webhook(path="/", type="${ .body[ }"))
    with pytest.raises(EventRefused, match="ends too early"):  # which only jq itself can tell
        EventMapping("hook", Webhook(path="/", type="${ .body. }"))


def test_parts_of_an_event_need_its_type() -> None:
    with pytest.raises(ValueError, match="id and data would say nothing of a CloudEvent: write type"):
        Webhook(path="/", id="${ .body.id }", data="${ .body }")
