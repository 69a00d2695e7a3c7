"""The event that a webhook's request is: a CloudEvent in one of HTTP's two modes, or one that is made of plain JSON."""

import base64
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

from httptask.config.sections import Webhook
from httptask.diagnostics.fault import Fault
from httptask.dsl.expressions import (
    ExpressionFailed,
    ExpressionLimitExceeded,
    Template,
    parse_template,
)
from httptask.dsl.expressions.compiling import compile_check
from httptask.dsl.expressions.evaluation import Scope
from httptask.dsl.expressions.rendering import render
from httptask.events.delivery import EventRefused, checked_event, new_event
from httptask.http.cloud_event import MEDIA_TYPE, CloudEvent
from httptask.json.types import is_object

__all__ = ["Arrival", "EventMapping", "WebhookRequest"]

_NOT_TOLD: Final = frozenset({"authorization", "cookie", "proxy-authorization"})
_MAPPED: Final = ("type", "id", "source", "subject", "data", "run")


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """A request, as far as an event is made of it.

    Attributes:
        headers: by their lower-case names.
        query: without the token.
    """

    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        """Without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def content(self) -> Any:
        """The body as JSON; a form as an object.

        Raises:
            EventRefused: it is neither.
        """
        if self.media_type == "application/x-www-form-urlencoded":
            return dict(parse_qsl(self.body.decode(errors="replace"), keep_blank_values=True))
        if not self.body:
            return None
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise EventRefused("the body is no JSON") from None


@dataclass(frozen=True, slots=True)
class Arrival:
    """An event that has come.

    Attributes:
        run: id of the run that it is for; None where that is to be found.
    """

    event: CloudEvent
    run: str | None = None


class EventMapping:
    """Makes the events of one webhook.

    Args:
        name: of the webhook.
        webhook: its settings.

    Raises:
        EventRefused: an expression in them can't be read.
    """

    def __init__(self, name: str, webhook: Webhook) -> None:
        self._name = name
        written = {key: value for key in _MAPPED if (value := getattr(webhook, key)) is not None}
        faults: list[Fault] = []
        self._template: Template | None = parse_template(written, f"/webhooks/{name}", faults)
        self._is_mapped = webhook.type is not None
        if self._template is not None:
            faults += compile_check([expression for _, expression in self._template.expressions])
        if self._template is None or self._template.secrets or faults:
            raise EventRefused(
                "; ".join(f"{fault.pointer}: {fault.message}" for fault in faults) or "names a secret"
            )

    def arrival(self, request: WebhookRequest) -> Arrival:
        """The event that a request is.

        Raises:
            EventRefused: it is none.
        """
        if self._is_mapped:
            return self._mapped(request, request.content())
        if request.media_type == MEDIA_TYPE:
            event = checked_event(request.content())
        elif "ce-specversion" in request.headers:
            event = _binary(request)
        else:
            raise EventRefused(
                f"it is no CloudEvent: write a type into [webhooks.{self._name}] to make it one"
            )
        made = self._rendered(request, event.written())
        return Arrival(event, _text(made.get("run")))

    def _mapped(self, request: WebhookRequest, body: Any) -> Arrival:
        made = self._rendered(request, body)
        id_ = _text(made.get("id")) or request.headers.get("webhook-id") or str(uuid.uuid4())
        event = new_event(
            str(made["type"]),
            data=made.get("data", body),
            id=id_,
            source=_text(made.get("source")) or f"/webhooks/{self._name}",
            subject=_text(made.get("subject")),
        )
        return Arrival(event, _text(made.get("run")))

    def _rendered(self, request: WebhookRequest, body: Any) -> dict[str, Any]:
        assert self._template is not None  # otherwise it was refused
        told = {name: value for name, value in request.headers.items() if name not in _NOT_TOLD}
        seen = {"headers": told, "query": dict(request.query), "body": body}
        try:
            made: dict[str, Any] = render(self._template, Scope(seen, {})).value
        except (ExpressionFailed, ExpressionLimitExceeded) as error:
            raise EventRefused(f"no event can be made of it: {error}") from None
        return made


def _binary(request: WebhookRequest) -> CloudEvent:
    """An event in binary mode (CloudEvents 1.0, HTTP Protocol Binding, 3.1): its attributes are headers."""
    event: dict[str, Any] = {
        name.removeprefix("ce-"): unquote(value)
        for name, value in request.headers.items()
        if name.startswith("ce-")
    }
    media_type = request.media_type
    if "content-type" in request.headers:
        event["datacontenttype"] = request.headers["content-type"]
    if media_type in ("", "application/json") or media_type.endswith("+json"):
        event["data"] = request.content()
    elif media_type.startswith("text/"):
        event["data"] = request.body.decode(errors="replace")
    else:
        event["data_base64"] = base64.b64encode(request.body).decode()
    return checked_event(event)


def _text(value: Any) -> str | None:
    if value is None or is_object(value):
        return None
    return value if isinstance(value, str) else json.dumps(value)
