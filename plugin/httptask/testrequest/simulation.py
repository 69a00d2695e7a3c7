"""Answers that are made up, for who has no key yet: of what an API's document shows, or as a model would give one."""

import json
from typing import TYPE_CHECKING, Any, Final

from httptask.http.models import HttpResponse, SentRequest, Timing
from httptask.json.types import is_array, is_object
from httptask.testrequest.planning import PlannedRequest
from httptask.testrequest.report import PreparedPart, Report, ResponsePart, WirePart

if TYPE_CHECKING:
    from httptask.chat.models import ChatRequest, Completion
    from httptask.openapi.operation import Operation
    from httptask.testrequest.operation import CalledOperation

__all__ = ["made_up_result", "told_as_made_up"]

_TEXT: Final = "This answer is made up: no model was asked."
_STATUSES: Final = ("200", "201", "202", "2XX", "DEFAULT")
_OF_A_SERVER: Final = frozenset({"size", "timing", "drift", "change"})
"""What is told of an answer that came."""


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


def told_as_made_up(report: Report) -> Report:
    """A report on such a result, in words of which none says that a server has answered."""
    assert report.response is not None  # a result was given
    assert report.outcome is not None
    happened = "Simulated: nothing was sent, and the answer is made up."
    if _is_hollow(report.response.content):
        happened += (
            " The API's document does not tell which fields some of its objects have: they are empty here."
        )
    facts: dict[str, Any] = report.response.model_dump(exclude_unset=True, exclude=set(_OF_A_SERVER))
    facts["happened"] = (
        f"Made up: no server has answered. Status {report.response.status} is that of such an answer."
    )
    outcome = report.outcome.model_copy(
        update={"happened": "Nothing was sent. With such an answer the task would succeed."}
    )
    return Report(
        prepared=report.prepared,
        wire=WirePart(happened=happened, simulated=True),
        response=ResponsePart(**facts),
        outcome=outcome,
    )


def _is_hollow(value: Any) -> bool:
    """Whether there is an object in it of which nothing is told."""
    if is_object(value):
        return not value or any(map(_is_hollow, value.values()))
    return is_array(value) and any(map(_is_hollow, value))


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

    schemas = RequestSchemas(operation, of_answers=True)
    return sample(schemas.of(schema), schemas, with_optional=True).value
