"""Answers that are made up, for who has no key yet: of what an API's document shows, or as a model would give one."""

import json
from typing import TYPE_CHECKING, Any, Final

from httptask.http.models import HttpResponse, SentRequest, Timing
from httptask.json.types import is_object
from httptask.testrequest.planning import PlannedRequest
from httptask.testrequest.report import PreparedPart

if TYPE_CHECKING:
    from httptask.chat.models import ChatRequest, Completion
    from httptask.openapi.operation import Operation
    from httptask.testrequest.operation import CalledOperation

__all__ = ["made_up_result"]

_TEXT: Final = "This answer is made up: no model was asked."
_STATUSES: Final = ("200", "201", "202", "2XX", "DEFAULT")


def made_up_result(
    planned: PlannedRequest, prepared: PreparedPart, called: "CalledOperation | None"
) -> "HttpResponse | Completion | None":
    """What the activity might give for a request; None where nothing tells what its answer is like.

    Args:
        planned: the request.
        prepared: as it is shown.
        called: the operation that it is a call of, if that is known.
    """
    from httptask.chat.models import ChatRequest

    argument = planned.call.argument
    if isinstance(argument, ChatRequest):
        return _completion(argument)
    if called is None or planned.request.is_streamed:
        return None
    found = _answer(called.reference.operation)
    if found is None:
        return None
    status, content = found
    return HttpResponse(
        status=status,
        headers={"content-type": "application/json"},
        content=content,
        attempt=planned.attempt,
        simulated=True,
        size=len(json.dumps(content)),
        request=SentRequest(method=prepared.method, uri=prepared.uri, headers=prepared.headers),
        timing=Timing(first_byte=0, total=0),
    )


def _completion(request: "ChatRequest") -> "Completion":
    from httptask.chat.models import Completion
    from httptask.openapi.operation import Operation

    model, wanted = request.body.get("model"), request.body.get("response_format")
    text = _TEXT
    value: Any = None
    if is_object(wanted) and wanted.get("type") in ("json_object", "json_schema"):
        described = wanted.get("json_schema")
        schema = described.get("schema") if is_object(described) else None
        value = _value(Operation("answer", "POST", "/"), {"type": "object"} if schema is None else schema)
        text = json.dumps(value)
    return Completion(
        text=text,
        json_=value,
        finish_reason="stop",
        model=model if isinstance(model, str) else None,
        status=200,
        simulated=True,
    )


def _answer(operation: "Operation") -> tuple[int, Any] | None:
    """Status and content of the first answer of an operation that is a success."""
    by_status = {one.status.upper(): one for one in operation.responses}
    response = next((by_status[status] for status in _STATUSES if status in by_status), None)
    if response is None:
        return None
    status = int(response.status) if response.status.isdigit() else 200
    for content in response.contents:
        if content.media_type.partition(";")[0].endswith(("/json", "+json")) and not content.is_stream:
            shown = [one.value for one in content.examples if one.value is not None]
            return status, shown[0] if shown else _value(operation, content.schema)
    return None


def _value(operation: "Operation", schema: Any) -> Any:
    from httptask.catalog.prepare.request_schemas import RequestSchemas
    from httptask.catalog.prepare.sampling import sample

    return sample(schema, RequestSchemas(operation), with_optional=True).value
